"""What tests share: the event loop, and the practice ground that integration tests stand on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from practice import postgres as databases
from practice import redis as counters
from practice.facts import Ground
from practice.ground import down, find, up
from practice.postgres import Postgres
from practice.redis import Redis
from practice.steps import Steps

# How fast a machine is, and what else it does, says nothing of a law.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")

SLOW = frozenset({"conformance", "matrix", "faults"})
"""Folders whose tests start processes or need Node: they run with the whole only."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow folders."""
    for item in items:
        if SLOW & set(item.path.parts):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A whole practice ground: the one that `PRACTICE_GROUND` names, or one of this session's."""
    named = os.environ.get("PRACTICE_GROUND")
    if named:
        yield find(Path(named))
        return
    at = tmp_path_factory.mktemp("ground")
    at.rmdir()
    try:
        yield up(at)
    finally:
        down(at)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of this session's own; who kills it starts it again."""
    made = databases.start(tmp_path_factory.mktemp("postgres"), Steps(quiet=True))
    yield made
    databases.end(made)


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis of this session's own; who ends it starts it again."""
    made = counters.start(tmp_path_factory.mktemp("redis"), Steps(quiet=True))
    yield made
    counters.end(made)
