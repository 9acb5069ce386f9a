"""A plan as a row of a store: what all stores write alike."""

import hashlib
from typing import Any, Protocol

from pydantic import ValidationError

from bailiwick.errors import Unreadable
from bailiwick_cluster.changing.plans import StoredPlan
from bailiwick_cluster.changing.sealing import opened
from bailiwick_cluster.changing.step import Change

REMEMBERED = 3_600.0
"""Seconds for which an expired plan is still told from one that never was."""
AWAY = "the store of plans cannot be used; no change is prepared or made"


class Row(Protocol):
    """A row of any driver."""

    def __getitem__(self, name: str, /) -> Any:
        """Return a column."""
        ...


def bound(plan: str, owner: str) -> str:
    """Bind contents to their row: what is sealed for one plan or person opens for no other."""
    return f"bailiwick plan 1\n{plan}\n{owner}"


def stored(key: bytes, row: Row) -> StoredPlan:
    """Open a row, or raise Unreadable."""
    plain = opened(key, row["sealed"], bound(row["id"], row["owner"]))
    try:
        change = Change.model_validate_json(plain)
    except ValidationError as error:  # of another version of this server
        raise Unreadable("a stored plan is of another version; preview again") from error
    return StoredPlan(
        id=row["id"],
        owner=row["owner"],
        created=row["created"],
        expires=row["expires"],
        change=change,
        digest=hashlib.sha256(plain).hexdigest(),
        used=row["used"] or 0.0,
        undo=row["undo"],
    )
