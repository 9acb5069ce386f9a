"""Finding by words: order, scores, counts, phrases, filters, and text out to break it."""

import math

import pytest

from bailiwick_retrieval.models.index import Engine, Filter, Words
from bailiwick_retrieval.ranking.scores import K1, B, rarity
from tests.servers.retrieval.engines.stock import (
    ANA,
    DAY,
    EVERYTHING,
    NOW,
    asked,
    doc,
    embed,
    find,
    found,
    paths,
    publish,
    vector,
)

pytestmark = pytest.mark.anyio


async def test_an_empty_index_finds_nothing(engine: Engine) -> None:
    answer = await find(engine, "anything at all")
    assert (list(answer.hits), answer.passages, answer.fitting) == ([], 0, 0)
    assert await engine.documents(ANA, EVERYTHING, 10) == ([], 0)
    assert await engine.tags(ANA, 10) == []
    assert await engine.near("anything", ANA, 5) == []
    assert [state.documents for state in await engine.states(ANA)] == [0]


async def test_the_passage_that_says_more_of_it_comes_first(engine: Engine) -> None:
    await publish(
        engine,
        doc("pool.md", "The pool of connections is full. Raise the pool."),
        doc("mail.md", "The mail queue is full."),
        doc("cats.md", "Cats sleep."),
    )
    answer = await find(engine, "connections pool full")
    assert await paths(engine, answer.hits) == ["pool.md", "mail.md"]
    assert (answer.passages, answer.fitting) == (3, 2)
    assert answer.frequency["pool"] == 1
    assert answer.frequency["full"] == 2


async def test_scores_are_those_of_the_formula(engine: Engine) -> None:
    await publish(engine, doc("a.md", "pool pool disk", title="t"), doc("b.md", "disk", title="t"))
    answer = await engine.words(Words({"pool": 0.5, "disk": 2.0}), ANA, EVERYTHING, 10)
    lengths = {"a.md": 2 + 3, "b.md": 2 + 1 - 0}
    # The title `t` is a function word and tells nothing.
    lengths = {path: length - 2 for path, length in lengths.items()}
    mean = sum(lengths.values()) / 2

    def worth(count: int, path: str) -> float:
        return count * (K1 + 1) / (count + K1 * (1 - B + B * lengths[path] / mean))

    first = answer.hits[0]
    assert await paths(engine, answer.hits) == ["a.md", "b.md"]
    expected = {
        "pool": 0.5 * rarity(1, 2) * worth(2, "a.md"),
        "disk": 2.0 * rarity(2, 2) * worth(1, "a.md"),
    }
    assert dict(first.parts) == pytest.approx(expected, rel=1e-4)
    assert first.score == pytest.approx(sum(expected.values()), rel=1e-4)
    assert dict(answer.hits[1].parts) == pytest.approx(
        {"disk": 2.0 * rarity(2, 2) * worth(1, "b.md")}, rel=1e-4
    )


async def test_a_word_in_the_title_counts_twice(engine: Engine) -> None:
    await publish(
        engine,
        doc("a.md", "about cats dogs mice", title="ledger"),
        doc("b.md", "about cats dogs ledger", title="animals"),
    )
    answer = await engine.words(Words({"ledger": 1.0}), ANA, EVERYTHING, 10)
    assert await paths(engine, answer.hits) == ["a.md", "b.md"]
    assert answer.hits[0].score > answer.hits[1].score > 0


async def test_forms_of_a_word_find_each_other_and_the_same_form_more(engine: Engine) -> None:
    await publish(
        engine, doc("a.md", "restarting the broker"), doc("b.md", "it restarts by itself")
    )
    answer = await find(engine, "restarts")
    assert await paths(engine, answer.hits) == ["b.md", "a.md"]
    assert answer.frequency == {"restarts": 1, "~restart": 2}


async def test_headings_are_found_and_stand_for_sections_without_text(engine: Engine) -> None:
    await publish(engine, doc("a.md", ("Failover", ""), ("Backup", "Copies are made.")))
    answer = await find(engine, "failover")
    passage = (await engine.passages([answer.hits[0].id], ANA))[0]
    assert (passage.headings, passage.anchor, passage.text) == (("Failover",), "failover", "")


SPELT = {
    "maxPoolSize": ["a.md"],
    "maxpoolsize": ["a.md"],
    "max pool size": ["a.md"],
    "spring.datasource": ["b.md"],
    "datasource": ["b.md"],
    "C++": ["c.md"],
    "\u63a5\u7d9a": ["d.md"],
    "\u6c60": [],
    "na\u00efve Stra\u00dfe": ["e.md"],
    "STRASSE": ["e.md"],
    "na\u0131ve": [],
    "\u0645\u0631\u062d\u0628\u0627": ["f.md"],
    "O'Reilly": ["g.md"],
    "O\u2019Reilly": ["g.md"],
    "\ufb01rewall": ["g.md"],
}


async def test_identifiers_and_scripts(engine: Engine) -> None:
    await publish(
        engine,
        doc("a.md", "set `maxPoolSize` to 20"),
        doc("b.md", "key spring.datasource.url"),
        doc("c.md", "written in C++ only"),
        doc("d.md", "\u30c7\u30fc\u30bf\u30d9\u30fc\u30b9\u63a5\u7d9a\u30d7\u30fc\u30eb"),
        doc("e.md", "a nai\u0308ve Stra\u00dfe"),
        doc("f.md", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643"),
        doc("g.md", "the O'Reilly book on firewall rules"),
    )
    assert {question: await found(engine, question) for question in SPELT} == SPELT


async def test_phrases_must_occur_word_for_word(engine: Engine) -> None:
    await publish(
        engine,
        doc("a.md", "raise the pool size of the shop"),
        doc("b.md", "the size of the pool"),
        doc("c.md", "nothing here", title="Pool size"),
    )
    assert sorted(await found(engine, '"pool size"')) == ["a.md", "c.md"]
    assert await found(engine, '"pool size" shop') == ["a.md", "c.md"]
    answer = await find(engine, '"pool size" "of the shop"')
    assert await paths(engine, answer.hits) == ["a.md"]
    assert answer.fitting == 1
    assert await found(engine, '"size pool"') == []


async def test_a_phrase_of_function_words_is_found(engine: Engine) -> None:
    await publish(engine, doc("a.md", "to be or not to be"), doc("b.md", "not to me or to be"))
    assert await found(engine, '"to be or not to be"') == ["a.md"]


async def test_a_phrase_without_any_term_still_finds(engine: Engine) -> None:
    await publish(engine, doc("a.md", "raise the pool size"), doc("b.md", "the size"))
    answer = await engine.words(Words({}, [("pool", "size")]), ANA, EVERYTHING, 10)
    assert await paths(engine, answer.hits) == ["a.md"]
    answer = await engine.words(Words({"b": 1.0}, [("pool", "size")]), ANA, EVERYTHING, 10)
    assert await paths(engine, answer.hits) == ["a.md"]


async def test_a_phrase_does_not_reach_from_title_to_text(engine: Engine) -> None:
    await publish(engine, doc("a.md", "size matters", title="Pool"))
    assert await found(engine, '"pool size"') == []


HOSTILE = [
    '"',
    '""',
    '"pool',
    'pool"',
    "NEAR(pool size, 5)",
    "pool AND NOT size",
    "pool OR",
    "title:pool",
    "{title body}: pool",
    "pool*",
    "*",
    "^pool",
    "-pool",
    "+pool -size",
    "pool~2",
    "/pool/",
    "pool\\",
    "pool\x00size",
    "\ud7ff\ue000\U0010ffff",
    "(((((",
    "'; DROP TABLE documents; --",
    "%_%",
    "\n\t\r",
    "~ pool",
    "<script>",
    '{"match_all": {}}',
    "\u202e\u200b\ufeff",
]


async def test_questions_are_words_and_never_syntax(engine: Engine) -> None:
    await publish(engine, doc("a.md", "the pool size"), doc("b.md", "cats"))
    for question in HOSTILE:
        expected = ["a.md"] if "pool" in question else []
        assert await found(engine, question) == expected, question
        literal = Words({question: 1.0, f"~{question}": 1.0})
        assert list((await engine.words(literal, ANA, EVERYTHING, 9)).hits) == [], question


async def test_a_pasted_page_is_a_question_like_any_other(engine: Engine) -> None:
    await publish(engine, doc("a.md", "the pool is full"), doc("b.md", "cats"))
    page = 'lorem ipsum (dolor) "sit amet" pool: ' * 300
    assert await found(engine, page.replace('"', "")) == ["a.md"]
    assert await found(engine, page) == []
    assert await found(engine, "x" * 10_000) == []


A, B_OLD, PDF = "runbooks/a.md", "runbooks/old/b.md", "guide.pdf"
FILTERS = [
    (Filter(), {A, B_OLD, PDF}),
    (Filter(under="runbooks/"), {A, B_OLD}),
    (Filter(under="runbooks/o"), {B_OLD}),
    (Filter(under="unbooks"), set[str]()),
    (Filter(under="RUNBOOKS/"), set[str]()),
    (Filter(formats=("pdf",)), {PDF}),
    (Filter(formats=("pdf", "markdown")), {A, B_OLD, PDF}),
    (Filter(tags=("db",)), {A, PDF}),
    (Filter(tags=("db", "shop")), {A}),
    (Filter(updated_after=NOW - DAY), {A, PDF}),
    (Filter(under="runbooks/", tags=("db",), formats=("pdf",)), set[str]()),
    (Filter(under="run*"), set[str]()),
    (Filter(under="%"), set[str]()),
]


async def test_filters(engine: Engine) -> None:
    await publish(
        engine,
        doc(A, "full pool", tags=("db", "shop")),
        doc(B_OLD, "full pool", tags=("shop",), updated=NOW - 2 * DAY),
        doc(PDF, "full pool", tags=("db",), kind="pdf", updated=NOW - DAY),
    )
    await embed(engine)
    for only, expected in FILTERS:
        answer = await find(engine, "pool", only=only)
        assert set(await paths(engine, answer.hits)) == expected, only
        assert answer.passages == len(expected)
        assert answer.frequency.get("pool", 0) == len(expected)
        near = await engine.similar(vector("pool"), ANA, only, 9)
        assert set(await paths(engine, near)) == expected, only
        listed, count = await engine.documents(ANA, only, 10)
        assert ({each.path for each in listed}, count) == (expected, len(expected))


async def test_only_so_many_are_returned_and_the_best(engine: Engine) -> None:
    texts = [doc(f"{n:02}.md", "pool " * (n + 1) + "x " * (40 - n)) for n in range(30)]
    await publish(engine, *texts)
    answer = await find(engine, "pool", most=5)
    assert await paths(engine, answer.hits) == [f"{n:02}.md" for n in (29, 28, 27, 26, 25)]
    assert answer.fitting == 30
    whole = await find(engine, "pool", most=200)
    assert list(whole.hits[:5]) == list(answer.hits)


async def test_equals_stand_in_the_order_they_came(engine: Engine) -> None:
    await publish(engine, *[doc(f"{n}.md", "the same text", title="t") for n in (3, 1, 2)])
    hits = (await find(engine, "same text")).hits
    assert await paths(engine, hits) == ["3.md", "1.md", "2.md"]
    assert [hit.id for hit in hits] == sorted(hit.id for hit in hits)
    assert len({hit.score for hit in hits}) == 1


async def test_scores_are_numbers_above_zero(engine: Engine) -> None:
    await publish(engine, *[doc(f"{n}.md", f"every word is here {n}") for n in range(9)])
    hits = (await engine.words(asked("every word 3"), ANA, EVERYTHING, 10)).hits
    assert len(hits) == 9
    assert all(math.isfinite(hit.score) and hit.score > 0 for hit in hits)
    for hit in hits:
        assert hit.score == pytest.approx(sum(hit.parts.values()), rel=1e-4)
