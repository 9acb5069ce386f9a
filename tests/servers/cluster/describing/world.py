"""Objects of a small namespace, and the summary of one of them as a test sees it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.summaries import summary
from bailiwick_cluster.describing.wanted import Single
from bailiwick_cluster.upstream import Object

NOW = datetime(2026, 1, 2, tzinfo=UTC).timestamp()
HOUR_AGO = "2026-01-01T23:00:00Z"
DAY_AGO = "2026-01-01T00:00:00Z"


def around(
    there: Sequence[tuple[str, str]] = (), missing: Sequence[tuple[str, str]] = (), **found: Any
) -> Around:
    """Say what was read: lists by kind, and whether named objects are there."""
    known: dict[Single, Object | None] = {Single(*each): {} for each in there}
    known |= dict.fromkeys((Single(*each) for each in missing), None)
    return Around(NOW, dict(found), known)


def told(kind: str, found: Object, near: Around | None = None) -> tuple[str, str]:
    """Return the headline of an object and the lines of its summary."""
    headline, lines = summary(kind, found, near or around())
    assert "\n" not in headline
    assert not any("\n" in line for line in lines)
    return headline, "\n".join(lines)
