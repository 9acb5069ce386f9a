"""Groups as rows of a table, traces as blocks: what is shown of logs, and that it fits. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bailiwick.shaping.answer import Block
from bailiwick.shaping.fence import inline
from bailiwick.shaping.neutral import neutralise
from bailiwick_cluster.logs.choice import Span, is_new
from bailiwick_cluster.logs.groups import Group
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.times import clock

_COLUMNS = ("TIMES", "LEVEL", "FIRST", "LAST", "OF", "EXAMPLE")
_CELL = 158
_ROWS = 4_200
"""Bytes of all rows together."""
_BLOCK = 1_100
_BLOCKS = 2
_TABLE_CELL = 160
"""Characters of a cell that are shown at all."""
_OF = 2


@dataclass(frozen=True, slots=True)
class Told:
    """What rows are told with: names and spans of the logs."""

    labels: Mapping[int, str]
    spans: Mapping[int, Span]

    @property
    def day(self) -> float:
        """When the logs end: days are told only where they are others than this."""
        return max((span.last for span in self.spans.values()), default=0.0)

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns; one log needs no name."""
        return self.fit(_COLUMNS)

    def fit(self, row: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out whose a row is, where there is one log."""
        return row if len(self.labels) > 1 else (*row[:4], *row[5:])


def rows(groups: Iterable[Group], told: Told) -> list[tuple[str, ...]]:
    """Write groups as rows, as many as fit."""
    found: list[tuple[str, ...]] = []
    room = _ROWS
    for group in groups:
        row = _row(group, told)
        room -= sum(len(inline(cell, _TABLE_CELL).encode(errors="replace")) + 1 for cell in row)
        if room < 0 and found:
            break
        found.append(row)
    return found


def _row(group: Group, told: Told) -> tuple[str, ...]:
    new = ", new" if group.level >= Level.WARN and is_new(group, told.spans) else ""
    return told.fit(
        (
            str(group.count),
            f"{level(group)}{new}",
            clock(group.first, told.day),
            clock(group.last, told.day),
            _of(group, told.labels),
            _example(group),
        )
    )


def level(group: Group) -> str:
    """Write a level; one that is guessed with a question mark, and none where nothing tells."""
    if group.sure:
        return group.level.word
    return "" if group.level <= Level.INFO else f"{group.level.word}?"


def _of(group: Group, labels: Mapping[int, str]) -> str:
    """Say in which logs it is: in all, or in whose."""
    if len(group.logs) == len(labels):
        return "all"
    names = [labels.get(log, "") for log, _ in group.logs.most_common(_OF)]
    more = len(group.logs) - len(names)
    return f"{', '.join(names)}{f' +{more}' if more else ''}"


def _example(group: Group) -> str:
    causes = [
        f"{name} {count}" if len(group.causes) > 1 else name
        for name, count in group.causes.most_common(_OF)
    ]
    cause = f" → {', '.join(causes)}"[:60] if causes else ""
    text = f"(of no kind) {group.example}" if group.other else group.example
    return f"{text[: _CELL - len(cause)]}{cause}" if cause else text


def traces(groups: Sequence[Group]) -> Iterator[Block]:
    """Give the traces of the first groups that have one, or their long examples whole."""
    left = _BLOCKS
    for place, group in enumerate(groups, 1):
        if left and group.level is Level.ERROR and (whole := _whole(group)):
            left -= 1
            yield Block(f"of row {place}", fitting(whole, _BLOCK))


def _whole(group: Group) -> list[str]:
    if group.trace is not None and group.trace.lines:
        return [group.example, *group.trace.lines]
    return [group.example] if len(group.example) > _TABLE_CELL else []


def fitting(lines: Sequence[str], most: int) -> str:
    """Join lines up to so many bytes, the first and the last before those between."""
    shown = [neutralise(line) for line in lines]
    sizes = [len(line.encode(errors="replace")) + 1 for line in shown]
    if sum(sizes) <= most:
        return "\n".join(shown)
    begin, room = 0, most * 2 // 3
    while begin < len(shown) and room >= sizes[begin]:
        room -= sizes[begin]
        begin += 1
    end, room = len(shown), room + most // 3 - 40
    while end > begin and room >= sizes[end - 1]:
        room -= sizes[end - 1]
        end -= 1
    if begin == 0:  # one line that is longer than all there is room for
        return shown[0].encode(errors="replace")[: most - 40].decode(errors="ignore") + " …"
    return "\n".join([*shown[:begin], f"… {end - begin} lines left out", *shown[end:]])
