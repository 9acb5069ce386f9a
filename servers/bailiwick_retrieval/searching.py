"""From a question to passages in order: words and meaning, fused; one more look; one a section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Protocol

from bailiwick.errors import BailiwickError
from bailiwick_retrieval.models.index import (
    Access,
    Filter,
    Found,
    Hit,
    Passage,
    Reading,
    Vector,
    Words,
)
from bailiwick_retrieval.ranking.scores import FEEDBACK, TOP, Scored, drawn, fused
from bailiwick_retrieval.ranking.words import phrases, shingles, terms, written

LEAST = 0.25
"""A cosine below this, and no word in common: nothing fits, however near it is to the rest."""
ALIKE = 0.85
"""The share of runs of words (Jaccard) from which on two passages say the same."""
SHORT = 700
"""Characters of a passage that are shown; a section that is as short is one passage."""
_LOOKED = 4
"""Passages that are looked at for each that is shown, to fold and to choose from."""


class Embedding(Protocol):
    """What makes vectors of questions."""

    async def query(self, text: str) -> Vector:
        """Embed a question."""
        ...


class Reranking(Protocol):
    """A second stage over the best passages."""

    async def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """Score texts for a question, or raise one of our errors."""
        ...


@dataclass(frozen=True)
class Ranking:
    """Passages by fused score, the best first (1 at most), and where the scores are from.

    `meaning` has cosines; it is empty where there is no model, and `without` says why.
    """

    scores: Mapping[str, float]
    words: Found
    asked: Words
    meaning: Mapping[str, float] = field(default_factory=dict[str, float])
    hybrid: bool = False
    without: str = ""

    @cached_property
    def hits(self) -> Mapping[str, Hit]:
        """The passages that have a word in common with the question."""
        return {hit.id: hit for hit in self.words.hits}

    def why(self, key: str, most: int = 4) -> tuple[list[str], float | None]:
        """Say which words a passage shares with the question, and how near it is in meaning."""
        parts = self.hits.get(key, Hit(key, "", 0.0)).parts
        ranked = sorted(written(parts), key=lambda term: -parts[term])
        return ranked[:most], self.meaning.get(key)


@dataclass(frozen=True, slots=True)
class Place:
    """A passage that is shown, with its rank from 1, and other places that say the same."""

    rank: int
    passage: Passage
    score: float
    same: tuple[Passage, ...] = ()


@dataclass(slots=True)
class Searcher:
    """Ranks passages of one engine."""

    engine: Reading
    model: Embedding | None
    without: str = ""
    """Why there is no model."""
    reranker: Reranking | None = None
    rerank_top: int = 30

    async def rank(self, question: str, access: Access, only: Filter) -> Ranking:
        """Rank all passages that may be seen."""
        words = Words(terms(question), phrases(question))
        found = await self.engine.words(words, access, only, TOP)
        by_words = [(hit.id, hit.section, hit.score) for hit in found.hits]
        if self.model is None:
            return Ranking(fused(by_words, []), found, words, without=self.without)
        vector = await self.model.query(question)
        near = await self._near(vector, access, only, words, found)
        first = fused(by_words, near)
        best = await self.engine.vectors(list(islice(first, FEEDBACK)), access)
        if best:
            moved = drawn(vector, best.values())
            again = await self._near(moved, access, only, words, found)
            ranking = fused(by_words, again)
        else:
            ranking = first
        meaning = {key: score for key, _, score in near}
        return Ranking(ranking, found, words, meaning, hybrid=True)

    async def _near(
        self,
        vector: Vector,
        access: Access,
        only: Filter,
        words: Words,
        found: Found,
    ) -> list[Scored]:
        """Find what is near; where phrases were asked for, only what has them."""
        hits = await self.engine.similar(vector, access, only, TOP)
        having = {hit.id for hit in found.hits}
        kept = (hit for hit in hits if not words.phrases or hit.id in having)
        return [(hit.id, hit.section, hit.score) for hit in kept]

    async def places(
        self, question: str, ranking: Ranking, access: Access, most: int
    ) -> tuple[list[Place], tuple[str, ...]]:
        """Choose what is shown: one passage a section, what says the same folded into one."""
        good = [key for key in ranking.scores if fits(ranking, key)]
        found = await self.engine.passages(good[: max(most * _LOOKED, self.rerank_top)], access)
        notes: tuple[str, ...] = ()
        if self.reranker is not None and found:
            found, notes = await self._reranked(question, found)
        shown: list[Place] = []
        seen: set[tuple[str, int]] = set()
        for passage in _successors_first(_telling(found)):
            spot = passage.document.id, passage.section
            if spot in seen:
                continue
            seen.add(spot)
            if not _folded(shown, passage) and len(shown) < most:
                score = ranking.scores[passage.id]
                shown.append(Place(len(shown) + 1, passage, score))
        return shown, notes

    async def _reranked(
        self, question: str, found: Sequence[Passage]
    ) -> tuple[list[Passage], tuple[str, ...]]:
        top, rest = list(found[: self.rerank_top]), list(found[self.rerank_top :])
        assert self.reranker is not None  # noqa: S101 - asked for by the caller
        try:
            scores = await self.reranker.scores(question, [each.text for each in top])
        except BailiwickError as error:
            return [*top, *rest], (f"not reranked: {error}",)
        order = sorted(range(len(top)), key=lambda number: -scores[number])
        return [*(top[number] for number in order), *rest], ()


def fits(ranking: Ranking, key: str) -> bool:
    """Say whether a passage fits at all: by a word, or because it is near in meaning."""
    if not ranking.hybrid or key in ranking.hits:
        return True
    return ranking.meaning.get(key, 1.0) >= LEAST


def _telling(found: Sequence[Passage]) -> Sequence[Passage]:
    """Leave out headings without a text of their own, unless nothing else was found."""
    return [passage for passage in found if passage.text.strip()] or found


def _successors_first(found: Sequence[Passage]) -> list[Passage]:
    """Put a superseded document's passages right behind the first of what took its place."""
    order = list(found)
    for passage in found:
        successor, here = passage.document.superseded_by, order.index(passage)
        later = (n for n in range(here + 1, len(order)) if order[n].document.path == successor)
        if successor and (there := next(later, None)) is not None:
            order.insert(there, order.pop(here))
    return order


def _folded(shown: list[Place], passage: Passage) -> bool:
    """Fold a passage into one above that says the same; say whether that was done."""
    mine = shingles(passage.text)
    for number, place in enumerate(shown):
        theirs = shingles(place.passage.text)
        if len(mine & theirs) >= ALIKE * max(len(mine | theirs), 1):
            shown[number] = replace(place, same=(*place.same, passage))
            return True
    return False
