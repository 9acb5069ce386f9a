"""Writes over exactly what was looked at, though controllers report on it all the time."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from bailiwick.errors import Moved
from bailiwick.tool import Plan
from bailiwick_cluster.fingerprint import fingerprint
from bailiwick_cluster.parts import text
from bailiwick_cluster.upstream import Object

T = TypeVar("T")
Mark = Callable[[Object], str]
"""Digests what of an object an approval is bound to."""
VERSION = "version"
"""The note of a plan that holds the resourceVersion to write over."""
_TRIES = 5
"""A failing pod's status is written a few times a second, and a look takes some milliseconds."""


def bound(found: Object, mark: Mark = fingerprint) -> Mapping[str, str]:
    """Return the preconditions of a plan about an object: which one, and what people wrote."""
    return {"uid": text(found, "metadata", "uid"), "fingerprint": mark(found)}


def version(found: Object) -> str:
    """Return the resourceVersion of an object."""
    return text(found, "metadata", "resourceVersion")


async def unmoved(
    plan: Plan,
    look: Callable[[], Awaitable[Object]],
    write: Callable[[str], Awaitable[T]],
    mark: Mark = fingerprint,
) -> T:
    """Write over the resourceVersion that was looked at, or raise Moved.

    Where only what controllers report has changed since, what was agreed to still stands: it is
    then written over what there is now. `write` gets the resourceVersion, and raises Moved where
    the object is no longer at it.
    """
    over = plan.notes[VERSION]
    for _ in range(_TRIES - 1):
        try:
            return await write(over)
        except Moved:
            found = await look()
            if bound(found, mark).items() - plan.preconditions.items():
                raise
            over = version(found)
    return await write(over)
