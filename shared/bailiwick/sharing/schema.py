"""The tables that replicas share: made once, moved on by the first replica of a newer version.

A migration only adds, so that replicas of the version before go on during an upgrade, and can be
gone back to. `LEAST` is the oldest version of this list that can still work on the newest tables.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Protocol

from bailiwick.errors import BadConfig

_LOCK = 0x6261696C6977
"""Held while tables are made or moved on."""

_META = """
CREATE TABLE IF NOT EXISTS bailiwick_meta (name text PRIMARY KEY, value text NOT NULL)
"""
_FIRST = """
CREATE TABLE bailiwick_approvals (
  id text PRIMARY KEY, server text NOT NULL, asked text NOT NULL, needs text NOT NULL,
  issuer text NOT NULL, subject text NOT NULL, client text NOT NULL, tool text NOT NULL,
  digest text NOT NULL, seen text NOT NULL, effect text NOT NULL, arguments text NOT NULL,
  approvers text NOT NULL, created double precision NOT NULL, expires double precision NOT NULL,
  state text NOT NULL, verdict_by text, verdict_groups text, verdict_at double precision,
  verdict_reason text, call text, used_at double precision
);
CREATE INDEX bailiwick_approvals_exact ON bailiwick_approvals (digest, seen, state);
CREATE INDEX bailiwick_approvals_newest ON bailiwick_approvals (created);
CREATE TABLE bailiwick_plans (
  id text PRIMARY KEY, owner text NOT NULL, cluster text NOT NULL,
  created double precision NOT NULL, expires double precision NOT NULL, used double precision,
  undo text NOT NULL DEFAULT '', sealed bytea NOT NULL
);
CREATE INDEX bailiwick_plans_expire ON bailiwick_plans (expires);
CREATE TABLE bailiwick_spent (
  day text NOT NULL, principal text NOT NULL, unit text NOT NULL, amount double precision NOT NULL,
  PRIMARY KEY (day, principal, unit)
);
CREATE TABLE bailiwick_streams (
  stream text PRIMARY KEY, seq bigint NOT NULL, segment integer NOT NULL, place bigint NOT NULL,
  hash text NOT NULL
);
CREATE TABLE bailiwick_records (
  stream text NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL, event text NOT NULL,
  phase text NOT NULL, outcome text NOT NULL, call text NOT NULL, issuer text NOT NULL,
  subject text NOT NULL, client text NOT NULL, server text NOT NULL, tool text NOT NULL,
  resource text[] NOT NULL, approval text NOT NULL, bundle text NOT NULL, hash text NOT NULL,
  record text NOT NULL, PRIMARY KEY (stream, seq)
);
CREATE INDEX bailiwick_records_at ON bailiwick_records (at);
CREATE INDEX bailiwick_records_subject ON bailiwick_records (subject, at);
CREATE INDEX bailiwick_records_tool ON bailiwick_records (tool, at);
CREATE INDEX bailiwick_records_call ON bailiwick_records (call);
CREATE INDEX bailiwick_records_resource ON bailiwick_records USING gin (resource);
"""
MIGRATIONS = (_FIRST,)
"""The nth takes the tables from version n to n + 1."""
VERSION = len(MIGRATIONS)
LEAST = 1
KEY_SECONDS = 60
"""A key is given up for another's once no replica that has it has been seen for so long."""

Row = Mapping[str, Any]


class Link(Protocol):
    """What is used of a connection."""

    async def fetch(self, query: str, *values: Any) -> list[Row]:
        """Return all rows."""
        ...

    async def fetchrow(self, query: str, *values: Any) -> Row | None:
        """Return the first row."""
        ...

    async def execute(self, query: str, *values: Any) -> str:
        """Return the command's tag: what was done, and to how many rows."""
        ...

    async def executemany(self, query: str, values: list[tuple[Any, ...]]) -> None:
        """Do the same with each of many values."""
        ...

    def transaction(self) -> Any:
        """Return a transaction, for `async with`."""
        ...


class SchemaRefused(BadConfig):
    """The tables, or the key they were made with, are not this replica's."""


def key_mark(key: bytes) -> str:
    """Name a key without telling it: two replicas with different keys must notice."""
    return hmac.digest(key, b"bailiwick shared key 1", hashlib.sha256).hex()[:16]


async def prepare(link: Link, mark: str) -> None:
    """Make the tables or move them on where that is due. Raises SchemaRefused.

    Where nothing is due nothing is locked, and no right to make tables is needed. The key is that
    of the first replica, until none that has it has been seen for a while.
    """
    known = await _known(link)
    if int(known.get("version", "0")) < VERSION or known.get("key") != mark:
        async with link.transaction():
            await link.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            known = await _moved_on(link, await _known(link), mark)
    if int(known["least"]) > VERSION:
        raise SchemaRefused(
            f"the database is of a newer version ({known['version']}; this replica knows"
            f" {VERSION}): upgrade it"
        )
    if known["key"] != mark:
        raise SchemaRefused("shared.key_file is not the key that the other replicas have")


async def seen(link: Link, mark: str) -> bool:
    """Say that a replica with this key is alive; False where the key is another by now."""
    await link.execute(
        "UPDATE bailiwick_meta SET value = extract(epoch FROM now())::bigint::text"
        " WHERE name = 'key_at' AND value::bigint < extract(epoch FROM now()) - $1::bigint"
        " AND EXISTS (SELECT FROM bailiwick_meta WHERE name = 'key' AND value = $2)",
        *(KEY_SECONDS // 3, mark),
    )
    row = await link.fetchrow("SELECT value FROM bailiwick_meta WHERE name = 'key'")
    return row is not None and row["value"] == mark


async def _known(link: Link) -> dict[str, str]:
    """Read what the tables say of themselves, and the database's own time."""
    there = await link.fetchrow("SELECT to_regclass('bailiwick_meta') IS NOT NULL AS there")
    if there is None or not there["there"]:
        return {}
    rows = await link.fetch(
        "SELECT name, value FROM bailiwick_meta"
        " UNION ALL SELECT 'now', extract(epoch FROM now())::bigint::text"
    )
    return {row["name"]: row["value"] for row in rows}


async def _moved_on(link: Link, known: dict[str, str], mark: str) -> dict[str, str]:
    if not known:
        # Another replica may have made it while we waited for the lock, and our session not heard.
        await link.execute(_META)
        known = await _known(link)
    found = int(known.get("version", "0"))
    for migration in MIGRATIONS[found:]:
        await link.execute(migration)
    told = {"version": str(VERSION), "least": str(LEAST)} if found < VERSION else {}
    now, last = int(known["now"]), int(known.get("key_at", "0"))
    if "key" not in known or now - last > KEY_SECONDS:
        told |= {"key": mark, "key_at": str(now)}
    for name, value in told.items():
        await link.execute(
            "INSERT INTO bailiwick_meta VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            *(name, value),
        )
    return known | told
