"""What OpenSearch may answer, and what is made of it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anyio
import httpx
import orjson
import pytest

from bailiwick.errors import Forbidden, Moved, Rejected, Unavailable, Unreadable
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_retrieval.engines.opensearch import client as module
from bailiwick_retrieval.engines.opensearch.client import Action, Client
from bailiwick_retrieval.settings import OpenSearchSettings

pytestmark = pytest.mark.anyio
SETTINGS = OpenSearchSettings(kind="opensearch", url="http://search")
BLOCK = {"error": {"type": "cluster_block_exception", "reason": "disk"}, "status": 403}
Answer = Callable[[httpx.Request], httpx.Response]


def told(status: int, body: Any = None, content: bytes | None = None) -> httpx.Response:
    return (
        httpx.Response(status, json=body)
        if content is None
        else httpx.Response(status, content=content)
    )


def over(answer: Answer, settings: OpenSearchSettings = SETTINGS) -> Client:
    link = httpx.AsyncClient(base_url="http://search", transport=httpx.MockTransport(answer))
    return Client(settings, link)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.0)


@pytest.mark.parametrize(
    "response, kind, said",
    [
        (told(503, {}), Unavailable, "failing"),
        (told(429, {}), Unavailable, "too much to do"),
        (told(403, BLOCK), Unavailable, "disk is nearly full"),
        (told(429, BLOCK), Unavailable, "disk is nearly full"),
        (told(401, {}), Forbidden, "credential"),
        (told(403, {}), Forbidden, "credential"),
        (told(409, {}), Moved, "another process"),
        (
            told(404, {"error": {"type": "index_not_found_exception"}}),
            Unavailable,
            "not in OpenSearch",
        ),
        (told(400, {"error": {"type": "x_content_parse_exception"}}), Rejected, "refused"),
        (told(200, content=b"<html>"), Unreadable, "cannot read"),
        (told(302, {}), Rejected, "refused"),
    ],
)
async def test_refusals_in_our_words(
    response: httpx.Response, kind: type[Exception], said: str
) -> None:
    client = over(lambda _: response)
    with pytest.raises(kind, match=said):
        await client.ask("POST", "/i/_search", {})


@pytest.mark.parametrize(
    "answer",
    [
        {"timed_out": True, "_shards": {"failed": 0}},
        {"timed_out": False, "_shards": {"failed": 1}},
    ],
)
async def test_half_an_answer_is_none(answer: Any) -> None:
    client = over(lambda _: told(200, answer))
    with pytest.raises(Unavailable, match="all of the index"):
        await client.search("i", {})


async def test_searches_ask_for_all_of_the_index_or_nothing() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return told(200, {"timed_out": False, "_shards": {"failed": 0}})

    await over(answer).search("i", {"size": 1})
    assert asked[0].url.params["allow_partial_search_results"] == "false"


async def test_what_is_not_there() -> None:
    assert await over(lambda _: told(404, {"found": False})).there("GET", "/i/_doc/x") is None
    gone = told(404, {"error": {"type": "index_not_found_exception"}})
    with pytest.raises(Unavailable):
        await over(lambda _: gone).there("GET", "/i/_doc/x")


async def test_a_deadline_of_ours() -> None:
    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await anyio.sleep_forever()
            raise AssertionError

    settings = SETTINGS.model_copy(update={"seconds": 0.05})
    link = httpx.AsyncClient(base_url="http://search", transport=Slow())
    client = Client(settings, link)
    with pytest.raises(Unavailable, match=r"0\.05 s"):
        await client.ask("GET", "/")
    with pytest.raises(Unavailable, match="too much to do"):
        await client.bulk([Action("delete", "i", "1")])
    await client.close()


def items(statuses: Iterable[int], kind: str = "index", error: str = "some_exception") -> Any:
    made = [
        {kind: {"status": status, **({"error": {"type": error}} if status >= 300 else {})}}
        for status in statuses
    ]
    return {"errors": True, "items": made}


def sent(request: httpx.Request) -> list[str]:
    """Name the rows of a bulk."""
    heads = [orjson.loads(line) for line in request.content.splitlines()]
    return [head[kind]["_id"] for head in heads for kind in head if "_id" in str(head.get(kind))]


def actions(count: int, kind: str = "index") -> list[Action]:
    return [Action(kind, "i", str(n), {"n": n}) for n in range(count)]


async def test_items_that_were_too_many_are_sent_again_and_no_others() -> None:
    answers = [items([201, 429, 503, 201]), items([201, 429]), items([200])]
    asked: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(sent(request))
        return told(200, answers[len(asked) - 1])

    assert await over(answer).bulk(actions(4)) == []
    assert asked == [["0", "1", "2", "3"], ["1", "2"], ["2"]]


async def test_it_is_not_tried_for_ever() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return told(429, {}) if len(asked) % 2 else told(200, items([429]))

    with pytest.raises(Unavailable, match="too much to do"):
        await over(answer).bulk(actions(1))
    assert len(asked) == 6


async def test_rows_that_are_newer_are_given_back() -> None:
    conflicts = await over(lambda _: told(200, items([409, 200], "update"))).bulk(
        actions(2, "update")
    )
    assert [each.id for each in conflicts] == ["0"]


async def test_rows_that_are_gone_need_no_change() -> None:
    assert await over(lambda _: told(200, items([404], "delete"))).bulk(actions(1, "delete")) == []
    with pytest.raises(Rejected):
        await over(lambda _: told(200, items([404]))).bulk(actions(1))


@pytest.mark.parametrize(
    "status, error, kind",
    [
        (400, "mapper_parsing_exception", Rejected),
        (403, "cluster_block_exception", Unavailable),
        (429, "cluster_block_exception", Unavailable),
        (404, "index_not_found_exception", Unavailable),
    ],
)
async def test_one_refused_row_is_one_too_many(
    status: int, error: str, kind: type[Exception]
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return told(200, items([201, status], error=error))

    with pytest.raises(kind):
        await over(answer).bulk(actions(2))
    assert len(asked) == 1


async def test_no_request_is_large() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return told(200, items([201] * len(sent(request))))

    big = [Action("index", "i", str(n), {"text": "x" * 1_500_000}) for n in range(5)]
    await over(answer).bulk([*big, *actions(2_500)])
    assert max(len(each.content) for each in asked) <= 4_000_000
    assert sum(len(sent(each)) for each in asked) == 2_505
    assert await over(answer).bulk([]) == []


async def test_what_a_call_reads_changes_nothing_and_a_sync_may() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return told(200, {})

    client = over(answer)
    with current_risk(Risk.READ):
        for method, path in (("PUT", "/i"), ("POST", "/i/_delete_by_query"), ("DELETE", "/i")):
            with pytest.raises(Rejected, match="only reads"):
                await client.ask(method, path)
        for path in ("/i/_search", "/_mget", "/i/_count"):
            await client.ask("POST", path, {})
        await client.change("PUT", "/i")
    assert asked == ["/i/_search", "/_mget", "/i/_count", "/i"]


async def test_the_credential_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "credential"
    file.write_text("ana:one")
    client = Client(SETTINGS.model_copy(update={"credential_file": file}))
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return told(200, {})

    client._link._transport = httpx.MockTransport(answer)  # pyright: ignore[reportPrivateUsage]
    client._link._mounts = {}  # pyright: ignore[reportPrivateUsage]
    await client.ask("GET", "/")
    file.write_text("ana:another")
    await client.ask("GET", "/")
    assert seen[0].startswith("Basic ")
    assert seen[0] != seen[1]
    await client.close()
