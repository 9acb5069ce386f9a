"""Times as the APIs take and give them."""

import re
from datetime import UTC, datetime

_RELATIVE = re.compile(r"now(?:-(\d+)(s|m|h|d|w|M|y))?")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000}


def read(said: str, now: float) -> float:
    """Read milliseconds, `now-2h` or ISO 8601 as seconds since 1970, or raise ValueError."""
    if re.fullmatch(r"-?\d+", said):
        return int(said) / 1_000
    if found := _RELATIVE.fullmatch(said):
        return now - (int(found[1]) * _UNITS[found[2]] if found[1] else 0)
    at = datetime.fromisoformat(said)
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def millis(moment: float) -> int:
    """Write a moment as the Environment API does."""
    return round(moment * 1_000)


def nanos(moment: float) -> str:
    """Write a moment as Grail does: ISO 8601 with nine digits."""
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}000Z"
