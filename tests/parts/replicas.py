"""What replicas share, made for one test: a corner of a PostgreSQL, keys, and faults."""

import importlib
import secrets
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio

from bailiwick.config import SharedSettings
from bailiwick.sharing.database import Database
from practice import postgres as databases
from practice import redis as counters
from practice.postgres import Postgres
from practice.redis import Redis
from practice.steps import Steps

KEY = b"k" * 32
QUIET = Steps(quiet=True)


def sql(known: Postgres, *statements: str) -> None:
    """Do something as the database's administrator."""

    async def run() -> None:
        async with administrator(known) as link:
            for statement in statements:
                await link.execute(statement)

    anyio.run(run)


@asynccontextmanager
async def administrator(known: Postgres) -> AsyncGenerator[Any]:
    """Be connected as the administrator."""
    package: Any = importlib.import_module("asyncpg")
    link = await package.connect(known.url)
    try:
        yield link
    finally:
        await link.close()


def shared(known: Postgres, folder: Path, **more: Any) -> SharedSettings:
    """Configure a corner of the database that nothing has been written into."""
    corner = f"t{secrets.token_hex(6)}"
    sql(known, f"CREATE SCHEMA {corner}")
    return among(folder, known.to("postgres", known.password, search_path=corner), **more)


def among(folder: Path, url: str, *, key: bytes = KEY, **more: Any) -> SharedSettings:
    """Mount the files of a replica."""
    folder.mkdir(parents=True, exist_ok=True)
    address, key_file = folder / "database", folder / "shared.key"
    address.write_text(url + "\n")
    key_file.write_bytes(key)
    key_file.chmod(0o600)
    return SharedSettings(database_file=address, key_file=key_file, **more)


def corner(settings: SharedSettings) -> str:
    """Name the schema that a configuration leads to."""
    assert settings.database_file is not None
    return settings.database_file.read_text().strip().rpartition("=")[2]


@asynccontextmanager
async def opened(settings: SharedSettings, key: bytes = KEY) -> AsyncGenerator[Database]:
    """Open a replica's database."""
    made = Database.of(settings, key)
    try:
        yield made
    finally:
        await made.close()


@contextmanager
def without(known: Postgres) -> Generator[None]:
    """Kill the database for a while."""
    databases.kill(known)
    try:
        yield
    finally:
        databases.again(known, QUIET)


@contextmanager
def uncounted(known: Redis) -> Generator[None]:
    """End the store of rates for a while."""
    counters.end(known)
    try:
        yield
    finally:
        counters.again(known, QUIET)
