"""From a question to passages in order: what comes first, what is folded, and what does not fit."""

from collections.abc import Sequence

import anyio
import pytest

from bailiwick.errors import Unavailable
from bailiwick_retrieval.models.index import Filter
from bailiwick_retrieval.searching import LEAST, SHORT, Place, Ranking
from tests.parts.documents import Library, eyes, prepared

pytestmark = pytest.mark.anyio
ALL = eyes("sre")
POOL = "The connection pool of checkout is exhausted when slow queries hold connections open."


async def ranked(shelf: Library, question: str, only: Filter | None = None) -> Ranking:
    return await (await shelf.searcher()).rank(question, ALL, only or Filter())


async def places(
    shelf: Library, question: str, most: int = 5
) -> tuple[list[Place], tuple[str, ...]]:
    searcher = await shelf.searcher()
    return await searcher.places(question, await ranked(shelf, question), ALL, most)


async def names(shelf: Library, question: str, most: int = 5) -> list[str]:
    found, _ = await places(shelf, question, most)
    return [f"{each.passage.document.path}#{each.passage.anchor}" for each in found]


async def test_words_and_meaning_together(shelf: Library) -> None:
    assert shelf.model is not None
    shelf.model.likened = {"drained": "exhausted", "database": "pool"}
    await shelf.write("docs", "pool.md", f"# Pool\n\n{POOL}")
    await shelf.write("docs", "mail.md", "# Mail\n\nLetters wait in the queue of the relay.")
    ranking = await ranked(shelf, "the database is drained")
    assert ranking.hybrid
    assert list(ranking.words.hits) == []
    (key,) = (key for key, score in ranking.scores.items() if score == 1.0)
    matched, near = ranking.why(key)
    assert matched == []
    assert near is not None
    assert near >= LEAST
    assert await names(shelf, "the database is drained") == ["pool.md#pool"]


async def test_without_a_model_words_alone_and_why(bare: Library) -> None:
    await bare.write("docs", "pool.md", f"# Pool\n\n{POOL}")
    ranking = await ranked(bare, "exhausted pools")
    assert (ranking.hybrid, ranking.without) == (False, "no model here")
    (key,) = ranking.scores
    matched, near = ranking.why(key)
    assert near is None
    assert set(matched) == {"exhausted"}
    assert ranking.why("no such passage") == ([], None)


async def test_what_is_not_near_and_shares_no_word_does_not_fit(shelf: Library) -> None:
    await shelf.write("docs", "pool.md", f"# Pool\n\n{POOL}")
    ranking = await ranked(shelf, "zebra giraffe")
    assert ranking.scores, "the nearest is ranked, however far it is"
    assert all(near < LEAST for near in ranking.meaning.values())
    assert await names(shelf, "zebra giraffe") == []


async def test_one_passage_a_section(shelf: Library) -> None:
    long = "\n\n".join(f"Paragraph {n}: the pool is {'very ' * 60}full." for n in range(6))
    await shelf.write("docs", "pool.md", f"# Pool\n\n{long}\n\n# Other\n\nThe pool again.")
    assert sorted(await names(shelf, "pool")) == ["pool.md#other", "pool.md#pool"]


async def test_what_says_the_same_is_folded(shelf: Library) -> None:
    for path in ("a.md", "b.md", "c.md"):
        await shelf.write("docs", path, f"# Pool\n\n{POOL}")
    await shelf.write("docs", "d.md", "# Pool\n\nThe pool is fine: look at the disk instead.")
    found, _ = await places(shelf, "exhausted pool")
    assert [each.passage.document.path for each in found] == ["a.md", "d.md"]
    assert [each.document.path for each in found[0].same] == ["b.md", "c.md"]
    assert [each.rank for each in found] == [1, 2]


async def test_folding_does_not_cost_places(shelf: Library) -> None:
    for number in range(3):
        await shelf.write("docs", f"same{number}.md", f"# Pool\n\n{POOL}")
    for number in range(3):
        await shelf.write("docs", f"own{number}.md", f"# Pool {number}\n\npool x{number} y{number}")
    assert len(await names(shelf, "pool", 4)) == 4
    assert len(await names(shelf, "pool", 2)) == 2


async def test_a_superseded_document_stands_behind_what_took_its_place(shelf: Library) -> None:
    old = "---\nsuperseded_by: new.md\n---\n# Retention\n\nKeep backups backups for thirty days."
    await shelf.write("docs", "a-old.md", old)
    await shelf.write("docs", "new.md", "# Retention\n\nKeep backups for ninety days, encrypted.")
    await shelf.write("docs", "z.md", "# Other\n\nBackups are made at night by the agent.")
    found = await names(shelf, "keep backups thirty days")
    assert found.index("new.md#retention") + 1 == found.index("a-old.md#retention")


async def test_two_that_supersede_each_other_end(shelf: Library) -> None:
    for one, other in (("a.md", "b.md"), ("b.md", "a.md"), ("c.md", "c.md")):
        text = f"---\nsuperseded_by: {other}\n---\n# H\n\nbackups of {one} in words"
        await shelf.write("docs", one, text)
    assert len(await names(shelf, "backups")) == 3


async def test_a_short_section_is_shown_whole(shelf: Library) -> None:
    parts = [f"- step {n}: {'do ' * 40}this." for n in range(3)]
    code = "```sh\nkubectl rollout restart deploy/checkout\n```"
    text = "\n\n".join([*parts, code])
    await shelf.write("docs", "a.md", f"# Steps\n\n{text}\n\n{'x' * 5}")
    found, _ = await places(shelf, "kubectl rollout restart")
    assert found[0].passage.parts == 1
    assert found[0].passage.text == "\n\n".join([*parts, code, "x" * 5])
    assert len(found[0].passage.text) <= SHORT


async def test_a_section_of_two_passages_is_widened_only_where_it_is_short(
    shelf: Library,
) -> None:
    rows = "\n".join(f"| r{n} | {'v' * 40} |" for n in range(80))
    await shelf.write("docs", "big.md", f"# Big\n\nA zebra.\n\n| a | b |\n|---|---|\n{rows}")
    (place, *_), _ = await places(shelf, "zebra")
    assert place.passage.parts > 1
    assert place.passage.part == 0
    assert place.passage.text.startswith("A zebra.")


async def test_a_phrase_must_occur_also_by_meaning(shelf: Library) -> None:
    await shelf.write("docs", "a.md", "# A\n\nconnection refused by the relay")
    await shelf.write("docs", "b.md", "# B\n\nrefused connection by the relay")
    assert await names(shelf, 'relay "connection refused"') == ["a.md#a"]
    assert await names(shelf, "relay \u201cconnection refused\u201d") == ["a.md#a"]
    assert await names(shelf, '"refused relay"') == []


async def test_filters_hold_for_words_and_meaning(shelf: Library) -> None:
    await shelf.write("docs", "run/a.md", "---\ntags: [ops]\n---\n# A\n\nthe pool is full")
    await shelf.write("docs", "b.md", "# B\n\nthe pool is full")
    for only in (Filter(under="run/"), Filter(tags=("ops",))):
        ranking = await ranked(shelf, "pool full", only)
        assert len(ranking.scores) == len(ranking.meaning) == 1
        assert ranking.words.passages == 1


async def test_readers_hold_for_words_and_meaning(shelf: Library) -> None:
    await shelf.write("docs", "a.md", "# A\n\nthe pool is full", ruled=("board",))
    ranking = await ranked(shelf, "pool full")
    assert (dict(ranking.scores), dict(ranking.meaning), ranking.words.passages) == ({}, {}, 0)


async def test_the_second_look_draws_towards_what_was_found(shelf: Library) -> None:
    await shelf.write("docs", "a.md", "# A\n\npool hikari timeout")
    await shelf.write("docs", "b.md", "# B\n\nhikari timeout settings")
    ranking = await ranked(shelf, "pool")
    by_path = {
        each.document.path: ranking.scores[each.id]
        for each in await shelf.index.passages(list(ranking.scores), ALL)
    }
    assert by_path["a.md"] == 1.0
    assert "b.md" in by_path
    assert shelf.model is not None
    assert shelf.model.asked.count("pool") == 1, "a question is embedded once"


class Second:
    """A second stage that prefers the longest text, or fails."""

    def __init__(self, error: Unavailable | None = None, *, hangs: bool = False) -> None:
        self.error, self.hangs = error, hangs
        self.asked: list[tuple[str, list[str]]] = []

    async def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        self.asked.append((question, list(texts)))
        if self.hangs:
            await anyio.sleep_forever()
        if self.error is not None:
            raise self.error
        return [float(len(text)) for text in texts]


async def filled(shelf: Library) -> None:
    documents = [
        prepared(f"{number}.md", f"# H{number}\n\npool{' pool' * (6 - number)} x{'y' * number * 9}")
        for number in range(6)
    ]
    await shelf.put("docs", *documents)


async def test_a_second_stage_reorders_the_best(shelf: Library) -> None:
    await filled(shelf)
    first = await names(shelf, "pool", 6)
    shelf.reranker, shelf.rerank_top = Second(), 3
    found = await names(shelf, "pool", 6)
    assert found[:3] == sorted(first[:3], reverse=True)
    assert found[3:] == first[3:]
    assert found != first
    ((question, texts),) = shelf.reranker.asked
    assert (question, len(texts)) == ("pool", 3)


async def test_a_second_stage_that_fails_leaves_the_order_and_says_so(shelf: Library) -> None:
    await filled(shelf)
    first = await names(shelf, "pool", 6)
    shelf.reranker = Second(Unavailable("the reranker did not answer in 2 s"))
    found, notes = await places(shelf, "pool", 6)
    assert [f"{p.passage.document.path}#{p.passage.anchor}" for p in found] == first
    assert notes == ("not reranked: the reranker did not answer in 2 s",)


async def test_a_second_stage_is_not_asked_about_nothing(shelf: Library) -> None:
    shelf.reranker = Second()
    assert await names(shelf, "pool") == []
    assert shelf.reranker.asked == []


async def test_a_second_stage_that_hangs_ends_with_the_call(shelf: Library) -> None:
    await filled(shelf)
    shelf.reranker = Second(hangs=True)
    with anyio.move_on_after(0.2) as scope:
        await places(shelf, "pool")
    assert scope.cancelled_caught


@pytest.mark.parametrize("question", ["", " ", "?", "\ud83d", "\U0001f525", "x" * 10_000])
async def test_any_question_has_an_answer(shelf: Library, question: str) -> None:
    await shelf.write("docs", "a.md", "# A\n\nthe pool is full")
    found, _ = await places(shelf, question)
    assert len(found) <= 1


async def test_an_empty_index(shelf: Library) -> None:
    ranking = await ranked(shelf, "pool")
    assert (dict(ranking.scores), ranking.words.passages) == ({}, 0)
    assert await names(shelf, "pool") == []


async def test_a_heading_without_a_text_takes_no_place(shelf: Library) -> None:
    deep = "\n\n".join(f"## Backups {n}\n\n### Retention {n}\n\nKept {n} days." for n in range(4))
    await shelf.write("docs", "a.md", f"# Backups\n\n{deep}")
    found, _ = await places(shelf, "backups", 4)
    assert len(found) == 4
    assert all(each.passage.text for each in found)
    assert [each.rank for each in found] == [1, 2, 3, 4]


async def test_headings_are_found_where_there_is_nothing_else(shelf: Library) -> None:
    await shelf.write("docs", "a.md", "# Zebras\n\n## Giraffes\n")
    await shelf.write("docs", "b.md", f"# Pool\n\n{POOL}")
    assert await names(shelf, "giraffes") == ["a.md#giraffes"]
