"""The clients of a process: few are open, and none is closed under a request."""

from collections.abc import Callable

import anyio
import httpx
import pytest

from bailiwick.errors import Unavailable
from bailiwick.upstream.http import Http, Request
from bailiwick_observability.upstream.clients import Clients

pytestmark = pytest.mark.anyio
Make = Callable[[], httpx.AsyncClient]


class Made:
    """Makes clients whose requests wait until they may be answered, and keeps them."""

    def __init__(self) -> None:
        self.clients: list[httpx.AsyncClient] = []
        self.go, self.reached = anyio.Event(), anyio.Event()

    def __call__(self) -> httpx.AsyncClient:
        transport = httpx.MockTransport(self._answer)
        self.clients.append(httpx.AsyncClient(transport=transport, base_url="http://x"))
        return self.clients[-1]

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.reached.set()
        if request.url.path == "/slow":
            await self.go.wait()
        if request.url.path == "/broken":
            raise httpx.ReadError("gone")
        return httpx.Response(200, text="fine")

    @property
    def open(self) -> list[bool]:
        return [not each.is_closed for each in self.clients]


def over(clients: Clients, name: str, make: Make) -> Http:
    key = name, ""
    return Http(name, clients.get(key, make), lend=lambda: clients.lend(key, make))


async def test_one_that_makes_room_is_closed_by_the_next_request() -> None:
    clients, made = Clients(most=2), Made()
    https = [over(clients, name, made) for name in "abc"]
    assert made.open == [True, True, True]
    await https[2].get("/")
    assert made.open == [False, True, True]
    assert len(clients) == 2
    await clients.close()
    assert made.open == [False, False, False]
    assert len(clients) == 0


async def test_one_that_is_in_use_is_closed_when_its_request_is_done() -> None:
    clients, made = Clients(most=1), Made()
    answers: list[bytes] = []

    async def slow(http: Http) -> None:
        answers.append(await http.get("/slow"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(slow, over(clients, "a", made))
        await made.reached.wait()
        assert await over(clients, "b", made).get("/") == b"fine"
        assert made.open == [True, True], "not under a request"
        made.go.set()
    assert answers == [b"fine"]
    assert made.open == [False, True]
    assert len(clients) == 1
    await clients.close()


async def test_while_an_answer_is_read_its_client_is_open() -> None:
    clients, made = Clients(most=1), Made()
    async with over(clients, "a", made).stream(Request("GET", "/")) as stream:
        await over(clients, "b", made).get("/")
        assert made.open == [True, True]
        assert (await stream.whole()).body == b"fine"
    assert made.open == [False, True]
    await clients.close()


async def test_a_call_whose_client_made_room_between_two_requests_goes_on() -> None:
    clients, made = Clients(most=1), Made()
    first = over(clients, "a", made)
    assert await first.get("/") == b"fine"
    assert await over(clients, "b", made).get("/") == b"fine"
    assert made.open == [False, True]
    assert await first.get("/") == b"fine"
    assert made.open == [False, False, True]
    assert len(clients) == 1
    await clients.close()


async def test_a_request_that_fails_or_is_cancelled_gives_its_client_back() -> None:
    clients, made = Clients(most=1), Made()
    with pytest.raises(Unavailable):
        await over(clients, "a", made).get("/broken")
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(over(clients, "a", made).get, "/slow")
            await made.reached.wait()
            await anyio.lowlevel.checkpoint()
            scope.cancel()
    await over(clients, "b", made).get("/")
    assert made.open == [False, True]
    await clients.close()


async def test_a_thousand_callers_leave_few_clients() -> None:
    clients, made = Clients(most=8), Made()
    for number in range(1_000):
        await over(clients, str(number), made).get("/")
        assert sum(made.open) <= 8
    await clients.close()
    assert sum(made.open) == 0
