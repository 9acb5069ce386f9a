"""`search_documents`: the passages that answer, with where they stand, and a handle to read on."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_retrieval.asking import Asked, Upstream, asked, stale_days
from bailiwick_retrieval.filtering import filtered
from bailiwick_retrieval.parameters import (
    AnyCollection,
    Formats,
    Query,
    Tags,
    Under,
    UpdatedAfter,
)
from bailiwick_retrieval.ranking import words
from bailiwick_retrieval.searching import Place, Ranking
from bailiwick_retrieval.showing import safe, written
from bailiwick_retrieval.standing import lacking

Most = Annotated[int, Field(description="Passages.", ge=1, le=10)]
_TRIED = 12
_NEAR = 3


@tool(risk=Risk.READ, seconds=20, budget=9_000)
async def search_documents(
    call: Call[Upstream],
    query: Query,
    collection: AnyCollection = None,
    path: Under = "",
    formats: Formats = None,
    tags: Tags = None,
    updated_after: UpdatedAfter = None,
    limit: Most = 5,
) -> Answer:
    """Find the passages that answer a question, by words and meaning. Read on by their handle."""
    look = asked(call, collection)
    now = call.upstream.clock()
    only = filtered(path, formats, tags, updated_after, now)
    searcher = await call.upstream.searcher()
    ranking = await searcher.rank(query, look.access, only)
    places, notes = await searcher.places(query, ranking, look.access, limit)
    call.facts["passages"] = ranking.words.passages
    call.facts["shown"] = len(places)
    if not places:
        return await _nothing(call, look, ranking, only_some=bool(only))
    wide = len(look.names) > 1
    texts = [
        written(each, ranking, now, stale_days(call, each.passage.document), wide=wide)
        for each in places
    ]
    return Answer(
        _says(places, ranking),
        blocks=(Block("documents", "\n\n".join(texts)),),
        withheld=look.withheld,
        notes=(*notes, *await lacking(call, look, ranking)),
    )


def _says(places: list[Place], ranking: Ranking) -> str:
    """Name the best one, where its name may stand outside the fence."""
    documents = len({place.passage.document.id for place in places})
    best = places[0].passage
    path, anchor = safe(best.document.path), safe(best.anchor)
    first = (
        f"best: {best.document.collection} {path}{f'#{anchor}' if anchor else ''}" if path else ""
    )
    told = f"{many(len(places), 'passage')} of {many(documents, 'document')}"
    how = "words and meaning" if ranking.hybrid else "words alone"
    return f"{told} by {how}{f'; {first}' if first else ''}"


async def _nothing(
    call: Call[Upstream], look: Asked, ranking: Ranking, *, only_some: bool
) -> Answer:
    """Say what was tried, and what is spelt almost like it."""
    engine = await call.upstream.engine()
    tried = words.written(ranking.asked.terms)[:_TRIED]
    near: list[str] = []
    for term in tried:
        if not ranking.words.frequency.get(term) and len(term) > _NEAR:
            near += await engine.near(term, look.access, _NEAR)
    among = "of what the filters leave" if only_some else "there"
    notes = [
        f"tried: {' '.join(tried) or 'no word'}{' and their meaning' if ranking.hybrid else ''}"
    ]
    if ranking.asked.phrases:
        notes.append("a phrase in quotes must occur word for word; leave the quotes out")
    if only_some:
        notes.append("search again without path, formats, tags and updated_after")
    return Answer(
        f"nothing fits in {many(ranking.words.passages, 'passage')} {among}",
        blocks=(Block("words of the documents", "nearest: " + ", ".join(near)),) if near else (),
        withheld=look.withheld,
        notes=(*notes, *await lacking(call, look, ranking)),
    )
