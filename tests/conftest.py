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


LONG = (
    *("test_scenarios", "test_demo", "test_releases", "test_operations", "test_agents"),
    *("test_load", "test_install", "test_changes", "test_containers", "test_bundles"),
    *("test_chart", "test_apply", "test_draining", "test_conformance"),
)
"""Files that take a minute or so each: begun first, so that nobody waits for one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow folders, and put the long files first."""
    for item in items:
        if SLOW & set(item.path.parts):
            item.add_marker(pytest.mark.slow)
    turns = {name: turn for turn, name in enumerate(LONG)}
    items.sort(key=lambda item: turns.get(item.path.stem, len(LONG)))


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
