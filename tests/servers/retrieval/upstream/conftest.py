"""A web site at loopback that answers under several names, plain and over TLS."""

from collections.abc import AsyncIterator, Iterator

import pytest

from bailiwick_retrieval.upstream.website import Website
from practice.pki import Authority, found
from tests.servers.retrieval.upstream.listening import listening
from tests.servers.retrieval.upstream.sites import Names, Opened, Site, Sleeps, website


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return found(tmp_path_factory.mktemp("pki") / "pki")


@pytest.fixture(scope="module")
def standing(authority: Authority) -> Iterator[tuple[Site, int, int]]:
    site = Site()
    with listening(site) as plain, listening(site, authority) as secure:
        yield site, plain, secure


@pytest.fixture
def site(standing: tuple[Site, int, int]) -> Site:
    standing[0].pages.clear()
    standing[0].asked.clear()
    return standing[0]


@pytest.fixture
def base(standing: tuple[Site, int, int]) -> str:
    return f"http://docs.example:{standing[1]}"


@pytest.fixture
def secure(standing: tuple[Site, int, int]) -> str:
    return f"https://docs.example:{standing[2]}"


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
async def opened(base: str, names: Names, sleeps: Sleeps) -> AsyncIterator[Opened]:
    """Open the site as a source; all are closed when the test ends."""
    made: list[Website] = []

    def opened(at: str = base, **more: object) -> Website:
        made.append(website(at, names, sleeps, **more))
        return made[-1]

    yield opened
    for each in made:
        await each.close()
