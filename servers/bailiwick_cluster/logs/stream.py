"""One log as it comes: its lines are joined to records, and records counted. Pure; a `Taker`."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from bailiwick_cluster.logs.continued import Part, hidden, raised
from bailiwick_cluster.logs.groups import Group, Grouping, Shape, Trace
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.said import decoded
from bailiwick_cluster.logs.shapes import shaped
from bailiwick_cluster.moments import moment

END = 8
"""Last lines of a log that are kept as they are."""
LONGEST = 8_000
"""Bytes of a line that are kept as they are; far more than is shown, so that no secret is cut."""
_KNOWN = 4_000
"""Shapes that one log is counted by at a time."""
_SOON = 2.0
"""Seconds after an error in which an exception is taken for its cause."""
_CAUSE = 120
Wanted = Callable[[str], bool]


class _State(IntEnum):
    """What the lines before leave open."""

    NOTHING = 0
    TRACE = 1
    KEY = 2


@dataclass(slots=True)
class _Tally:
    """Records of one shape in this log. `plain`: nothing is to be looked at, only counted."""

    shape: Shape
    plain: bool
    first: float
    count: int = 0
    last: float = 0.0


@dataclass(slots=True)
class Stream:
    """Counts the records of one log into the groups of all.

    `wanted` chooses records: one is taken when any of its lines is. With `keep`, so many of the
    newest lines are kept as they are, of records at or above `least`.
    """

    number: int
    grouping: Grouping
    wanted: Wanted | None = None
    keep: int = 0
    least: Level = Level.DEBUG
    lines: int = 0
    matched: int = 0
    offered: int = 0
    first: float = 0.0
    last: float = 0.0
    kept: deque[tuple[bytes, bytes]] = field(default_factory=deque[tuple[bytes, bytes]])
    end: list[bytes] = field(default_factory=list[bytes])
    _known: dict[int, _Tally] = field(default_factory=dict[int, _Tally])
    _second: bytes = b"-"
    _now: float = 0.0
    _after: bytes = b""
    _newest: bytes = b""
    _state: _State = _State.NOTHING
    _head: Group | None = None
    _begun: bytes = b""
    _begun_at: float = 0.0
    _taken: bool = False
    _tracing: Trace | None = None
    _traced: bool = False

    def rejoin(self) -> None:
        """Leave out what is not newer than the last line: the end of the log is read again."""
        self._after = self._newest

    def take(self, lines: bytes) -> None:
        """Take whole lines in, each with the API's time before it."""
        known, careful = self._known.get, self.wanted is not None or self.keep > 0
        for line, key in shaped(lines[:-1]):
            if not line.startswith(self._second):
                self._tick(line)
            if self._after and self._seen(line):
                continue
            self.lines += 1
            tally = known(key) or self._meet(key, line)
            if careful or self._state or not tally.plain:
                self._slowly(tally, key, line)
                continue
            tally.count += 1
            tally.last = self._now
            self._head = tally.shape.group
            self._begun_at = self._now
            self._traced = False
        last = lines[:-1].rsplit(b"\n", END)[-END:]
        self._newest = last[-1].partition(b" ")[0]
        self.end = [*self.end, *(line[:LONGEST] for line in last)][-END:]
        if len(self._known) > _KNOWN:
            self.close()

    def close(self) -> None:
        """Hand over what was counted so far."""
        for tally in self._known.values():
            if tally.count and (group := tally.shape.group) is not None:
                group.add(self.number, tally.count, tally.first, tally.last)
                self.matched += tally.count
        self._known.clear()
        self.last = max(self.last, self._now)

    @property
    def last_lines(self) -> list[str]:
        """The last lines as they are, without the API's time."""
        return [decoded(_body(line)) for line in self.end]

    def _tick(self, line: bytes) -> None:
        """Read the time of a line; many lines have one second."""
        self._second = line[:19] or b"-"
        stamp = line[:40].partition(b" ")[0]
        now = moment(stamp.decode("ascii", "replace"))
        self._now = now or self._now
        self.first = self.first or now

    def _seen(self, line: bytes) -> bool:
        if line[: len(self._after)] <= self._after:
            return True
        self._after = b""
        return False

    def _meet(self, key: int, line: bytes) -> _Tally:
        body = _body(line)
        shape = self.grouping.shape(key, body)
        plain = shape.part is Part.WHOLE and shape.read.tells is None
        if plain:
            self.grouping.group(shape, body)
        tally = self._known[key] = _Tally(shape, plain, self._now)
        return tally

    def _slowly(self, tally: _Tally, key: int, line: bytes) -> None:
        """Count a line that needs a look: more of a record, or of a key, or not wanted."""
        body = _body(line)
        if self._state is _State.KEY:
            more = hidden(body)
            if not more or body.startswith(b"-----END "):
                self._state = _State.NOTHING
            if more:
                return
        if tally.shape.read.tells is not None:
            tally = self._told(tally, key, body)
        what = tally.shape.part
        if what in (Part.KEY, Part.OPAQUE):
            self._state = _State.KEY
        if what is Part.OPAQUE:
            return
        if self._goes_on(what, body):
            self._more(what, line, body)
        else:
            self._begin(tally, line, body)

    def _told(self, tally: _Tally, key: int, body: bytes) -> _Tally:
        """Part the lines of a shape by the digit that their level hangs on."""
        tells = tally.shape.read.tells
        hit = tells.search(body, 0, LONGEST) if tells is not None else None
        own = hash((key, hit[1] if hit else b""))
        if own not in self._known:
            self._known[own] = _Tally(self.grouping.shape(own, body), False, self._now)
        return self._known[own]

    def _goes_on(self, what: Part, body: bytes) -> bool:
        if self._head is None or what is Part.KEY:
            return False
        if what is Part.MORE:
            return True
        opened = self._state is _State.TRACE
        if what is Part.FRAME:
            return opened
        if what in (Part.OPENS, Part.CAUSE):
            soon = self._now - self._begun_at <= _SOON
            return opened or (soon and self._head.level >= Level.WARN)
        return opened and self._traced and raised(body)

    def _begin(self, tally: _Tally, line: bytes, body: bytes) -> None:
        what = tally.shape.part
        if what is not Part.KEY:
            self._state = _State.TRACE if what is Part.OPENS else _State.NOTHING
        self._head = self.grouping.group(tally.shape, body)
        self._begun, self._begun_at, self._traced = line, self._now, False
        self._taken = self.wanted is None or self.wanted(decoded(body))
        if self._taken:
            tally.first = tally.first if tally.count else self._now
            tally.count += 1
            tally.last = self._now
            self._keep(line)

    def _more(self, what: Part, line: bytes, body: bytes) -> None:
        head = self._head
        if head is None:
            return
        text = decoded(body[:LONGEST])
        if not self._taken and self.wanted is not None and self.wanted(text):
            self._taken = True
            head.add(self.number, 1, self._begun_at, self._now)
            self.matched += 1
            self._keep(self._begun)
        if self._taken or self.wanted is None:
            self._keep(line)
        if head.level >= Level.WARN:
            self._trace(head, what, text)
        if what is Part.OPENS:
            self._state = _State.TRACE
        elif what in (Part.CAUSE, Part.WHOLE):
            self._state = _State.NOTHING  # in Python, what was raised ends the trace

    def _trace(self, head: Group, what: Part, text: str) -> None:
        """Keep the first trace of a group, and count what was raised in all of them."""
        if not self._traced:
            self._traced = True
            self._tracing = None
            if head.trace is None:
                self._tracing = head.trace = Trace()
        if self._tracing is not None and text.strip():
            self._tracing.add(text)
        if what in (Part.CAUSE, Part.WHOLE):
            head.caused(text[:_CAUSE].split(":", 1)[0])

    def _keep(self, line: bytes) -> None:
        if self.keep and self._head is not None and self._head.level >= self.least:
            stamp, _, body = line.partition(b" ")
            self.offered += 1
            if len(self.kept) >= self.keep:
                self.kept.popleft()
            self.kept.append((stamp, body[:LONGEST]))


def _body(line: bytes) -> bytes:
    """Take the API's time off."""
    return line.partition(b" ")[2]
