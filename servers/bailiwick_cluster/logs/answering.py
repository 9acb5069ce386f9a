"""From what was read to an answer: a first line of ours, then groups or lines. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.wording import many
from bailiwick_cluster.logs.choice import is_new, ordered, shown
from bailiwick_cluster.logs.gathering import Gathered
from bailiwick_cluster.logs.groups import Group
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.merging import merged
from bailiwick_cluster.logs.sources import Unread, some
from bailiwick_cluster.logs.telling import Told, rows, traces
from bailiwick_cluster.logs.times import clock, over

LINES = 80
"""Lines that are shown at most where they are not grouped."""
_GROUPS = 15


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, in our own words: `whole` names it, `call` repeats the tool call."""

    whole: str
    call: str
    pods: int
    least: Level = Level.DEBUG
    since: str = ""
    pattern: bool = False
    previous: bool = False
    raw: bool = False

    @property
    def who(self) -> str:
        """Name the pods: `Pod shop/x`, `3 pods of Deployment shop/payments`."""
        alone = self.whole.startswith("Pod ")
        return self.whole if alone else f"{many(self.pods, 'pod')} of {self.whole}"


@dataclass(slots=True)
class Beside:
    """What is told beside the groups: logs that were not read, and how failed ones ended.

    `crashed` names pods that were restarted after a failure, `ended` says how the last one did.
    """

    unread: Unread
    ends: list[Block] = field(default_factory=list[Block])
    crashed: list[str] = field(default_factory=list[str])
    ended: str = ""


def answer(asked: Question, read: Gathered, beside: Beside, now: float) -> Answer:
    """Write the answer."""
    if asked.raw:
        return _raw(asked, read, beside, now)
    groups = [each for each in read.grouping.groups if each.level >= asked.least]
    groups = ordered(groups, read.spans)
    told = Told(read.labels, read.spans)
    picked = shown(groups, _GROUPS)
    table = rows(picked, told)
    quiet = sum(group.count for group in read.grouping.groups if group.level < asked.least)
    return Answer(
        _says(asked, read, groups, now) + _crashes(beside),
        Table(told.columns, table, "container logs") if table else None,
        blocks=(*traces(picked[: len(table)]), *beside.ends),
        total=len(groups) if groups else None,
        notes=(
            *_new(groups, read, now),
            *([f"{many(quiet, 'record')} below that level are left out"] if quiet else []),
            *_gaps(asked, read, beside),
            *_next(asked, groups, len(table), beside),
        ),
    )


def _says(asked: Question, read: Gathered, groups: Sequence[Group], now: float) -> str:
    """Answer in one line: who logs errors, how many, of how many kinds, since when."""
    if not read.lines:
        return _silence(asked, read)
    when = _when(read, now)
    run = "before its last restart, " if asked.previous else ""
    fits = " that match" if asked.pattern else ""
    bad = [group for group in groups if group.level is Level.ERROR]
    warned = [group for group in groups if group.level is Level.WARN]
    if bad:
        logs = {read.sources[log].pod.name for group in bad for log in group.logs}
        whose = f"{len(logs)} of {asked.who}" if asked.pods > 1 else asked.who
        verb = "log" if len(logs) > 1 else "logs"
        return f"{run}{whose} {verb} errors{fits}: {_sum(bad, 'error')}{when}"
    if not groups:
        what = "nothing matches" if asked.pattern else f"nothing at level {asked.least.word}"
        return f"{run}{what} in {many(read.lines, 'line')} of {asked.who}{when}"
    but = f"but {_sum(warned, 'warning')} " if warned else "and no warnings "
    return f"{run}no errors{fits} {but}in {many(read.lines, 'line')} of {asked.who}{when}"


def _crashes(beside: Beside) -> str:
    if not beside.crashed:
        return f"; it failed: {beside.ended}" if beside.ended else ""
    return f"; {many(len(beside.crashed), 'pod')} restarted, last {beside.ended}"


def _sum(groups: Sequence[Group], what: str) -> str:
    return f"{many(sum(g.count for g in groups), what)} of {many(len(groups), 'kind')}"


def _silence(asked: Question, read: Gathered) -> str:
    since = f" in the last {asked.since}" if asked.since else ""
    if not asked.pods:
        return f"{asked.whole} has no pods now, so there are no logs"
    if any(not reading.refused for reading in read.readings):
        return f"{asked.who}: no lines{since}"
    run = "log of a run before" if asked.previous else "log"
    return f"{asked.who}: no {run} can be read"


def _when(read: Gathered, now: float) -> str:
    spans = [span for span in read.spans.values() if span.first]
    if not spans:
        return ""
    return " " + over(min(s.first for s in spans), max(s.last for s in spans), now)


def _new(groups: Sequence[Group], read: Gathered, now: float) -> list[str]:
    """Tell what began while the logs were going on: what changed is what one looks for."""
    new = [each for each in groups if each.level is Level.ERROR and is_new(each, read.spans)]
    if not new:
        return []
    begun = min(group.first for group in new)
    start = min(span.first for span in read.spans.values() if span.first)
    kinds = many(len(new), "kind")
    when = f"{clock(begun, now)} UTC or later, the logs read at {clock(start, now)}"
    return [f"{kinds} of errors began at {when}"]


def _gaps(asked: Question, read: Gathered, beside: Beside) -> list[str]:
    """Say what was not looked at."""
    told = read.notes(beside.unread)
    if read.fallen_back:
        names = some(read.fallen_back)
        told.insert(0, f"shown is the run before, as the present one says nothing: {names}")
    if asked.since and not read.lines:
        told.append("without `since` there may be older lines")
    return told


def _next(asked: Question, groups: Sequence[Group], rows_: int, beside: Beside) -> list[str]:
    """Offer the next step as a call."""
    steps: list[str] = []
    if rows_ < len(groups):
        steps.append("for the rest narrow with level, pattern, since or container")
    if any(not each.sure and each.level >= Level.WARN for each in groups):
        steps.append("`?` marks a level guessed from words")
    if any(group.level is Level.ERROR for group in groups):
        steps.append(f'lines themselves: read_logs({asked.call}, level="error", raw=true)')
    if beside.crashed and not asked.previous:
        names = some(beside.crashed)
        steps.append(f"restarted: {names}; runs before: read_logs({asked.call}, previous=true)")
    return steps


def _raw(asked: Question, read: Gathered, beside: Beside, now: float) -> Answer:
    """Show lines as they are, the newest last."""
    found = merged(read.streams, read.labels, LINES)
    total = sum(stream.offered for stream in read.streams)
    if not found.shown:
        says = _says(asked, read, [], now) if read.lines else _silence(asked, read)
        says += _crashes(beside)
        return Answer(says, blocks=tuple(beside.ends), notes=tuple(_gaps(asked, read, beside)))
    left = total - found.shown
    begin = f"each line begins with time and pod, without {found.prefix}" if found.prefix else ""
    alone = len(read.labels) == 1
    notes = [
        *([begin] if begin and not alone else []),
        *(
            [f"{many(left, 'older line')} left out; narrow with since, pattern, level, container"]
            if left > 0
            else []
        ),
        *_gaps(asked, read, beside),
    ]
    which = "lines that match" if asked.pattern or asked.least > Level.DEBUG else "lines"
    share = f"the newest {found.shown} of {total} {which}" if left > 0 else f"{total} {which}"
    return Answer(
        f"{share} of {asked.who}{_when(read, now)}",
        blocks=(Block("container logs", found.text),),
        notes=tuple(notes),
    )
