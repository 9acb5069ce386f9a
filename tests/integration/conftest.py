"""Integration tests call the product over HTTP, in front of the practice ground."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from practice.facts import Ground
from tests.parts.front import Front
from tests.parts.ground import configured, kubectl
from tests.parts.observed import Observed, observed
from tests.parts.served import BAILIWICK, served

COMMAND = (*BAILIWICK, "serve", "cluster", "--http")


@dataclass(frozen=True)
class Product(Front):
    """The running product."""

    def replicas(self, workload: str) -> int:
        """Return how many replicas a workload of `shop` wants, as its administrator sees it."""
        words = ("-n", "shop", "get", workload, "-o", "jsonpath={.spec.replicas}")
        return int(kubectl(self.ground, *words))


@pytest.fixture(scope="session")
def product(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[Product]:
    """The product, acting as its callers."""
    folder = tmp_path_factory.mktemp("product")
    with served(folder, COMMAND, configured(ground)) as up:
        yield Product(ground, up, folder)


@pytest.fixture(scope="session")
def watched(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[Observed]:
    """The observability server with all sources of the ground."""
    with observed(tmp_path_factory.mktemp("watched"), ground) as up:
        yield up


Serving = Callable[..., AbstractAsyncContextManager[Product]]


@pytest.fixture
def serving(ground: Ground, tmp_path: Path) -> Serving:
    """Serve another one, told otherwise: `cluster` settings by name, and `BAILIWICK_…`."""

    @asynccontextmanager
    async def serve(cluster: dict[str, str] | None = None, **more: str) -> AsyncGenerator[Product]:
        said = {**configured(ground, **(cluster or {})), **more}
        with served(tmp_path, COMMAND, said) as up:
            yield Product(ground, up, tmp_path)

    return serve
