"""Filters as callers write them."""

from collections.abc import Sequence

from bailiwick_retrieval.dates import moment
from bailiwick_retrieval.models.index import Filter


def filtered(
    path: str,
    formats: Sequence[str] | None,
    tags: Sequence[str] | None,
    updated_after: str | None,
    now: float,
) -> Filter:
    """Make the filter, or raise BadRequest."""
    return Filter(
        under=path.lstrip("/"),
        formats=tuple(formats or ()),
        tags=tuple(tags or ()),
        updated_after=moment(updated_after, now) if updated_after else None,
    )
