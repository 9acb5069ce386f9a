"""Moments as searches name them: relative, snapped, in seconds since 1970, ISO 8601 or as dates."""

import re
from datetime import UTC, datetime, timedelta

from practice.splunk.spl.values import Malformed

UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
    **dict.fromkeys(("mon", "month", "months"), "mon"),
    **dict.fromkeys(("y", "yr", "year", "years"), "y"),
}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
PART = re.compile(r"([+-])(\d*)([a-z]+)|@([a-z]+)([0-7]?)", re.IGNORECASE)
DATES = ("%m/%d/%Y:%H:%M:%S", "%m/%d/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


def unit(word: str) -> str:
    """Give the short name of a unit of time."""
    found = UNITS.get(word.lower())
    if found is None:
        raise Malformed(f"Invalid value '{word}' for time term")
    return found


def seconds(span: str) -> float:
    """Take a span such as `5m`, `1h` or `30` as seconds."""
    found = re.fullmatch(r"(\d+)([A-Za-z]*)", span.strip())
    if not found or not int(found[1]):
        raise Malformed(f"The value for option span ({span}) is invalid.")
    short = unit(found[2] or "s")
    return int(found[1]) * {**SECONDS, "mon": 2_592_000, "y": 31_536_000}[short]


def parse(text: str, now: float) -> float:
    """Take a moment as seconds since 1970; `Malformed` if it is none."""
    text = text.strip().strip('"')
    if text in {"now", "now()", ""}:
        return now
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if text[0] in "+-@":
        return _relative(text, now)
    return _date(text)


def _date(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        for form in DATES:
            try:
                found = datetime.strptime(text, form).replace(tzinfo=UTC)
                break
            except ValueError:
                continue
        else:
            raise Malformed(f'Invalid value "{text}" for time term') from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _relative(text: str, now: float) -> float:
    at, place = now, 0
    while place < len(text):
        found = PART.match(text, place)
        if not found:
            raise Malformed(f'Invalid value "{text}" for time term')
        if found[1]:
            at = _shift(at, int(found[1] + (found[2] or "1")), unit(found[3]))
        else:
            at = _snap(at, unit(found[4]), found[5])
        place = found.end()
    return at


def _shift(at: float, count: int, short: str) -> float:
    if short in SECONDS:
        return at + count * SECONDS[short]
    moment = datetime.fromtimestamp(at, UTC)
    month = moment.month - 1 + count * (12 if short == "y" else 1)
    year = moment.year + month // 12
    # Day 28 exists in every month: nearer than that, nothing here depends on it.
    return moment.replace(year=year, month=month % 12 + 1, day=min(moment.day, 28)).timestamp()


def _snap(at: float, short: str, weekday: str) -> float:
    if short in {"s", "m", "h", "d"}:
        return at - at % SECONDS[short]
    moment = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if short == "w":
        back = (moment.isoweekday() - int(weekday or 0)) % 7
        return (moment - timedelta(days=back)).timestamp()
    first = moment.replace(day=1)
    return (first if short == "mon" else first.replace(month=1)).timestamp()
