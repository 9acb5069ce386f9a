"""Is the journal what was written? Every stream, from its first byte to its HEAD.

An error is a line that does not belong: changed, missing, repeated, moved, or missing at the end
although HEAD or a checkpoint knows of it. The first in each stream is named; what follows it in
that stream cannot be judged. A warning is what a crash or a full disk leaves behind.

Not detected without a checkpoint from elsewhere: a stream's end cut off together with a rewritten
HEAD (with a key: only back to a HEAD that the attacker had kept), a folder rolled back, a stream
removed as a whole; and without a key, a rewritten stream.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bailiwick.audit.chain import NAME, seed_of
from bailiwick.audit.checkpoint import Checkpoint, Head, read_head
from bailiwick.audit.inspection import Bad, Inspection, Mismatch
from bailiwick.audit.stream import Key, is_closed, segments


@dataclass(frozen=True, slots=True)
class Report:
    """What was found; `ok` when nothing is wrong, whatever the warnings."""

    records: int
    streams: int
    segments: int
    bad: tuple[Bad, ...]
    warnings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Say whether every line is where and what it was."""
        return not self.bad


def verify(journal: Path, key: bytes | None = None, against: Checkpoint | None = None) -> Report:
    """Check everything. With `key` (the root) every line must carry its mac. Raises OSError."""
    pinned = dict(against.streams) if against else {}
    bad: list[Bad] = []
    warnings: list[str] = []
    intents: dict[Key, str] = {}
    outcomes: set[Key] = set()
    granted: set[str] = set()
    used: dict[str, str] = {}
    records = files = 0
    folders = sorted(path for path in journal.iterdir() if NAME.fullmatch(path.name))
    for folder in folders:
        seen = _stream(folder, key, pinned.pop(folder.name, None))
        bad += seen.bad
        warnings += seen.warnings
        records, files = records + seen.seq, files + seen.segment
        for call in seen.intents:
            intents[call] = folder.name
        outcomes |= seen.outcomes
        granted |= seen.granted
        used |= {approval: f"{folder.name} at {seq}" for approval, seq in seen.used.items()}
    bad += [Bad(name, "", 0, seq, "the stream is gone") for name, (seq, _) in pinned.items()]
    warnings += _unfinished(intents, outcomes)
    warnings += [
        f"{where}: approval {approval} was used, and nobody's word for it is in the journal"
        for approval, where in used.items()
        if approval not in granted
    ]
    return Report(records, len(folders), files, tuple(bad), tuple(warnings))


def _unfinished(intents: dict[Key, str], outcomes: set[Key]) -> Iterator[str]:
    for (call, event), name in intents.items():
        if (call, event) not in outcomes:
            yield f"{name}: {event} {call} has no outcome"


def _stream(folder: Path, root: bytes | None, pinned: tuple[int, str] | None) -> Inspection:
    seen = Inspection(folder.name, seed_of(root, folder.name) if root else b"")
    try:
        head = _anchor(folder)
        seen.anchors = [head]
        if pinned:
            seen.anchors.append(Head(*pinned))
        paths = segments(folder)
        for path in paths:
            seen.read(path, last=path == paths[-1])
        seen.finish()
    except Mismatch as mismatch:
        seen.blame(str(mismatch))
    if not seen.stopped and not seen.bad:
        how = "ended without audit.stop" if is_closed(folder) else "open"
        seen.warnings.append(f"{folder.name}: {how} at {seen.seq}")
    return seen


def _anchor(folder: Path) -> Head:
    try:
        return read_head(folder)
    except (FileNotFoundError, ValueError) as error:
        raise Mismatch("HEAD is missing or damaged") from error
