"""`explain_search`: why a document stands where it does."""

import re

import pytest

from bailiwick_retrieval.tools.explain_search import explain_search
from tests.parts.documents import Desk, Library

pytestmark = pytest.mark.anyio
POOL = {"collection": "docs", "document": "runbooks/pool.md"}


async def test_ranks_scores_and_terms(at: Desk) -> None:
    text = await at.text(explain_search, query="restart pool", **POOL)
    assert text.startswith("rank 1 of 7, with 4 passages of it among them\n")
    line = next(each for each in text.split("\n") if "#steps" in each).split("\t")
    assert line[:4] == ["1", "runbooks/pool.md#steps", "lines 16-17", "1.000"]
    assert re.fullmatch(r"\d\.\d\d \(rank 1\)", line[4])
    parts = dict(each.split("=") for each in line[5].split())
    assert set(parts) == {"restart", "~restart", "pool", "~pool"}
    assert sum(map(float, parts.values())) == pytest.approx(float(line[4].split()[0]), abs=0.03)
    assert re.fullmatch(r"0\.\d{3} \(rank \d\)", line[6])
    assert "of 7 passages: restart in 1, pool in 4" in text
    assert "score = 0.5 words + 0.5 meaning" in text


async def test_a_section_alone(at: Desk) -> None:
    text = await at.text(
        explain_search, query="restart pool", collection="docs", document="runbooks/pool.md#steps"
    )
    assert "with 1 passage of it" in text
    assert "#background" not in text


async def test_why_it_is_not_there(at: Desk) -> None:
    text = await at.text(explain_search, query='"restart zebra"', **POOL, path="policies/")
    assert text.startswith(
        "not among the best 200 by words or by meaning, or kept out by the filters,"
        " or without the phrase in quotes"
    )


async def test_without_a_model(bare: Library, tmp_path: object) -> None:
    desk = Desk(bare.state / "gate", bare)
    await bare.write("docs", "a.md", "# A\n\nrestart the pool")
    text = await desk.text(explain_search, query="pool", collection="docs", document="a.md")
    assert "\tnot near" in text
    assert "no embedding model is loaded: words alone" in text


@pytest.mark.parametrize("document", ["board/merger.md", "nothing.md", "../runbooks/pool.md"])
async def test_what_may_not_be_read_is_not_explained(at: Desk, document: str) -> None:
    error = await at.error(
        explain_search, query="merger Initech", collection="docs", document=document
    )
    assert error.startswith("there is no such document, or not for you")


async def test_filters_count(at: Desk) -> None:
    text = await at.text(explain_search, query="pool", **POOL, tags=["db"], formats=["markdown"])
    assert "of 4 passages: pool in 4" in text


async def test_it_is_short(at: Desk) -> None:
    body = "\n\n".join(f"## Head {n}\n\n{' '.join(f'w{n}x{m}' for m in range(40))} pool"
                       for n in range(60))  # fmt: skip
    await at.library.write("docs", "long.md", f"# Long\n\n{body}")
    question = " ".join(f"w{n}x1" for n in range(50)) + " pool"
    reply = await at.ask(explain_search, query=question, collection="docs", document="long.md")
    assert reply.size <= 5_000
    assert "shown=8" in reply.text
