"""How well search finds, measured on questions whose right documents are known (BEIR's format).

Metrics as in Thakur et al., "BEIR" (2021), and trec_eval: labels above 0 are right.
"""

import math
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson

from bailiwick.errors import BadRequest
from bailiwick_retrieval.models.index import Access, Engine, Filter, Prepared
from bailiwick_retrieval.models.parsed import Block, Parsed, Place, Section
from bailiwick_retrieval.searching import Ranking, Searcher
from bailiwick_retrieval.settings import EVERYONE

NAME = "evaluated"
METHODS = ("words", "meaning", "hybrid")
METRICS = ("ndcg@5", "ndcg@10", "recall@10", "mrr@10", "hit@1")
_EVERYTHING = Access(frozenset({NAME}), frozenset({EVERYONE}))
_DEEP = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """Questions by id, and the right documents of each with their grades."""

    questions: Mapping[str, str]
    right: Mapping[str, Mapping[str, int]]


@dataclass(slots=True)
class Scores:
    """Means over all questions, by method and metric."""

    questions: int = 0
    sums: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])

    def add(self, method: str, ranked: Sequence[str], right: Mapping[str, int]) -> None:
        """Take in one question's ranking by one method."""
        sums = self.sums.setdefault(method, dict.fromkeys(METRICS, 0.0))
        for name, value in measured(ranked, right).items():
            sums[name] += value

    def means(self) -> dict[str, dict[str, float]]:
        """Give the means."""
        count = max(self.questions, 1)
        return {
            method: {name: round(value / count, 4) for name, value in sums.items()}
            for method, sums in self.sums.items()
        }


def measured(ranked: Sequence[str], right: Mapping[str, int]) -> dict[str, float]:
    """Judge one ranking."""
    good = {key: grade for key, grade in right.items() if grade > 0}
    first = next((n for n, key in enumerate(ranked[:_DEEP], 1) if key in good), 0)
    return {
        "ndcg@5": _ndcg(ranked, good, 5),
        "ndcg@10": _ndcg(ranked, good, 10),
        "recall@10": sum(key in good for key in ranked[:_DEEP]) / max(len(good), 1),
        "mrr@10": 1 / first if first else 0.0,
        "hit@1": float(first == 1),
    }


def _ndcg(ranked: Sequence[str], good: Mapping[str, int], deep: int) -> float:
    gained = sum(good.get(key, 0) / math.log2(n + 1) for n, key in enumerate(ranked[:deep], 1))
    grades = sorted(good.values(), reverse=True)[:deep]
    best = sum(grade / math.log2(n + 1) for n, grade in enumerate(grades, 1))
    return gained / best if best else 0.0


def labelled(folder: Path) -> Labelled:
    """Read `queries.jsonl` and `qrels.tsv`, or raise BadRequest. Unlabelled questions are left."""
    try:
        questions = {
            str(each["_id"]): str(each["text"]) for each in _lines(folder, "queries.jsonl")
        }
        right: dict[str, dict[str, int]] = {}
        for line in _qrels(folder).read_text(encoding="utf-8").splitlines()[1:]:
            if line.strip():
                question, document, grade = line.split("\t")
                right.setdefault(question, {})[document] = int(grade)
    except OSError as error:
        raise BadRequest(f"cannot read the labels: {error.strerror}: {error.filename}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest(
            "the labels are not in BEIR's format: queries.jsonl with `_id` and `text`, qrels.tsv"
            " with a head line and query-id, corpus-id, score"
        ) from error
    there = {key: text for key, text in questions.items() if right.get(key)}
    if not there:
        raise BadRequest("no question has a right document")
    return Labelled(there, right)


def _qrels(folder: Path) -> Path:
    """Give the labels where BEIR puts them, or beside the rest."""
    usual = folder / "qrels" / "test.tsv"
    return usual if usual.is_file() else folder / "qrels.tsv"


def _lines(folder: Path, name: str) -> Iterable[Mapping[str, object]]:
    with (folder / name).open("rb") as file:
        for line in file:
            if line.strip():
                yield orjson.loads(line)


async def fill(engine: Engine, folder: Path) -> int:
    """Put `corpus.jsonl` into an index, or raise BadRequest; return the number of documents."""
    count = 0
    async with engine.changes(NAME, 0) as changes:
        try:
            for each in _lines(folder, "corpus.jsonl"):
                await changes.put(_prepared(each))
                count += 1
        except OSError as error:
            raise BadRequest(f"cannot read the corpus: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise BadRequest(
                "corpus.jsonl is not in BEIR's format: `_id`, `title` and `text`"
            ) from error
    return count


def _prepared(each: Mapping[str, object]) -> Prepared:
    """Make a document of one section: the unit that was labelled."""
    key, title, text = str(each["_id"]), str(each.get("title") or ""), str(each["text"])
    body = text.removeprefix(title).strip() if title else text
    parts = [part.strip() for part in body.split("\n\n") if part.strip()]
    place = Place("part", 1, 1)
    blocks = tuple(Block("prose", part, place) for part in parts)
    parsed = Parsed("text", title or key, (Section(1, title, "", blocks, place),))
    seal = sha256(f"{title}\n{text}".encode(errors="replace")).hexdigest()
    return Prepared(key, seal, seal, parsed, frozenset({EVERYONE}), None, 0.0)


async def judged(
    searcher: Searcher, labels: Labelled, access: Access = _EVERYTHING
) -> AsyncIterator[Scores]:
    """Ask every question; gives the scores so far after each. Labels name paths, or handles."""
    scores = Scores()
    for key, question in labels.questions.items():
        ranking = await searcher.rank(question.replace('"', " "), access, Filter())
        right = labels.right[key]
        for method, order in _orders(ranking).items():
            scores.add(method, await _named(searcher, order, access, right), right)
        scores.questions += 1
        yield scores


def _orders(ranking: Ranking) -> dict[str, list[str]]:
    by_words = [hit.id for hit in ranking.words.hits]
    if not ranking.hybrid:
        return {"words": by_words}
    near = sorted(ranking.meaning, key=lambda key: -ranking.meaning[key])
    return {"words": by_words, "meaning": near, "hybrid": list(ranking.scores)}


async def _named(
    searcher: Searcher, order: Sequence[str], access: Access, right: Mapping[str, int]
) -> list[str]:
    """Turn passages into what labels name: each document, or section, once."""
    found: dict[str, None] = {}
    for passage in await searcher.engine.passages(order, access):
        path = passage.document.path
        section = f"{path}#{passage.anchor}"
        exact = (section, f"{passage.document.collection}/{section}")
        known = next((name for name in exact if name in right), None)
        found.setdefault(known or path)
    return list(found)
