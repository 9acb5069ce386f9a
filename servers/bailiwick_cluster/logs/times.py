"""Moments of logs as they are written: in UTC, with the day where it is not today. Pure."""

from datetime import UTC, datetime

from bailiwick.wording import age

_RECENT = 90.0
"""Seconds within which a log counts as going on."""
_LATEST = 253_402_300_799.0
"""The last moment that there is a calendar for."""


def clock(at: float, now: float) -> str:
    """Write a moment: `12:03:10`, or `11-24 12:03:10` of another day."""
    if not 0 < at <= _LATEST:
        return ""
    when, today = datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(now, UTC)
    if when.date() == today.date():
        return f"{when:%H:%M:%S}"
    return f"{when:%m-%d %H:%M:%S}" if when.year == today.year else f"{when:%Y-%m-%d %H:%M:%S}"


def over(first: float, last: float, now: float) -> str:
    """Write a span: `in the last 14 min`, or from when to when, and how long ago."""
    begin, end = clock(first, now), clock(last, first)
    if not begin or not end:
        return ""
    if 0 <= now - last <= _RECENT:
        return f"in the last {age(max(now - first, 1))}"
    ago = f", {age(now - last)} ago" if now > last else ""
    return f"from {begin} to {end} UTC{ago}"
