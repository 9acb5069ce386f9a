"""Schedules of CronJobs: when one should have run last (crontab(5), as robfig/cron reads it). Pure.

Five fields: minute, hour, day of the month, month, day of the week; lists, ranges, steps, names,
`@hourly` and its like. Where both days are restricted, either one will do. Not known: `@every`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_PART = re.compile(r"(\*|\?|[0-9a-z]{1,3})(?:-([0-9a-z]{1,3}))?(?:/([0-9]{1,2}))?")
_LONGEST = 366 * 8
"""Days looked back: the 29th of February may be eight years apart."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule, read: the values that each field allows, and whether a day field is free."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def before(self, now: float, zone: tzinfo = UTC) -> float:
        """Return the last time at or before `now` (seconds) that it names, or 0."""
        at = datetime.fromtimestamp(now, zone)
        for back in range(_LONGEST):
            day = at.date() - timedelta(days=back)
            if not self._on(day.month, day.day, (day.weekday() + 1) % 7):
                continue
            for hour in reversed(self.hours):
                for minute in reversed(self.minutes):
                    made = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    if made.timestamp() <= now:
                        return made.timestamp()
        return 0.0

    def _on(self, month: int, day: int, weekday: int) -> bool:
        if month not in self.months:
            return False
        if self.any_day or self.any_weekday:
            return day in self.days and weekday in self.weekdays
        return day in self.days or weekday in self.weekdays


def schedule(said: str) -> Schedule | None:
    """Read a schedule; None of what is none, or not one that is understood here."""
    given = said.strip().lower()
    fields = _MACROS.get(given, given).split()
    if len(fields) != len(_BOUNDS):
        return None
    read = [
        _field(text, low, high, names)
        for text, (low, high), names in zip(
            fields, _BOUNDS, ((), (), (), _MONTHS, _DAYS), strict=True
        )
    ]
    if not all(read):
        return None
    minutes, hours, days, months, weekdays = read
    return Schedule(
        tuple(sorted(minutes)),
        tuple(sorted(hours)),
        frozenset(days),
        frozenset(months),
        frozenset(weekdays),
        fields[2][0] in "*?",
        fields[4][0] in "*?",
    )


def _field(said: str, low: int, high: int, names: tuple[str, ...]) -> set[int]:
    """Return the values a field allows; none where it cannot be read."""
    found: set[int] = set()
    for part in said.split(","):
        read = _PART.fullmatch(part)
        if read is None:
            return set()
        first, last, step = read.groups()
        every = int(step) if step else 1
        free = first in "*?"
        begin = low if free else _value(first, low, names)
        end = _end(last, begin, high, names, open_=free or bool(step))
        if (
            begin is None
            or end is None
            or not every
            or not low <= begin <= end <= high + (high == 6)
        ):
            return set()
        found.update(value % 7 if high == 6 else value for value in range(begin, end + 1, every))
    return found


def _end(
    last: str | None,
    begin: int | None,
    high: int,
    names: tuple[str, ...],
    *,
    open_: bool,
) -> int | None:
    if last:
        return _value(last, 0, names)
    return high if open_ else begin


def _value(said: str, low: int, names: tuple[str, ...]) -> int | None:
    if said in names:
        return list(names).index(said) + (low or 0)
    return int(said) if said.isascii() and said.isdigit() else None


def zone(name: str) -> tzinfo | None:
    """Return a time zone by its name; UTC of none, None of one that is not known."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
