"""What the rest of the core knows of the journal: one Protocol."""

from typing import Protocol

from bailiwick.audit.record import Entry


class Journal(Protocol):
    """Somewhere entries go. Raising stops the call: no record, no act."""

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        """Record `entry`; with `durable`, return only once it survives a power cut.

        `reserve` lets the record use the space kept back for a full disk: outcomes of calls that
        have begun, nothing else. Raises Unrecorded.
        """
        ...

    def ready(self) -> str:
        """Return "" when a record would be accepted now, else why not."""
        ...
