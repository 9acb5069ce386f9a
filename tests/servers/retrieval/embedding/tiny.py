"""A model of a few bytes that onnxruntime runs: every token has a vector of its own.

The ONNX file is written here, field by field as onnx.proto numbers them, since the package that
writes such files is none of ours.
"""

import zipfile
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from bailiwick_retrieval.embedding.manifest import FILE, Manifest

WORDS = ("[UNK]", "restart", "the", "pool", "disk", "size", "query", "passage")
DIMENSIONS = 8
_FLOAT, _INT64 = 1, 7


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(raw)) + raw


def _value(name: str, kind: int, dimensions: Sequence[int | str]) -> bytes:
    shape = b"".join(
        _bytes(1, _number(1, each) if isinstance(each, int) else _bytes(2, each))
        for each in dimensions
    )
    tensor = _number(1, kind) + _bytes(2, shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))


def _node(kind: str, inputs: Sequence[str], output: str, attributes: bytes = b"") -> bytes:
    given = b"".join(_bytes(1, each) for each in inputs)
    return given + _bytes(2, output) + _bytes(4, kind) + attributes


def vectors() -> Any:
    """Give every word its own vector; that of the padding is far from nothing."""
    made = np.eye(len(WORDS), DIMENSIONS, dtype=np.float32)
    made[0] = 0.5
    return made


def onnx(inputs: Sequence[str] = ("input_ids", "attention_mask"), *, pooled: bool = False) -> bytes:
    """Write a model: it looks the tokens up, and may add them up itself."""
    told = "states" if pooled else "out"
    nodes = [_node("Gather", ("table", "input_ids"), told)]
    shape: list[int | str] = ["batch", "length", DIMENSIONS]
    if pooled:
        axes = _bytes(1, "axes") + _varint(8 << 3 | 2) + _varint(1) + _varint(1) + _number(20, 7)
        keep = _bytes(1, "keepdims") + _number(3, 0) + _number(20, 2)
        nodes.append(_node("ReduceMean", ("states",), "out", _bytes(5, axes) + _bytes(5, keep)))
        shape = ["batch", DIMENSIONS]
    table = vectors()
    tensor = _number(1, table.shape[0]) + _number(1, table.shape[1]) + _number(2, _FLOAT)
    tensor += _bytes(8, "table") + _bytes(9, table.tobytes())
    graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, "tiny") + _bytes(5, tensor)
    graph += b"".join(_bytes(11, _value(name, _INT64, ("batch", "length"))) for name in inputs)
    graph += _bytes(12, _value("out", _FLOAT, shape))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 13))


def tokenizer() -> str:
    """Write a tokenizer of the few words."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    made = Tokenizer(WordLevel(vocab=vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()  # pyright: ignore[reportAttributeAccessIssue]
    return made.to_str()


def files(model: bytes | None = None) -> dict[str, bytes]:
    return {"model.onnx": model or onnx(), "tokenizer.json": tokenizer().encode()}


def manifest(found: dict[str, bytes], **more: Any) -> Manifest:
    hashes = {name: sha256(data).hexdigest() for name, data in found.items()}
    given: dict[str, Any] = {"name": "tiny", "dimensions": DIMENSIONS, "sha256": hashes, **more}
    return Manifest(**given)


def model_in(at: Path, model: bytes | None = None, **more: Any) -> Path:
    """Put a model with its manifest into a folder."""
    at.mkdir(parents=True, exist_ok=True)
    found = files(model)
    for name, data in found.items():
        (at / name).write_bytes(data)
    (at / FILE).write_text(manifest(found, **more).model_dump_json())
    return at


def jar(found: dict[str, bytes], **more: bytes) -> bytes:
    """Pack files as a jar."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**found, **more}.items():
            archive.writestr(name, data)
    return out.getvalue()
