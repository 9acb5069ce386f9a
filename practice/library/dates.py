"""Dates in documents, told from the ground's minute: `{{-12d}}`, and `{{-9d mail}}` in mail."""

import re
from datetime import datetime, timedelta
from email.utils import format_datetime

_MARK = re.compile(r"\{\{([+-]\d+)d( mail)?\}\}")
AGE = 20
"""Days since a document was written that does not say it."""


def dated(text: str, now: datetime) -> str:
    """Write all dates out."""

    def written(found: "re.Match[str]") -> str:
        when = now + timedelta(days=int(found[1]))
        return format_datetime(when) if found[2] else when.date().isoformat()

    return _MARK.sub(written, text)


def age(text: str) -> int:
    """Give the days since a document was written: the first date of the past that it has."""
    return next((-int(each[1]) for each in _MARK.finditer(text) if each[1].startswith("-")), AGE)
