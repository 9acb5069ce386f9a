"""Times in a query: written, and read as far as they can be told without running it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_RELATIVE = re.compile(r"(now\(\))?\s*(?:(-)\s*(\d{1,9})\s*([smhdw]))?")
_ABSOLUTE = re.compile(r'(?:toTimestamp\(\s*)?"([^"\\]{10,40})"\s*\)?')
_FRAME = re.compile(r'"([^"\\/]{4,40})/([^"\\/]{4,40})"')


def span(
    times: Iterable[tuple[str, str]], start: float, end: float, now: float
) -> tuple[float, float] | None:
    """Give the widest range that a query may read; None where one of its times cannot be told.

    `start` and `end` are the range that is given beside it; all in seconds since 1970.
    """
    low, high = start, end
    for name, said in times:
        if name == "timeframe":
            frame = _FRAME.fullmatch(said)
            ends = [moment(f'"{part}"', now) for part in frame.groups()] if frame else [None]
        else:
            ends = [moment(said, now)]
        known = [each for each in ends if each is not None]
        if len(known) < len(ends):
            return None
        low, high = min(low, *known), max(high, *known)
    return low, high


def moment(said: str, now: float) -> float | None:
    """Read `-2h`, `now()`, `now() - 2h` or an ISO time as seconds since 1970, None for others."""
    said = said.strip()
    if absolute := _ABSOLUTE.fullmatch(said):
        return _seconds(absolute[1])
    found = _RELATIVE.fullmatch(said)
    if not found or not said:
        return None
    return now - (int(found[3]) * _UNITS[found[4]] if found[2] else 0)


def written(moment: float) -> str:
    """Write seconds since 1970 as an ISO time with milliseconds, in UTC."""
    at = datetime.fromtimestamp(moment, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(said: str) -> float | None:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
