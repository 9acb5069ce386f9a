"""The SDK over our HTTP: what is sent, what is refused, and threads that end with their call."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from bailiwick.errors import (
    BadRequest,
    BailiwickError,
    Forbidden,
    Rejected,
    Unavailable,
    Unreadable,
)
from bailiwick.policy.question import Risk
from bailiwick.upstream.blocking import blocking
from bailiwick.upstream.current import current_risk
from bailiwick.upstream.http import Http, Response
from bailiwick_observability.upstream.splunk import READS
from bailiwick_observability.upstream.splunk_handler import (
    Absent,
    Handler,
    Sdk,
    answered,
    kept,
    said_by,
)

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[4]
INFO = (
    b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:s="http://dev.splunk.com/ns/rest"><entry>'
    b'<content type="text/xml"><s:dict><s:key name="version">%s</s:key></s:dict></content></entry>'
    b"</feed>"
)
Answer = Callable[[httpx.Request], httpx.Response]


def http(answer: Answer, base: str = "https://logs/prefix") -> Http:
    client = httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url=base, auth=("ours", "secret")
    )
    return Http("logs-eu", client, seconds=2, reads=READS)


def never(_request: httpx.Request) -> httpx.Response:
    raise AssertionError("asked")


async def handed(link: Http, url: str, message: dict[str, Any]) -> dict[str, Any]:
    limiter = anyio.CapacityLimiter(1)
    return await blocking(Handler(link), url, message, limiter=limiter)


# What is sent


async def test_path_and_form_are_taken_and_neither_host_nor_headers() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201, text="<response/>", headers={"set-cookie": "splunkd_8089=x"})

    message = {
        "method": "POST",
        "headers": [("Authorization", "Splunk theirs"), ("Cookie", "a=b"), ("Host", "evil")],
        "body": b"search=search+%C3%A4%26b&rf=a&rf=b&empty=",
    }
    said = await handed(
        http(answer), "https://elsewhere:8089/services/search/jobs?x=1%2F2", message
    )
    (request,) = asked
    assert str(request.url) == "https://logs/prefix/services/search/jobs?x=1%2F2"
    assert request.content == b"search=search+%C3%A4%26b&rf=a&rf=b&empty="
    assert request.headers["authorization"].startswith("Basic ")
    assert "cookie" not in request.headers
    assert (said["status"], said["reason"]) == (201, "Created")
    assert [name for name, _ in said["headers"]] == ["content-type"]


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/services/saved/searches"),
        ("DELETE", "/servicesNS/nobody/search/saved/searches/x"),
        ("POST", "/services/receivers/simple"),
        ("POST", "/services/server/control/restart"),
    ],
)
async def test_the_second_wall_stands_before_the_sdk(method: str, path: str) -> None:
    with pytest.raises(Rejected, match="may not change"):
        await handed(http(never), f"https://x{path}", {"method": method})
    done = http(lambda _: httpx.Response(200, text="<response/>"))
    with current_risk(Risk.CHANGE):  # which the thread asks in the context of its call
        assert (await handed(done, f"https://x{path}", {"method": method}))["status"] == 200


async def test_bytes_that_are_no_utf_8_and_no_xml_do_not_stop_the_sdk() -> None:
    odd = INFO % b"9.4.1" + b"<!-- Stra\xdfe \x1b[31m\x00 -->"
    sdk = Sdk(http(lambda _: httpx.Response(200, content=odd)), "search")
    service = await sdk.service()
    assert service.splunk_version == (9, 4, 1)


# What a version has


@pytest.mark.parametrize(
    "version, old",
    [(b"9.4.1", False), (b"9.0.1", True), (b"8.2.9", True), (b"10.0.0-beta2", False)],
)
async def test_the_edition_of_the_search_api(version: bytes, old: bool) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=INFO % version)

    sdk = Sdk(http(answer), "shop")
    for _ in range(3):
        service = await sdk.service()
        assert service.disable_v2_api is old
        assert service.jobs.path == ("search/jobs/" if old else "search/v2/jobs/")
    assert asked == ["/prefix/services/server/info"]


# What is refused

TWO = (
    b'<?xml version="1.0" encoding="UTF-8"?><response><messages>'
    b'<msg type="FATAL">Error in a &amp; b</msg>'
    b'<msg type="ERROR">The search could not start.</msg></messages></response>'
)
JSON = b'{"messages":[{"type":"FATAL","text":"One."},{"type":"ERROR","text":"Two."}]}'


@pytest.mark.parametrize(
    "body, said",
    [
        (TWO, "Error in a & b; The search could not start."),
        (JSON, "One.; Two."),
        (
            b'<response><messages><msg type="WARN">call \xff</msg></messages></response>',
            "call \ufffd",
        ),
        (b'{"messages":[{"type":"FATAL"}]}', ""),
        (b"<html><body>Bad <br> gateway", ""),
        (b"", ""),
        (b"[1]", ""),
        (b"nonsense", ""),
        (b"<response><messages/></response>", ""),
    ],
)
def test_all_messages_are_found(body: bytes, said: str) -> None:
    assert said_by(body) == said


@pytest.mark.parametrize(
    "status, body, error, said",
    [
        (400, TWO, BadRequest, "logs-eu says: Error in a & b; The search"),
        (400, b"", BadRequest, "the request is wrong"),
        (401, JSON, Forbidden, r"\(401\)"),
        (403, b"<html>no", Forbidden, r"\(403\)"),
        (404, b'{"messages":[{"text":"Unknown sid."}]}', Absent, "was lost .Unknown sid"),
        (404, b'{"messages":[{"text":"Not Found"}]}', Absent, "does not have this: Not Found"),
        (404, b"<!DOCTYPE html><p>?", Unreadable, "a web page instead of data"),
        (200, b"\n<html><head/></html>", Unreadable, "a web page instead of data"),
        (303, b"", Rejected, r"\(303\)"),
        (409, JSON, Rejected, r"\(409\)"),
        (500, JSON, Unavailable, r"failing \(500\)"),
        (502, b"<html>bad", Unavailable, r"failing \(502\)"),
        (503, JSON, Unavailable, "cannot now: One.; Two."),
        (503, b"", Unavailable, r"failing \(503\)"),
    ],
)
def test_refusals(status: int, body: bytes, error: type[BailiwickError], said: str) -> None:
    with pytest.raises(error, match=said):
        answered(http(never), Response(status, {}, body))


def test_words_of_a_refusal_are_harmless_and_short() -> None:
    body = b'{"messages":[{"text":"<b>\xe2\x80\xae' + b"x" * 9_000 + b'"}]}'
    said = said_by(body)
    assert len(said) < 330
    assert "\u202e" not in said


@pytest.mark.parametrize("body", [b"", b"<entry", b"<a/>", b'{"version": 1}'])
async def test_nonsense_instead_of_atom(body: bytes) -> None:
    sdk = Sdk(http(lambda _: httpx.Response(200, content=body)), "search")
    with pytest.raises(Unreadable, match="cannot read"):
        await sdk.service()


# Threads and cancellation


@pytest.fixture
async def slow() -> tuple[Http, anyio.Event]:
    asked = anyio.Event()

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.set()
            await anyio.sleep_forever()
            raise AssertionError

    client = httpx.AsyncClient(transport=Slow(), base_url="https://logs")
    return Http("logs-eu", client, seconds=30, reads=READS), asked


async def test_a_thread_stops_waiting_when_its_call_is_cancelled(
    slow: tuple[Http, anyio.Event],
) -> None:
    link, asked = slow
    ended = threading.Event()

    def work() -> None:
        try:
            Handler(link)("https://x/services/server/info", {"method": "GET"})
        finally:
            ended.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Sdk(link, "search").run, work)
        await asked.wait()
        assert not ended.is_set()
        tasks.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(ended.wait, 5)


async def test_a_request_has_a_deadline(slow: tuple[Http, anyio.Event]) -> None:
    link = Http("logs-eu", slow[0].client, seconds=0.05, reads=READS)
    with pytest.raises(Unavailable, match=r"did not answer in 0\.05 s"):
        await Sdk(link, "search").service()


async def test_what_is_kept_ends_although_its_call_is_cancelled() -> None:
    ended = anyio.Event()

    async def work() -> None:
        await anyio.sleep(0.05)
        ended.set()

    with anyio.move_on_after(0.01) as scope:
        await kept(work, grace=5)
    assert scope.cancelled_caught
    assert ended.is_set()


async def test_what_is_kept_is_given_up_after_its_grace() -> None:
    with anyio.fail_after(5), anyio.move_on_after(0.01) as scope:
        await kept(anyio.sleep_forever, grace=0.02)
    assert scope.cancelled_caught


async def test_an_error_of_what_is_kept_is_raised_as_it_is() -> None:
    async def work() -> None:
        raise BadRequest("no")

    with pytest.raises(BadRequest, match="no"):
        await kept(work, grace=1)


async def test_the_reason_of_an_error_of_what_is_kept_stays_with_it() -> None:
    async def work() -> None:
        raise BadRequest("no") from KeyError("why")

    with pytest.raises(BadRequest) as caught:
        await kept(work, grace=1)
    assert isinstance(caught.value.__cause__, KeyError)


def test_the_sdk_is_imported_only_when_a_splunk_is_asked() -> None:
    said = "import sys, bailiwick_observability.app; print('splunklib' in sys.modules)"
    path = os.pathsep.join(str(ROOT / name) for name in ("shared", "servers"))
    done = subprocess.run(
        [sys.executable, "-c", said],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.strip() == "False"
