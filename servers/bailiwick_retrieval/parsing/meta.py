"""What a document says about itself, from front matter, fields or properties, as `Meta`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

from bailiwick_retrieval.models.parsed import Meta

MOST = 200
"""Longest value, in characters."""
MOST_VALUES = 100
NOBODY = "what it says of its readers is not understood: nobody may read it"

_TITLE = ("title",)
_TAGS = ("tags", "keywords", "labels")
_READERS = ("readers",)
_UPDATED = ("updated", "last_updated", "last_modified", "modified", "lastmod", "date")
_STATUS = ("status",)
_SUPERSEDED = ("superseded_by", "replaced_by")
_REVIEW = ("review_by", "next_review", "review_date", "expires")
_ALERTS = ("alerts", "alert")
_LANGUAGE = ("language", "lang")


def from_mapping(raw: Mapping[Any, Any]) -> tuple[Meta, tuple[str, ...]]:
    """Read the words that we know; keys in any case, with `-` or `_`. Notes say what is wrong."""
    known = {str(key)[:64].strip().lower().replace("-", "_"): value for key, value in raw.items()}
    notes: list[str] = []
    found = Meta(
        title=_words(_first(known, _TITLE)),
        tags=_listed(_first(known, _TAGS)),
        readers=_readers(known, notes),
        updated=moment(_first(known, _UPDATED)),
        status=_status(known),
        superseded_by=_words(_first(known, _SUPERSEDED)),
        review_by=moment(_first(known, _REVIEW)),
        alerts=_listed(_first(known, _ALERTS)),
        language=_words(_first(known, _LANGUAGE))[:35],
    )
    return found, tuple(notes)


def _first(known: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((known[name] for name in names if known.get(name) is not None), None)


def _words(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        return ""
    if isinstance(value, int) and value.bit_length() > 64:
        return ""
    return " ".join(str(value).split())[:MOST]


def _listed(value: Any) -> tuple[str, ...]:
    many: Sequence[Any] = (
        value.replace(";", ",").split(",") if isinstance(value, str) else _sequence(value)
    )
    found = (_words(each) for each in many[:MOST_VALUES])
    return tuple(dict.fromkeys(each for each in found if each))


def _sequence(value: Any) -> Sequence[Any]:
    return cast("Sequence[Any]", value) if isinstance(value, list | tuple) else ()


def _status(known: Mapping[str, Any]) -> str:
    said = _words(_first(known, _STATUS))
    if said:
        return said
    return next(
        (name for name in ("draft", "deprecated", "archived") if known.get(name) is True), ""
    )


def _readers(known: Mapping[str, Any], notes: list[str]) -> tuple[str, ...] | None:
    """Who may read it. What is not understood lets nobody, never everybody."""
    if not any(name in known for name in _READERS):
        return None
    value = _first(known, _READERS)
    many = value.split(",") if isinstance(value, str) else _sequence(value)
    names = [each.strip() for each in many if isinstance(each, str) and each.strip()]
    odd = len(names) != len(many) or not (value == [] or names)
    if odd or len(names) > MOST_VALUES or any(len(name) > MOST for name in names):
        notes.append(NOBODY)
        return ()
    return tuple(dict.fromkeys(names))


def moment(value: Any) -> float | None:
    """Read a date or an ISO 8601 time as seconds since 1970; without a zone it is UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip()[:40].replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError, OSError):
        return None


def nobody() -> Meta:
    """Let nobody read a document whose front matter cannot be read."""
    return Meta(readers=())
