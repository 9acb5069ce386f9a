"""How well search finds: metrics against numbers worked out by hand, and BEIR's files."""

from collections.abc import Sequence
from math import log2
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_retrieval.evaluating import (
    METHODS,
    METRICS,
    Scores,
    fill,
    judged,
    labelled,
    measured,
)
from bailiwick_retrieval.models.index import Access
from tests.parts.documents import Library, eyes, folder

CORPUS = [
    {"_id": "d1", "title": "Pool", "text": "Pool The pool of checkout is exhausted."},
    {"_id": "d2", "title": "", "text": "The disk of the node is full.\n\nDelete logs."},
    {"_id": "d3", "text": "Letters wait in the queue."},
]
QUERIES = [
    {"_id": "q1", "text": 'why is the "pool" exhausted'},
    {"_id": "q2", "text": "disk full"},
    {"_id": "q3", "text": "nothing is right for this one"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq2\td3\t0\n\nq9\td1\t1\n"


def corpus(at: Path, **files: bytes | str | None) -> Path:
    """Write a folder in BEIR's format; None leaves a file out."""
    given: dict[str, bytes | str | None] = {
        "corpus.jsonl": b"\n".join(map(orjson.dumps, CORPUS)) + b"\n\n",
        "queries.jsonl": b"\n".join(map(orjson.dumps, QUERIES)),
        "qrels.tsv": QRELS,
    }
    given |= {name.replace("_", "."): data for name, data in files.items()}
    at.mkdir(exist_ok=True)
    for name, data in given.items():
        if data is not None:
            (at / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return at


def test_metrics_by_hand() -> None:
    found = measured(["a", "x", "b", "y"], {"a": 1, "b": 3, "c": 2, "x": 0})
    ideal = 3 / log2(2) + 2 / log2(3) + 1 / log2(4)
    gained = 1 / log2(2) + 3 / log2(4)
    assert found == pytest.approx(
        {
            "ndcg@5": gained / ideal,
            "ndcg@10": gained / ideal,
            "recall@10": 2 / 3,
            "mrr@10": 1.0,
            "hit@1": 1.0,
        }
    )
    assert set(found) == set(METRICS)


def test_the_first_right_one_counts() -> None:
    ranked = [*"vwxyz", "a"]
    found = measured(ranked, {"a": 1})
    assert found["mrr@10"] == pytest.approx(1 / 6)
    assert found["ndcg@5"] == 0
    assert found["ndcg@10"] == pytest.approx(1 / log2(7))
    assert found["hit@1"] == 0
    assert measured([*"0123456789", "a"], {"a": 1})["mrr@10"] == 0


def test_nothing_right_is_nothing() -> None:
    assert set(measured(["a"], {}).values()) == {0.0}
    assert set(measured([], {"a": 1}).values()) == {0.0}
    assert set(measured(["a"], {"a": 0, "b": -1}).values()) == {0.0}


@given(
    st.permutations([*"abcdefghij"]),
    st.dictionaries(st.sampled_from("abcdefxyz"), st.integers(0, 3)),
)
def test_metrics_are_shares_and_the_ideal_order_is_best(
    ranked: Sequence[str], right: dict[str, int]
) -> None:
    found = measured(ranked, right)
    assert all(0 <= value <= 1 + 1e-9 for value in found.values())
    ideal = sorted((key for key in right if right[key]), key=lambda key: -right[key])
    best = measured(ideal, right)
    assert all(best[name] >= found[name] - 1e-9 for name in METRICS)


def test_means() -> None:
    scores = Scores()
    scores.add("words", ["a"], {"a": 1})
    scores.add("words", ["b"], {"a": 1})
    scores.questions = 2
    assert scores.means()["words"]["hit@1"] == 0.5
    assert Scores().means() == {}


def test_labels_as_beir_writes_them(tmp_path: Path) -> None:
    found = labelled(corpus(tmp_path))
    assert found.questions == {"q1": 'why is the "pool" exhausted', "q2": "disk full"}
    assert found.right["q2"] == {"d2": 2, "d3": 0}


def test_labels_where_beir_puts_them(tmp_path: Path) -> None:
    at = corpus(tmp_path, qrels_tsv=None)
    (at / "qrels").mkdir()
    (at / "qrels" / "test.tsv").write_text(QRELS)
    assert set(labelled(at).questions) == {"q1", "q2"}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"queries_jsonl": None}, "cannot read the labels: No such file"),
        ({"qrels_tsv": None}, "cannot read the labels: No such file"),
        ({"queries_jsonl": "{"}, "not in BEIR's format"),
        ({"queries_jsonl": '{"id": 1}'}, "not in BEIR's format"),
        ({"queries_jsonl": "[1]"}, "not in BEIR's format"),
        ({"queries_jsonl": b"\xff\n"}, "not in BEIR's format"),
        ({"qrels_tsv": "head\nq1 d1 1\n"}, "not in BEIR's format"),
        ({"qrels_tsv": "head\nq1\td1\tmuch\n"}, "not in BEIR's format"),
        ({"qrels_tsv": b"head\n\xff\xff\n"}, "not in BEIR's format"),
        ({"qrels_tsv": ""}, "no question has a right document"),
        ({"qrels_tsv": "head\nq9\td1\t1\n"}, "no question has a right document"),
    ],
)
def test_labels_that_are_none(tmp_path: Path, files: dict[str, str | None], why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        labelled(corpus(tmp_path, **files))


@pytest.fixture
async def scratch(shelf: Library) -> Library:
    shelf.collections["evaluated"] = folder()
    return shelf


@pytest.mark.anyio
async def test_a_corpus_is_filled_and_judged(scratch: Library, tmp_path: Path) -> None:
    at = corpus(tmp_path / "beir")
    assert await fill(scratch.index, at) == 3
    await scratch.embed()
    seen = [scores.questions async for scores in judged(await scratch.searcher(), labelled(at))]
    assert seen == [1, 2]
    last: Scores | None = None
    async for scores in judged(await scratch.searcher(), labelled(at)):
        last = scores
    assert last is not None
    assert set(last.means()) == set(METHODS)
    assert all(values["hit@1"] == 1.0 for values in last.means().values())
    found = await scratch.index.document(
        "evaluated", "d1", Access(frozenset({"evaluated"}), frozenset("*"))
    )
    assert found is not None
    parsed = await scratch.index.content(found.id, found.version, eyes(collection="evaluated"))
    assert parsed is not None
    assert parsed.sections[0].text == "The pool of checkout is exhausted.", "the title is not twice"


@pytest.mark.anyio
async def test_without_a_model_words_alone_are_judged(bare: Library, tmp_path: Path) -> None:
    at = corpus(tmp_path / "beir")
    await fill(bare.index, at)
    async for scores in judged(await bare.searcher(), labelled(at)):
        assert set(scores.means()) == {"words"}


@pytest.mark.anyio
async def test_labels_may_name_sections(shelf: Library, tmp_path: Path) -> None:
    await shelf.write("docs", "a.md", "# Pool\n\nexhausted\n\n# Disk\n\nfull")
    rows = "head\nq1\ta.md#pool\t1\nq2\tdocs/a.md#disk\t1\n"
    labels = labelled(corpus(tmp_path / "beir", qrels_tsv=rows))
    async for scores in judged(await shelf.searcher(), labels, eyes()):
        assert scores.means()["words"]["hit@1"] == 1.0


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "cannot read the corpus"),
        ("{", "not in BEIR's format"),
        ('{"_id": "x"}', "not in BEIR's format"),
        ("[]", "not in BEIR's format"),
    ],
)
async def test_a_corpus_that_is_none_fills_nothing(
    scratch: Library, tmp_path: Path, data: str | None, why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        await fill(scratch.index, corpus(tmp_path / "beir", corpus_jsonl=data))
    assert await scratch.index.known("evaluated") == {}
