"""`explain_search`: why a document stands where it does in a ranking, for those who tune."""

from collections.abc import Mapping

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_retrieval.asking import Upstream, asked, handle, opened
from bailiwick_retrieval.filtering import filtered
from bailiwick_retrieval.models.index import Filter, Found, Passage
from bailiwick_retrieval.parameters import Collection, Document, Formats, Query, Tags, Under
from bailiwick_retrieval.ranking.scores import FEEDBACK, TOP, WORDS
from bailiwick_retrieval.ranking.words import STEM, written
from bailiwick_retrieval.searching import LEAST, Ranking

_SHOWN = 8
_TERMS = 8


@tool(risk=Risk.READ, seconds=20, budget=5_000)
async def explain_search(
    call: Call[Upstream],
    query: Query,
    collection: Collection,
    document: Document,
    path: Under = "",
    formats: Formats = None,
    tags: Tags = None,
) -> Answer:
    """Explain a document's rank in its collection: its words' scores, meaning, filters, fusion."""
    look = asked(call, collection)
    only = filtered(path, formats, tags, None, call.upstream.clock())
    engine = await call.upstream.engine()
    found, anchor = await opened(call, look.access, collection, document)
    searcher = await call.upstream.searcher()
    ranking = await searcher.rank(query, look.access, only)
    order = list(ranking.scores)
    passages = await engine.passages(order, look.access)
    mine = [p for p in passages if p.document.id == found.id and anchor in ("", p.anchor)]
    if not mine:
        return Answer(_why_not(ranking, only, TOP), notes=_formula(ranking))
    places = {key: number for number, key in enumerate(order, 1)}
    rows = [_row(ranking, places[p.id], p) for p in mine[:_SHOWN]]
    best = places[mine[0].id]
    return Answer(
        f"rank {best} of {len(order)}, with {many(len(mine), 'passage')} of it among them",
        Table(
            ("RANK", "SECTION", "PLACE", "SCORE", "WORDS", "BY TERM", "MEANING"), rows, found.path
        ),
        notes=(_rarities(ranking.words), *_formula(ranking)),
    )


def _row(ranking: Ranking, rank: int, passage: Passage) -> tuple[str, ...]:
    hits = list(ranking.words.hits)
    at = next((n for n, hit in enumerate(hits, 1) if hit.id == passage.id), None)
    parts: Mapping[str, float] = hits[at - 1].parts if at else {}
    told = sorted(parts.items(), key=lambda each: -each[1])[:_TERMS]
    near = ranking.meaning.get(passage.id)
    nearer = sorted(ranking.meaning, key=lambda key: -ranking.meaning[key])
    return (
        str(rank),
        handle(passage.document, passage.anchor),
        str(passage.place),
        f"{ranking.scores[passage.id]:.3f}",
        f"{hits[at - 1].score:.2f} (rank {at})" if at else "none",
        " ".join(f"{term}={value:.2f}" for term, value in told),
        f"{near:.3f} (rank {nearer.index(passage.id) + 1})" if near is not None else "not near",
    )


def _rarities(found: Found) -> str:
    told = [f"{t} in {found.frequency[t]}" for t in written(found.frequency)][:_TERMS]
    return f"of {many(found.passages, 'passage')}: {', '.join(told)}"


def _why_not(ranking: Ranking, only: Filter, top: int) -> str:
    told = f"not among the best {top} by words or by meaning"
    if only:
        told += ", or kept out by the filters"
    if ranking.asked.phrases:
        told += ", or without the phrase in quotes"
    return told


def _formula(ranking: Ranking) -> tuple[str, ...]:
    stems = f"`{STEM}x` is a stem; a heading's words count twice; BM25 of what you may see"
    if not ranking.hybrid:
        return (stems, "no embedding model is loaded: words alone")
    fusion = (
        f"score = {WORDS:g} words + {1 - WORDS:g} meaning, each stretched to 0-1 over the best"
        f" {TOP}; meaning is looked for again from the best {FEEDBACK}; without a word in common it"
        f" counts from {LEAST:g}"
    )
    return (stems, fusion)
