"""Times as people write them, and windows: from when to when, and how many points."""

import math
import re
from datetime import UTC, datetime

from bailiwick.errors import BadRequest
from bailiwick_observability.models.metrics import Window

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_RELATIVE = re.compile(r"(?:now)?\s*(?:([+-])?\s*((?:\d{1,9}(?:ms|[smhdwy]))+))?")
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_EPOCH = re.compile(r"\d{9,11}(\.\d+)?|\d{13}")
_NICE = (
    1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1_200, 1_800, 3_600,
    7_200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
)  # fmt: skip
"""Steps in seconds that people recognise."""
_LAST = 253_370_764_800.0
"""The year 9999: beyond it no calendar here goes."""
_EARLIEST = 946_684_800.0
"""The year 2000: before that nothing was measured here."""
HOW = "write -6h, now-1h, 2026-11-24T10:00Z or seconds since 1970"


def duration(text: str) -> float:
    """Read `1h30m` as seconds, or raise BadRequest."""
    if not re.fullmatch(r"(?:\d{1,9}(?:ms|[smhdwy]))+", text):
        raise BadRequest(f"{text[:40]!r} is no duration; write 15s, 5m, 2h or 1d")
    return sum(int(count) * UNITS[unit] for count, unit in _PART.findall(text))


def moment(text: str, now: float) -> float:
    """Read a time as seconds since 1970, or raise BadRequest. `5m` means five minutes ago."""
    at = _moment(text.strip(), now)
    if not 0 <= at < _LAST:
        raise BadRequest(f"{text.strip()[:40]!r} is not between the years 1970 and 9999; {HOW}")
    return at


def _moment(said: str, now: float) -> float:
    if _EPOCH.fullmatch(said):
        value = float(said)
        return value / 1_000 if len(said) == 13 else value
    if said and (found := _RELATIVE.fullmatch(said)):
        sign = -1 if (found[1] or "-") == "-" else 1
        return now + sign * (duration(found[2]) if found[2] else 0)
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadRequest(f"{said[:40]!r} is no time; {HOW}") from error
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def between(start: str, end: str, now: float, usual: float = 3_600) -> Window:
    """Read a window, or raise BadRequest for one that cannot hold anything."""
    last = moment(end, now) if end else now
    first = moment(start, now) if start else last - usual
    if first > now + 60:
        raise BadRequest("the range lies in the future; nothing is measured there yet")
    if first < _EARLIEST:
        raise BadRequest(f"the range starts before the year 2000; {HOW}")
    last = min(last, now)
    if last - first < 1:
        raise BadRequest("the range ends before it starts, or at once; give start before end")
    return Window(first, last)


def stepped(window: Window, step: str, points: int) -> Window:
    """Choose the distance of points: as asked, but no more than 11 000; else a round one."""
    if step:
        asked = max(duration(step), 0.001)
        least = window.seconds / 10_999
        return Window(window.start, window.end, max(asked, math.ceil(least * 1_000) / 1_000))
    least = window.seconds / max(points - 1, 1)
    return Window(window.start, window.end, next((s for s in _NICE if s >= least), _NICE[-1]))


def clock(at: float, now: float | None = None) -> str:
    """Write a time in UTC: `14:05:30`, with the date where it is not today's."""
    if not at or not 0 <= at < _LAST:  # nor NaN, nor what a source makes up
        return "-"
    there = datetime.fromtimestamp(at, UTC)
    same = now is None or there.date() == datetime.fromtimestamp(now, UTC).date()
    said = there.strftime("%H:%M:%S" if there.second else "%H:%M")
    return said if same else f"{there:%Y-%m-%d} {said}"


def ago(seconds: float) -> str:
    """Write a length of time in its two largest units: `2h10m`, `45s`, `3d4h`."""
    if not math.isfinite(seconds):
        return "-"
    left, said = max(round(seconds), 0), ""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            said += f"{count}{unit}"
        elif said:
            break
        if sum(c.isalpha() for c in said) == 2:
            break
    return said or "0s"


def span(window: Window, now: float) -> str:
    """Write a window in UTC: `08:00-14:00 UTC`; to the second only where it is short."""
    fine = 1 if window.seconds < 900 else 60
    start, end = (round(at // fine) * fine for at in (window.start, window.end))
    return f"{clock(start, now)}-{clock(end, now)} UTC"


def minute(at: float, now: float) -> str:
    """Write a time in UTC to the minute."""
    return clock(at // 60 * 60, now) if math.isfinite(at) else "-"
