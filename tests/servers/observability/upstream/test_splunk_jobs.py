"""Jobs of Splunk: whatever happens, nothing is left running."""

import re
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from bailiwick.errors import Forbidden, Unavailable, Unreadable
from bailiwick_observability.models.sources import Behalf
from tests.servers.observability.upstream.splunk_parts import ANA, Ground, api, ground, last, ran

pytestmark = pytest.mark.anyio
JOBS = "/servicesNS/nobody/search/search/v2/jobs"
SID = re.compile(r"bailiwick_[0-9a-f]{32}")
UNKNOWN = "<response><messages><msg type='FATAL'>Unknown sid.</msg></messages></response>"


@pytest.fixture
async def splunk() -> AsyncIterator[Ground]:
    async with ground() as made:
        yield made


async def test_the_job_is_deleted_at_the_end(splunk: Ground) -> None:
    await ran(api(splunk.client), last(1, "index=shop", 5))
    assert splunk.asked()[-1][0] == "DELETE"
    assert splunk.alive() == []


async def test_the_job_is_deleted_when_the_caller_leaves_early(splunk: Ground) -> None:
    async with api(splunk.client).search(last(60, "index=shop")) as found:
        with anyio.move_on_after(30):  # a deadline of the caller's own must not get in the way
            async for _ in found.rows:
                break
        assert splunk.alive() == [found.id]
    assert splunk.alive() == []


async def test_the_job_is_deleted_when_the_caller_fails(splunk: Ground) -> None:
    async def fail() -> None:
        async with api(splunk.client).search(last(10, "index=shop")) as found:
            async for _ in found.rows:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert splunk.alive() == []


async def test_the_job_is_deleted_when_the_call_is_cancelled(splunk: Ground) -> None:
    splunk.fault("hang_job")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ran, api(splunk.client), last(10, "index=shop"))
        await splunk.until(lambda: bool(splunk.alive()))
        tasks.cancel_scope.cancel()
    assert splunk.alive() == []


async def test_a_job_made_while_the_call_is_cancelled_is_deleted(splunk: Ground) -> None:
    splunk.fault("slow", match="/jobs/?$", method="POST", seconds=0.4)
    with anyio.move_on_after(0.3) as scope:
        await ran(api(splunk.client), last(10, "index=shop"))
    assert scope.cancelled_caught
    assert [method for method, _ in splunk.asked()][-2:] == ["POST", "DELETE"]
    assert splunk.alive() == []


async def test_a_job_whose_making_was_not_answered_is_deleted(splunk: Ground) -> None:
    splunk.fault("truncated", match="/jobs/?$", method="POST")
    with pytest.raises(Unreadable):
        await ran(api(splunk.client), last(10, "index=shop"))
    (made,) = (each.form["id"] for each in splunk.double.faults.asked if "id" in each.form)
    deleted = [path for method, path in splunk.asked() if method == "DELETE"]
    assert deleted == [f"{JOBS}/{made[0]}"]
    assert splunk.alive() == []


async def test_a_job_that_is_made_late_is_looked_for_again(splunk: Ground) -> None:
    looks: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise httpx.ReadError("gone")
        if request.method == "DELETE":
            looks.append(request.url.path)
            late = httpx.Response(404, text=UNKNOWN)
            return late if len(looks) < 3 else httpx.Response(200, text="<response/>")
        return await splunk.client.send(splunk.client.build_request("GET", request.url.path))

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="https://splunk"
    ) as client:
        with pytest.raises(Unavailable, match="logs-eu did not answer"):
            await ran(api(client), last(10, "index=shop"))
    assert len(looks) == 3
    assert len(set(looks)) == 1


@pytest.mark.parametrize("kind", ["busy", "unavailable", "forbidden"])
async def test_where_splunk_said_no_there_is_nothing_to_delete(splunk: Ground, kind: str) -> None:
    splunk.fault(kind, match="/jobs/?$", method="POST")
    with pytest.raises((Unavailable, Forbidden)):
        await ran(api(splunk.client), last(10, "index=shop"))
    assert "DELETE" not in {method for method, _ in splunk.asked()}


async def test_no_two_searches_have_one_id(splunk: Ground) -> None:
    behalf = Behalf(ANA, "c1")
    found = [(await ran(api(splunk.client, behalf), last(1, "index=shop", 5)))[1] for _ in "ab"]
    assert found[0].id != found[1].id
    assert all(SID.fullmatch(each.id) for each in found)


async def test_a_job_that_cannot_be_deleted_is_told_to_operators(splunk: Ground) -> None:
    splunk.fault("unavailable", method="DELETE")
    behalf = Behalf(ANA, "c1")
    rows, found = await ran(api(splunk.client, behalf), last(1, "index=shop", 5))
    assert len(rows) == 5
    assert behalf.facts["left_running"].startswith(found.id)
