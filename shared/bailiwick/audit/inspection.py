"""The walk over one stream's lines that `verify` is made of."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import orjson

from bailiwick.audit.chain import GENESIS, HEX, first_key, link, seal, seal_head
from bailiwick.audit.checkpoint import Head
from bailiwick.audit.record import VERSION
from bailiwick.audit.stream import Key, segment_name

COLUMN = HEX + 2
"""A tab, a hash and a line feed."""
ENDS = frozenset({"audit.rotate", "audit.stop"})


class Mismatch(Exception):
    """A line that does not belong."""


@dataclass(frozen=True, slots=True)
class Bad:
    """Where a stream stops being what was written, and why."""

    stream: str
    segment: str
    line: int
    seq: int
    reason: str


class Inspection:
    """One stream's chain, followed."""

    def __init__(self, stream: str, seed: bytes) -> None:
        """Start before the first record; with a `seed` macs are checked too."""
        self.stream = stream
        self.anchors: list[Head] = []
        self.bad: list[Bad] = []
        self.warnings: list[str] = []
        self.intents: dict[Key, int] = {}
        self.outcomes: set[Key] = set()
        self.granted: set[str] = set()
        self.used: dict[str, int] = {}  # approvals of a second person, and where they were used
        self.stopped = False
        self.seq = 0
        self.segment = 0
        self._key = first_key(seed) if seed else b""
        self._macs: bool | None = None
        self._head = GENESIS
        self._prev = GENESIS.hex()
        self._when = ""
        self._line = 0
        self._ended = True

    def read(self, path: Path, *, last: bool) -> None:
        """Follow one segment. Raises Mismatch, OSError."""
        self._line = 0
        if path.name != segment_name(self.segment + 1):
            raise Mismatch(f"segment {self.segment + 1} is missing")
        self.segment += 1
        self._require(self._ended, "the segment before has no trailer")
        self._require(not self.stopped, "a segment after audit.stop")
        try:
            with path.open("rb", buffering=2**20) as lines:
                for line in lines:
                    self._follow(line, last=last)
        except (KeyError, TypeError, AttributeError) as error:
            raise Mismatch("not a record") from error
        if not self._line and not last:
            raise Mismatch("an empty segment")

    def finish(self) -> None:
        """Compare the end with what is known of it. Raises Mismatch."""
        known = [head.seq for head in self.anchors]
        self._require(min(known, default=1) > 0, "HEAD or the checkpoint knows no record")
        if max(known, default=0) > self.seq:
            self._line += 1
            raise Mismatch(f"the end is cut off: {max(known)} records were durable")

    def blame(self, reason: str) -> None:
        """Name the line after the last good one."""
        segment = segment_name(self.segment) if self.segment else ""
        self.bad.append(Bad(self.stream, segment, self._line, self.seq + 1, reason))

    def _follow(self, line: bytes, *, last: bool) -> None:
        self._line += 1
        if self._ended and self._line > 1:
            raise Mismatch("a line after the trailer")
        if last and not line.endswith(b"\n"):
            self.warnings.append(f"{self.stream}: the last line, {self.seq + 1}, is torn")
            self._line -= 1  # it counts as missing: if it was durable, this is the line to name
            return
        body, h, mac = self._split(line)
        digest = link(self._head, body)
        text = digest.hex()
        if text.encode() != h:
            raise Mismatch("the hash does not fit")
        if self._key:
            self._require(seal(self._key, digest).hex().encode() == mac, "the mac does not fit")
            self._key = sha256(self._key).digest()
        fields = _parse(body)
        self._place(fields)
        self._head, self._prev = digest, text
        self._anchored()
        self._account(fields)

    def _split(self, line: bytes) -> tuple[bytes, bytes, bytes]:
        if self._macs is None:
            self._macs = self._key != b"" or line.count(b"\t") == 2
        first = len(line) - (2 * COLUMN - 1 if self._macs else COLUMN)
        if self._macs and line.count(b"\t") == 1:
            raise Mismatch("it has no MAC: older than the key, or of somebody who had none")
        if line.find(b"\t") != first or line[-1:] != b"\n":
            raise Mismatch("not a line of this stream")
        return line[:first], line[first + 1 : first + 1 + HEX], line[-HEX - 1 : -1]

    def _place(self, fields: dict[str, Any]) -> None:
        seq = self.seq + 1
        placed = fields["v"], fields["seq"], fields["stream"], fields["prev"]
        if placed != (VERSION, seq, self.stream, self._prev):
            raise Mismatch("it belongs elsewhere")
        if self._line == 1:
            header = fields.get("header", {})
            fits = header.get("segment") == self.segment and header.get("first") == seq
            self._require(fits, "the header does not fit")
            self._ended = False
        self.seq = seq

    def _anchored(self) -> None:
        for head in self.anchors:
            if head.seq == self.seq:
                fits = head.h == self._prev
                if fits and self._key and head.mac is not None:
                    fits = head.mac == seal_head(self._key, self._head).hex()
                if not fits:
                    self.seq -= 1
                    raise Mismatch("it is not what HEAD or the checkpoint knows")

    def _account(self, fields: dict[str, Any]) -> None:
        event, when = fields["event"], fields["ts"]
        if when < self._when:
            self.warnings.append(f"{self.stream}: the clock goes back at {self.seq}")
        self._when = when
        phase = fields["phase"]
        if phase == "intent":
            self.intents[fields["call"], event] = self.seq
        elif phase == "outcome" and not self.intents.pop((fields["call"], event), 0):
            self.outcomes.add((fields["call"], event))
        self._agreed(fields, event)
        if event in ENDS:
            self._trailer(fields)
            self.stopped = event == "audit.stop"
        elif event == "audit.gap":
            gap = fields["gap"]
            said = f"{gap['refused']} refused since {gap['since']}"
            self.warnings.append(f"{self.stream}: a gap before {self.seq}, {said}")

    def _agreed(self, fields: dict[str, Any], event: str) -> None:
        """Keep which approvals were granted and which used: one without the other is odd."""
        approval = fields.get("approval")
        if not isinstance(approval, dict) or not event.startswith("approval."):
            return
        known = cast("dict[str, Any]", approval)
        if event == "approval.granted" and fields["outcome"] == "success":
            self.granted.add(str(known.get("id")))
        elif event == "approval.used" and known.get("needs") == "second_person":
            self.used[str(known.get("id"))] = self.seq

    def _trailer(self, fields: dict[str, Any]) -> None:
        trailer = fields.get("trailer", {})
        fits = trailer.get("count") == self._line - 1 and trailer.get("last") == fields["prev"]
        self._require(fits, "the trailer does not fit")
        self._ended = True

    def _require(self, fits: bool, reason: str) -> None:
        if not fits:
            raise Mismatch(reason)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        fields: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Mismatch("not a record") from error
    if not isinstance(fields, dict):
        raise Mismatch("not a record")
    return fields  # pyright: ignore[reportUnknownVariableType]
