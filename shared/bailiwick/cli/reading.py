"""Reading the journal is itself recorded: who looked, at what, before anything is shown."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio

from bailiwick.audit.opening import open_journal
from bailiwick.audit.record import JSON, Entry, Outcome, stamp
from bailiwick.cli.terminal import warn
from bailiwick.cli.witness import actor
from bailiwick.config import Settings
from bailiwick.errors import BadConfig, BadRequest, Unrecorded
from bailiwick.identity.local import local_principal
from bailiwick.shaping.fence import inline

_AGO = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def place(settings: Settings, path: Path | None) -> Path:
    """Return the journal's folder, or raise BadConfig: nothing is made by looking."""
    journal = path or settings.journal_path
    if not journal.is_dir():
        raise BadConfig(f"there is no journal at {journal}")
    return journal


def recorded(
    settings: Settings,
    journal: Path,
    event: str,
    data: Mapping[str, JSON],
    outcome: Outcome = "success",
) -> None:
    """Write down a reading by this user; go on with a warning where that cannot be done.

    Nothing is written into a copy: whoever holds one must be able to verify it as it is.
    """
    if journal.resolve() != settings.journal_path.resolve():
        warn(f"{journal} is not this installation's journal; this reading is not recorded")
        return
    who = replace(local_principal(settings.identity.local), client="audit")
    entry = Entry(event, "single", "", outcome, {**data, "actor": actor(who)})
    try:
        anyio.run(_write, settings, entry)
    except Unrecorded as error:
        warn(f"this reading is not recorded: {error.detail}")


async def _write(settings: Settings, entry: Entry) -> None:
    async with open_journal(settings, "audit", reserve=False) as writer:
        await writer.write(entry, durable=True)


def when(text: str, now: datetime) -> str:
    """Read `2026-11-24T13:00`, or `2h` for two hours ago; return it as records have it."""
    if not text:
        return ""
    if ago := _AGO.fullmatch(text):
        return stamped(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        told = "a time is written 2026-11-24T13:00 (UTC), or 30m, 2h, 7d for ago"
        raise BadRequest(f"{told}; not {inline(text, 40)!r}") from error
    return stamped(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def stamped(moment: datetime) -> str:
    """Write a time as records have it."""
    whole = int(moment.replace(microsecond=0).timestamp())
    return stamp((whole * 1_000_000 + moment.microsecond) * 1_000)
