"""Records that are alike, by level and template. Memory is bounded, however long logs are. Pure."""

from collections import Counter
from dataclasses import dataclass, field

from bailiwick.shaping.redaction import redact_text
from bailiwick.shaping.templates import Template, Templates
from bailiwick_cluster.logs.continued import Part, part
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.said import Said, decoded, said, shown
from bailiwick_cluster.logs.skeletons import Skeletons, split

EXAMPLE = 1_000
"""Characters of an example that are kept."""
FRAME = 300
"""Characters of a line of a trace that are kept."""
_SHAPES = 20_000
_EFFORT = 500_000
"""Comparisons of new shapes with templates; where nothing is like anything, there is an end."""
_TRACE = 16
_TRACE_END = 8
_CAUSES = 50


@dataclass(slots=True)
class Trace:
    """A stack trace: its first lines and its last, which in Python is what was raised."""

    head: list[str] = field(default_factory=list[str])
    end: list[str] = field(default_factory=list[str])
    left_out: int = 0

    def add(self, line: str) -> None:
        """Take one line in."""
        shown = kept(line, FRAME)
        if len(self.head) < _TRACE:
            self.head.append(shown)
            return
        self.end.append(shown)
        if len(self.end) > _TRACE_END:
            self.left_out += 1
            del self.end[0]

    @property
    def lines(self) -> list[str]:
        """Write it, and how much is left out."""
        gap = [f"… {self.left_out} more lines"] if self.left_out else []
        return [*self.head, *gap, *self.end]


@dataclass(slots=True)
class Group:
    """Records that are alike: how many, from when to when (seconds since 1970), of which logs."""

    level: Level
    sure: bool
    example: str
    other: bool = False
    count: int = 0
    first: float = 0.0
    last: float = 0.0
    logs: Counter[int] = field(default_factory=Counter[int])
    trace: Trace | None = None
    causes: Counter[str] = field(default_factory=Counter[str])

    def add(self, log: int, count: int, first: float, last: float) -> None:
        """Count records of one log."""
        self.count += count
        self.logs[log] += count
        self.first = min(self.first or first, first or self.first)
        self.last = max(self.last, last)

    def caused(self, cause: str) -> None:
        """Count what was raised."""
        if cause in self.causes or len(self.causes) < _CAUSES:
            self.causes[cause] += 1


@dataclass(slots=True)
class Shape:
    """What is known of all lines of one shape; of one that only goes on, no group is needed."""

    part: Part
    read: Said
    group: Group | None = None


@dataclass(slots=True)
class Grouping:
    """All groups of one question; the logs of all pods share it."""

    _templates: dict[Level, Templates] = field(default_factory=dict[Level, Templates])
    _groups: dict[tuple[Level, int], Group] = field(default_factory=dict[tuple[Level, int], Group])
    _shapes: dict[int, Shape] = field(default_factory=dict[int, Shape])
    _skeletons: dict[Level, Skeletons] = field(default_factory=dict[Level, Skeletons])
    _effort: Counter[Level] = field(default_factory=Counter[Level])
    _crowd: Counter[tuple[Level, int]] = field(default_factory=Counter[tuple[Level, int]])

    @property
    def groups(self) -> list[Group]:
        """All groups that anything was counted in."""
        return [group for group in self._groups.values() if group.count]

    def shape(self, key: int, body: bytes) -> Shape:
        """Find out about a shape by one line of it, which comes without the API's time."""
        found = self._shapes.get(key)
        if found is None:
            found = _read(body)
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            self._shapes[key] = found
        return found

    def group(self, shape: Shape, body: bytes) -> Group:
        """Find the group of a shape that begins a record, or begin one with this line."""
        if shape.group is None:
            read = shape.read
            template = self._template(read)
            key = (read.level, id(template) if template is not None else 0)
            found = self._groups.get(key)
            if found is None:
                found = self._groups[key] = _begun(read, body, other=template is None)
                self._crowd[read.level, len(split(read.text))] += 1
            shape.group = found
        return shape.group

    def _template(self, read: Said) -> Template | None:
        """Find a template by its words, or else by all that Drain knows, while that is cheap."""
        known = self._skeletons.setdefault(read.level, Skeletons())
        words = split(read.text)
        if found := known.find(words):
            return found
        if self._effort[read.level] > _EFFORT:
            return None
        self._effort[read.level] += self._crowd[read.level, len(words)]
        found = self._templates.setdefault(read.level, Templates()).add(read.text)
        if found is not None:
            known.learn(words, found)
        return found


def _read(body: bytes) -> Shape:
    what = Part.WHOLE if body.startswith(b"{") else part(decoded(body[:EXAMPLE]))
    if what is Part.OPAQUE:
        return Shape(what, Said(Level.INFO, False, ""))
    read = said(body)
    if what in (Part.CAUSE, Part.OPENS) and not read.sure:
        read = Said(Level.ERROR, False, read.text)
    return Shape(what, read)


def _begun(read: Said, body: bytes, *, other: bool) -> Group:
    example, trace = shown(body)
    group = Group(read.level, read.sure, kept(example), other)
    if trace:
        group.trace = Trace()
        for line in redact_text(trace, {}).split("\n"):
            group.trace.add(line)
    return group


def kept(text: str, most: int = EXAMPLE) -> str:
    """Cut a text, after secrets are out of it: half of one would not be known again."""
    return redact_text(text, {})[:most]
