"""The one door to HTTP: what it takes, and what it gives up on."""

import re
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx
import pytest
from pydantic import BaseModel

from bailiwick.errors import (
    BadConfig,
    Forbidden,
    Rejected,
    Unavailable,
    Unreadable,
    UpstreamError,
)
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick.upstream.http import Http, Request, client

pytestmark = pytest.mark.anyio

Answers = list[httpx.Response | Exception]


class Book(BaseModel):
    title: str


def http(answers: Answers, attempts: int = 1) -> tuple[Http, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answers[len(asked) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    double = httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://books", follow_redirects=False
    )
    return Http("books", double, attempts=attempts, most_bytes=100, seconds=1, pause=0), asked


async def test_reads_a_model() -> None:
    made, asked = http([httpx.Response(200, json={"title": "Emma"})])
    assert (await made.read(Book, "/one", {"q": "a b", "n": 1})).title == "Emma"
    assert str(asked[0].url) == "http://books/one?q=a+b&n=1"


@pytest.mark.parametrize(
    ("answer", "kind", "detail"),
    [
        (httpx.Response(500, text="trace"), Unavailable, "500 b'trace'"),
        (httpx.Response(503), Unavailable, "503"),
        (httpx.Response(404, text="who?"), Rejected, "404 b'who?'"),
        (httpx.Response(401), Forbidden, "401"),
        (httpx.Response(302, headers={"location": "http://evil"}), Rejected, "302"),
        (httpx.Response(200, content=b"x" * 101), Unreadable, ""),
        (httpx.Response(200, text="<html>"), Unreadable, "validation error"),
        (httpx.Response(200, json={"title": 7}), Unreadable, "validation error"),
        (httpx.ConnectError("no route"), Unavailable, "no route"),
        (httpx.ReadTimeout("slow"), Unavailable, "slow"),
        (httpx.RemoteProtocolError("nonsense"), Unavailable, "nonsense"),
    ],
    ids=str,
)
async def test_failures_are_ours_and_their_words_stay_in_the_detail(
    answer: httpx.Response | Exception, kind: type[UpstreamError], detail: str
) -> None:
    made, asked = http([answer])
    with pytest.raises(UpstreamError) as caught:
        await made.read(Book, "/one")
    assert type(caught.value) is kind
    assert str(caught.value).startswith("books ")
    assert detail in caught.value.detail
    for words in ("trace", "who?", "no route", "evil"):
        assert words not in str(caught.value)
    assert len(asked) == 1


@pytest.mark.parametrize("path", ["http://books:port/", "/\x00"])
async def test_an_address_that_is_none(path: str) -> None:
    made, _ = http([httpx.Response(200)])
    with pytest.raises(Unreadable, match="address"):
        await made.get(path)


async def test_another_attempt_where_that_is_cheap() -> None:
    flaky: Answers = [httpx.Response(503), httpx.ConnectError("x"), httpx.Response(200, text="ok")]
    made, asked = http(flaky, attempts=3)
    assert await made.get("/") == b"ok"
    assert len(asked) == 3


async def test_the_last_failure_counts_and_a_no_is_not_asked_again() -> None:
    made, asked = http([httpx.Response(502), httpx.Response(503, text="why")], attempts=2)
    with pytest.raises(Unavailable) as caught:
        await made.get("/")
    assert "503 b'why'" in caught.value.detail
    assert len(asked) == 2
    made, asked = http([httpx.Response(404)], attempts=3)
    with pytest.raises(Rejected):
        await made.get("/")
    assert len(asked) == 1


class _Trickle(httpx.AsyncByteStream):
    """Sends a byte, and then thinks for ever."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x"
        await anyio.sleep_forever()


async def test_a_trickle_is_cut_off() -> None:
    made, _ = http([httpx.Response(200, stream=_Trickle())])
    impatient = Http("books", made.client, seconds=0.01)
    with anyio.fail_after(1), pytest.raises(Unavailable):
        await impatient.get("/")


async def test_a_deadline_around_it_is_not_an_upstream_that_fails() -> None:
    made, _ = http([httpx.Response(200, stream=_Trickle())])
    with anyio.move_on_after(0.01) as scope:
        await made.get("/")
    assert scope.cancelled_caught


async def test_the_client_follows_nothing_and_trusts_no_environment(tmp_path: Path) -> None:
    async with client() as made:
        assert (made.follow_redirects, made.trust_env) == (False, False)
    with pytest.raises(BadConfig, match="cannot read the CA file"):
        client(tmp_path / "missing.pem")
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(BadConfig, match="cannot read the CA file"):
        client(tmp_path / "bad.pem")


async def test_a_named_bundle_is_the_only_one_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    usual = ssl.create_default_context

    def note(*, cafile: str | None) -> ssl.SSLContext:
        asked.append(cafile)
        return usual()

    monkeypatch.setattr(ssl, "create_default_context", note)
    async with client(Path("/ca.pem")):
        assert asked[0] == "/ca.pem"


async def test_a_read_sends_nothing_but_what_is_named_a_read() -> None:
    made, asked = http([httpx.Response(200, json={"ok": True})] * 3)
    named = Http("books", made.client, reads=re.compile(r"POST /query(/.*)?"))
    assert (await named.exchange(Request("POST", "/query/one", form={"q": "a b"}))).status == 200
    assert asked[0].content == b"q=a+b"
    for refused in (
        Request("POST", "/query_all"),
        Request("DELETE", "/query"),
        Request("PUT", "/"),
    ):
        with pytest.raises(Rejected, match="may not change books"):
            await named.exchange(refused)
    with current_risk(Risk.CHANGE):
        assert (await named.exchange(Request("DELETE", "/one"))).status == 200
    assert [request.method for request in asked] == ["POST", "DELETE"]


async def test_a_stream_is_capped_and_dropped_when_it_is_left() -> None:
    made, _ = http([httpx.Response(200, content=b"x" * 101), httpx.Response(503, text="no")])
    async with made.stream(Request("GET", "/"), most_bytes=200) as stream:
        assert len((await stream.whole()).body) == 101
    async with made.stream(Request("GET", "/")) as stream:
        assert (await stream.whole()).detail == "503 b'no'"
