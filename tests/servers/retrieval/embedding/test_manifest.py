"""`model.json`: every file that is loaded is the one that was meant."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from bailiwick.errors import BadConfig
from bailiwick_retrieval.embedding.manifest import FILE, MINILM, Manifest, read
from tests.servers.retrieval.embedding.tiny import model_in


def changed(at: Path, **more: Any) -> None:
    """Change what the manifest says; None takes it out."""
    told = orjson.loads((at / FILE).read_bytes()) | more
    (at / FILE).write_bytes(orjson.dumps({k: v for k, v in told.items() if v is not None}))


def test_a_folder_as_it_should_be(tmp_path: Path) -> None:
    found = read(model_in(tmp_path))
    assert (found.name, found.dimensions, found.pooling) == ("tiny", 8, "mean")
    assert set(found.sha256) == {"model.onnx", "tokenizer.json"}


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_is_another_is_refused(tmp_path: Path, name: str) -> None:
    file = model_in(tmp_path) / name
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(BadConfig, match=f"{name} of the model is damaged, or another"):
        read(tmp_path)
    file.unlink()
    with pytest.raises(BadConfig, match=f"cannot read {name} of the model"):
        read(tmp_path)


@pytest.mark.parametrize(
    "more",
    [
        {"dimensions": 4},
        {"dimensions": "many"},
        {"extra": 1},
        {"pooling": "max"},
        {"name": ""},
        {"most_tokens": 1},
        {"sha256": None},
        {"sha256": {}},
        {"model": "../model.onnx"},
        {"model": "/etc/passwd"},
        {"tokenizer": "other.json"},
    ],
)
def test_a_manifest_that_is_wrong_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    changed(model_in(tmp_path), **more)
    with pytest.raises(BadConfig, match=r"model\.json of the model"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
def test_what_is_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BadConfig):
        read(tmp_path)


def test_a_path_in_the_hashes_does_not_lead_out(tmp_path: Path) -> None:
    changed(model_in(tmp_path), model="a/b", sha256={"a/b": "0" * 64, "tokenizer.json": "0" * 64})
    with pytest.raises(BadConfig, match="gives no sha256 for a/b"):
        read(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"no readable model\.json: No such file"):
        read(tmp_path / "nowhere")


def test_a_model_is_named_by_all_that_its_vectors_depend_on() -> None:
    names = {
        MINILM.identity,
        MINILM.model_copy(update={"pooling": "cls"}).identity,
        MINILM.model_copy(update={"most_tokens": 128}).identity,
        MINILM.model_copy(update={"prefix_query": "query: "}).identity,
        MINILM.model_copy(update={"sha256": {}}).identity,
    }
    assert len(names) == 5
    assert Manifest.model_validate(MINILM.model_dump()).identity == MINILM.identity
