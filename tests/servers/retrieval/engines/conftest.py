"""Every test of an engine's answers runs with both engines; OpenSearch is a real one."""

import os
from collections.abc import AsyncGenerator, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.engines.opensearch.engine import OpenSearch
from bailiwick_retrieval.models.index import Engine
from bailiwick_retrieval.settings import OpenSearchSettings
from practice import facts, programs
from practice.opensearch import facts as facts_of
from practice.opensearch import start
from practice.steps import Steps
from tests.servers.retrieval.engines.stock import DIMENSIONS, Clock, Make

ENGINES = [
    "embedded",
    pytest.param("opensearch", marks=[pytest.mark.ground, pytest.mark.slow]),
]
_NUMBERS = count()


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the ground's OpenSearch, or of one of this session's."""
    named = os.environ.get("PRACTICE_GROUND")
    ground = facts.load(Path(named)) if named else None
    known: object = ground.parts.get(start.NAME) if ground else None
    if isinstance(known, facts_of.OpenSearch):
        yield known.url
        return
    at = tmp_path_factory.mktemp("opensearch")
    try:
        yield start.start(at, Steps()).url
    finally:
        programs.end_all(at)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def index(opensearch: str) -> Iterator[OpenSearchSettings]:
    """Give indices of this test's own, which are deleted afterwards."""
    prefix = f"test-{os.getpid()}-{next(_NUMBERS)}"
    yield OpenSearchSettings(kind="opensearch", url=opensearch, index=prefix)
    with httpx.Client(trust_env=False) as link:
        link.delete(f"{opensearch}/{prefix}-*").raise_for_status()


@pytest.fixture(params=ENGINES)
async def make(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> AsyncGenerator[Make]:
    """Give what opens an engine on this test's own index."""
    opened: list[Engine] = []
    settings: OpenSearchSettings | None = None
    if request.param == "opensearch":
        settings = request.getfixturevalue("index")

    async def one(model: str = "m1", dimensions: int = DIMENSIONS) -> Engine:
        here = Embedded(tmp_path / "index.db", clock)
        engine = OpenSearch(settings, clock) if settings else here
        opened.append(engine)
        await engine.open(model, dimensions)
        return engine

    yield one
    for engine in opened:
        await engine.close()


@pytest.fixture
async def engine(make: Make) -> Engine:
    return await make()
