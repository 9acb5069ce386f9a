"""Intents that a dead process left open, found and claimed so that each is closed exactly once.

What has to be read is bounded: a finished stream is passed over by its CLOSED marker, and of a dead
one only the last segment matters, because its header lists what was open before it. One lock for
the whole journal lets one process do this at a time; whoever finds it taken leaves the work to it.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from bailiwick.audit import disk
from bailiwick.audit.chain import HEX, NAME
from bailiwick.audit.stream import LOCK, Key, Orphan, is_closed, mark_closed, segments

CLOSING = "CLOSING"


@dataclass(frozen=True, slots=True)
class Claim:
    """Dead streams, what they left open, and the lock that makes them ours alone."""

    lock: int
    folders: tuple[Path, ...]
    orphans: tuple[Orphan, ...]

    def settle(self, by: str) -> None:
        """Mark the streams closed; call once the outcomes are durable. Raises OSError."""
        for folder in self.folders:
            mark_closed(folder, by)

    def release(self) -> None:
        """Let others look for orphans again."""
        disk.shut(self.lock)


def claim(journal: Path) -> Claim | None:
    """Claim what dead processes left; None while another process is at it. Raises OSError."""
    lock = disk.lock(journal / CLOSING)
    if lock is None:
        return None
    folders = tuple(_dead(journal))
    return Claim(lock, folders, tuple(orphans(folders)))


def orphans(folders: Iterable[Path]) -> list[Orphan]:
    """Return intents without outcome, over all `folders` at once.

    At once, because a process that died while closing another's orphans has written some of their
    outcomes into its own stream.
    """
    opened: dict[Key, Orphan] = {}
    closed: set[Key] = set()
    ordered = sorted(folders, key=_turn)
    for _, family in groupby(ordered, key=lambda folder: _turn(folder)[0]):
        last = list(family)[-1]
        for fields in _since_header(last):
            _account(fields, last.name, opened, closed)
    return [orphan for key, orphan in opened.items() if key not in closed]


def _dead(journal: Path) -> Iterator[Path]:
    streams = sorted(path for path in journal.iterdir() if NAME.fullmatch(path.name))
    waiting = [path for path in streams if not is_closed(path)]
    waiting.sort(key=_turn)
    for _, family in groupby(waiting, key=lambda folder: _turn(folder)[0]):
        folders = list(family)
        if not any(disk.held(folder / LOCK) for folder in folders):
            yield from folders


def _turn(folder: Path) -> tuple[str, int]:
    named = NAME.fullmatch(folder.name)
    return (named["family"], int(named["turn"] or 0)) if named else (folder.name, 0)


def _since_header(folder: Path) -> Iterator[dict[str, Any]]:
    # The last segment may be empty when the process died between making it and writing to it.
    paths = segments(folder)
    while paths and not any(True for _ in _records(paths[-1])):
        paths.pop()
    if paths:
        yield from _records(paths[-1])


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as lines:
        for line in lines:
            body, tab, rest = line.partition(b"\t")
            if not tab or len(rest) <= HEX or not rest.endswith(b"\n"):
                continue
            try:
                fields = orjson.loads(body)
            except orjson.JSONDecodeError:
                continue  # verify names it; here the other intents still have to be found
            if isinstance(fields, dict):
                yield fields


def _account(
    fields: dict[str, Any], stream: str, opened: dict[Key, Orphan], closed: set[Key]
) -> None:
    with suppress(ValueError, TypeError, AttributeError):  # not ours to judge: verify does
        for call, event, origin, seq in fields.get("header", {}).get("open", ()):
            opened[call, event] = Orphan(call, event, origin, seq)
    key = (fields.get("call", ""), fields.get("event", ""))
    if fields.get("phase") == "intent":
        opened[key] = Orphan(*key, stream, fields.get("seq", 0))
    elif fields.get("phase") == "outcome":
        closed.add(key)
