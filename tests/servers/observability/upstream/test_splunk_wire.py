"""Over a real wire to the double as a program: TLS, streams, and what leaving one does."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager

import anyio
import httpx
import pytest

from bailiwick.errors import Unavailable
from bailiwick.upstream.http import client
from bailiwick_observability.models.logs import Search
from bailiwick_observability.upstream.splunk import SplunkApi
from practice import pki, programs
from practice.splunk import start
from practice.splunk.facts import Splunk
from practice.steps import Steps
from tests.servers.observability.upstream.splunk_parts import CLOCK, END, api, last, ran

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Splunk]:
    at = tmp_path_factory.mktemp("splunk")
    try:
        yield start.start(at, pki.found(at / "pki"), Steps(quiet=True), CLOCK)
    finally:
        programs.end_all(at)


@asynccontextmanager
async def connected(splunk: Splunk, url: str = "") -> AsyncGenerator[SplunkApi]:
    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {splunk.tokens['bailiwick']}"
        return request

    base = url or splunk.url
    link = client(splunk.ca_file, base, auth=sign)
    async with link:
        yield api(link, url=base)


async def alive(logs: SplunkApi) -> int:
    return len((await logs.http.client.get("/practice/jobs")).json())


async def gone(logs: SplunkApi) -> None:
    """Wait until no job is left: the double learns of a closed connection a little later."""
    with anyio.fail_after(10):
        while await alive(logs):  # noqa: ASYNC110 - another program's
            await anyio.sleep(0.02)


async def test_a_search(program: Splunk) -> None:
    async with connected(program) as logs:
        rows, found = await ran(logs, last(10, "index=shop | stats count by service"))
        assert len(rows) == found.total == 6
        assert await alive(logs) == 0


async def test_a_certificate_of_nobody_we_trust(program: Splunk) -> None:
    async with client(None, program.url) as link:
        with pytest.raises(Unavailable, match="TLS certificate is not one we trust"):
            await api(link).indexes()


async def test_a_certificate_for_another_name(program: Splunk) -> None:
    elsewhere = program.url.replace("127.0.0.1", "127.0.0.2")
    async with connected(program, elsewhere) as logs:
        with pytest.raises(Unavailable, match="TLS certificate|nothing takes the connection"):
            await logs.indexes()


async def test_the_first_row_of_an_export_comes_long_before_the_last(program: Splunk) -> None:
    async with connected(program) as logs:
        began, first, count = anyio.current_time(), 0.0, 0
        async for _ in logs.export(Search("index=big", END - 10_000, END, 60_000)):
            first = first or anyio.current_time() - began
            count += 1
        lasted = anyio.current_time() - began
    assert count == 60_000
    assert first < lasted / 3


async def test_many_rows_are_streamed(program: Splunk) -> None:
    async with connected(program) as logs:
        rows, found = await ran(logs, Search("index=big", END - 2_000, END, 15_000))
        assert len(rows) == 15_000 < found.total
        assert found.id == ""
        rows, found = await ran(logs, Search("index=big", END - 1_100, END, 15_000))
        assert len(rows) == found.total == 11_000
        assert found.messages == []
        await gone(logs)


async def test_a_report_is_streamed_without_its_previews(program: Splunk) -> None:
    query = "search index=big | stats count by sensor"
    search = Search(query, END - 20_000, END, 20_000, transforms=True)
    async with connected(program) as logs:
        rows, _ = await ran(logs, search)
    assert len(rows) == 40
    assert sum(int(row["count"]) for row in rows) == pytest.approx(200_000, abs=5)


async def test_leaving_a_stream_early_ends_its_search(program: Splunk) -> None:
    async with connected(program) as logs:
        async with aclosing(logs.export(Search("index=big", END - 24_000, END, 200_000))) as rows:
            async for _ in rows:
                break
        await gone(logs)
        async with logs.search(Search("index=big", END - 24_000, END, 200_000)) as found:
            async for _ in found.rows:
                break
        await gone(logs)


async def test_cancelling_a_stream_ends_its_search(program: Splunk) -> None:
    async with connected(program) as logs:
        with anyio.move_on_after(0.3) as scope:
            await ran(logs, Search("index=big", END - 24_000, END, 200_000))
        assert scope.cancelled_caught
        await gone(logs)


async def test_an_export_that_breaks_off(program: Splunk) -> None:
    async with connected(program) as logs:
        fault = {"kind": "drop", "match": "export"}
        await logs.http.client.post("/practice/faults", json=fault)
        with pytest.raises(Unavailable, match="broke off in the middle"):
            await ran(logs, Search("index=big", END - 2_000, END, 15_000))
