"""One line that pins the whole journal, to be copied to another machine.

Whoever can rewrite the journal's folder can cut off a stream's end, rewrite HEAD to match, roll the
folder back, or remove whole streams, and nothing in the folder tells. A checkpoint held elsewhere
does: everything in it must still be there. What was written after the last one that left the
machine is covered by macs at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson
from pydantic import TypeAdapter

from bailiwick.audit.chain import NAME
from bailiwick.audit.stream import HEAD


@dataclass(frozen=True, slots=True)
class Head:
    """The newest durable record of one stream, as HEAD has it."""

    seq: int
    h: str
    mac: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The heads of all streams; `root` is SHA-256 over `name TAB seq TAB h LF` of each, sorted."""

    origin: str
    ts: str
    streams: Mapping[str, tuple[int, str]]
    root: str
    v: int = 1


_ADAPTER = TypeAdapter(Checkpoint)


def checkpoint(journal: Path, origin: str, ts: str) -> bytes:
    """Return the checkpoint line of `journal` now. Raises OSError, ValueError on a damaged HEAD."""
    folders = sorted(path for path in journal.iterdir() if NAME.fullmatch(path.name))
    heads = {folder.name: read_head(folder) for folder in folders}
    streams = {name: (head.seq, head.h) for name, head in heads.items()}
    return orjson.dumps(Checkpoint(origin, ts, streams, _root(streams))) + b"\n"


def load(text: bytes) -> Checkpoint:
    """Read a checkpoint line. Raises ValueError."""
    parsed = _ADAPTER.validate_json(text)
    if parsed.root != _root(parsed.streams):
        raise ValueError("the checkpoint's root does not fit its streams")
    return parsed


def read_head(folder: Path) -> Head:
    """Read a stream's HEAD. Raises OSError, ValueError."""
    seq, h, mac = (folder / HEAD).read_text("ascii").rstrip("\n").split("\t")
    return Head(int(seq), h, mac)


def _root(streams: Mapping[str, tuple[int, str]]) -> str:
    lines = [f"{name}\t{seq}\t{h}\n" for name, (seq, h) in sorted(streams.items())]
    return sha256("".join(lines).encode()).hexdigest()
