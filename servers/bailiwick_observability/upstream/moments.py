"""Times as APIs write them."""

from datetime import UTC, datetime
from typing import Any

_NEVER = 0.0


def seconds(said: Any) -> float:
    """Read an RFC 3339 time as seconds since 1970; 0 for none, and for Go's zero time."""
    if isinstance(said, int | float):
        return float(said)
    if not isinstance(said, str) or said.startswith("0001-"):
        return _NEVER
    whole, dot, rest = said.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))] if dot else ""
    zone = rest[len(digits) :] if dot else ""
    text = f"{whole}.{digits[:6]:0<6}{zone}" if digits else said
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _NEVER
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def rfc3339(moment: float) -> str:
    """Write seconds since 1970 as RFC 3339 in UTC, milliseconds only where there are any."""
    at = datetime.fromtimestamp(moment, UTC)
    precise = "milliseconds" if at.microsecond else "seconds"
    return at.isoformat(timespec=precise).replace("+00:00", "Z")
