"""Lines that are well chained and still wrong: whoever holds no key can make these."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from bailiwick.audit.chain import GENESIS, Chain, link
from bailiwick.audit.inspection import Inspection, Mismatch

NAME = "cluster-20261124T133501Z-00000001"


def _fields(seq: int, prev: bytes, **more: Any) -> dict[str, Any]:
    ours = {
        "v": 1,
        "stream": NAME,
        "seq": seq,
        "ts": "2026-11-24T13:35:01.000000Z",
        "mono_ns": 0,
        "event": "e",
        "phase": "single",
        "call": "",
        "outcome": "",
        "prev": prev.hex(),
    }
    return ours | more


def _read(tmp_path: Path, bodies: list[bytes]) -> None:
    chain = Chain()
    path = tmp_path / "000001.jsonl"
    with path.open("wb") as file:
        for body in bodies:
            line, h = chain.line(body)
            file.write(line)
            chain.advance(h)
    Inspection(NAME, b"").read(path, last=True)


HEADER = {"header": {"segment": 1, "first": 1}}
FIRST = orjson.dumps(_fields(1, GENESIS, **HEADER))
H1 = link(GENESIS, FIRST)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (b"[]", "not a record"),
        (b"{", "not a record"),
        (b"{}", "not a record"),
        (orjson.dumps(_fields(3, H1)), "elsewhere"),
        (orjson.dumps(_fields(2, GENESIS)), "elsewhere"),
        (orjson.dumps(_fields(2, H1, v=2)), "elsewhere"),
        (orjson.dumps(_fields(2, H1, stream="other")), "elsewhere"),
        (orjson.dumps(_fields(2, H1, event="audit.stop")), "trailer"),
        (orjson.dumps(_fields(2, H1, event="audit.stop", trailer={"count": 2})), "trailer"),
        (orjson.dumps(_fields(2, H1, event="audit.stop", trailer=[])), "not a record"),
        (orjson.dumps(_fields(2, H1, event="audit.gap")), "not a record"),
        (orjson.dumps(_fields(2, H1, ts=1)), "not a record"),
        (orjson.dumps(_fields(2, H1, phase="intent", call=[])), "not a record"),
        (orjson.dumps(_fields(2, H1)).replace(b",", b",\t", 1), "not a line"),
    ],
)
def test_a_chained_line_must_still_be_a_record_in_its_place(
    tmp_path: Path, second: bytes, reason: str
) -> None:
    with pytest.raises(Mismatch, match=reason):
        _read(tmp_path, [FIRST, second])


@pytest.mark.parametrize("header", [{}, {"header": {"segment": 2, "first": 1}}])
def test_a_segment_begins_with_its_header(tmp_path: Path, header: dict[str, Any]) -> None:
    with pytest.raises(Mismatch, match="header"):
        _read(tmp_path, [orjson.dumps(_fields(1, GENESIS, **header))])


def test_nothing_follows_a_trailer(tmp_path: Path) -> None:
    trailer = {"count": 1, "last": H1.hex()}
    second = orjson.dumps(_fields(2, H1, event="audit.stop", trailer=trailer))
    third = orjson.dumps(_fields(3, link(H1, second)))
    _read(tmp_path, [FIRST, second])
    with pytest.raises(Mismatch, match="after the trailer"):
        _read(tmp_path, [FIRST, second, third])


@pytest.mark.parametrize(
    ("second", "reason"), [(None, "no trailer"), ("audit.stop", "after audit.stop")]
)
def test_a_segment_follows_a_rotation_only(tmp_path: Path, second: str | None, reason: str) -> None:
    trailer = {"count": 1, "last": H1.hex()}
    bodies = [FIRST]
    if second:
        bodies.append(orjson.dumps(_fields(2, H1, event=second, trailer=trailer)))
    chain, seen = Chain(), Inspection(NAME, b"")
    with (tmp_path / "000001.jsonl").open("wb") as file:
        for body in bodies:
            line, h = chain.line(body)
            file.write(line)
            chain.advance(h)
    seen.read(tmp_path / "000001.jsonl", last=False)
    (tmp_path / "000002.jsonl").touch()
    with pytest.raises(Mismatch, match=reason):
        seen.read(tmp_path / "000002.jsonl", last=True)
