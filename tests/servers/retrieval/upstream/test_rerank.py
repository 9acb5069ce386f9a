"""A reranking endpoint: one request, every text scored once, or one of our errors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import orjson
import pytest

from bailiwick.errors import BailiwickError, Rejected, Unavailable, Unreadable
from bailiwick_retrieval.settings import RerankSettings
from bailiwick_retrieval.upstream import rerank
from bailiwick_retrieval.upstream.rerank import Reranker

pytestmark = pytest.mark.anyio
URL = "https://rerank.example/rerank"
Answer = Callable[[httpx.Request], Any]


def reranker(patch: pytest.MonkeyPatch, answer: Answer, **more: Any) -> Reranker:
    def client(_ca_file: Path | None, auth: Any = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=auth)

    patch.setattr(rerank, "client", client)
    return Reranker(RerankSettings(url=URL, **more))


async def test_scores_in_the_order_of_the_texts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        told = [{"index": 1, "score": 0.9}, {"index": 0, "score": -2}]
        return httpx.Response(200, json=told)

    (tmp_path / "token").write_text("s3cret\n")
    made = reranker(monkeypatch, answer, credential_file=tmp_path / "token")
    assert list(await made.scores("why", ["a", "b"])) == [-2, 0.9]
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", URL)
    assert orjson.loads(request.content) == {"query": "why", "texts": ["a", "b"], "truncate": True}
    assert request.headers["authorization"] == "Bearer s3cret"
    await made.close()


@pytest.mark.parametrize(
    "told",
    [
        [],
        [{"index": 0, "score": 1}],
        [{"index": 0, "score": 1}, {"index": 0, "score": 2}],
        [{"index": 0, "score": 1}, {"index": 2, "score": 2}],
        [{"index": 0, "score": "x"}, {"index": 1, "score": 2}],
        [{"index": 0}, {"index": 1}],
        {"scores": [1, 2]},
        None,
    ],
)
async def test_an_answer_that_is_none(monkeypatch: pytest.MonkeyPatch, told: Any) -> None:
    made = reranker(monkeypatch, lambda _: httpx.Response(200, json=told))
    with pytest.raises(Unreadable):
        await made.scores("why", ["a", "b"])
    await made.close()


@pytest.mark.parametrize(
    ("status", "error"), [(503, Unavailable), (401, Rejected), (422, Rejected), (302, Rejected)]
)
async def test_what_is_refused(
    monkeypatch: pytest.MonkeyPatch, status: int, error: type[BailiwickError]
) -> None:
    made = reranker(monkeypatch, lambda _: httpx.Response(status, text="s3cret words of it"))
    with pytest.raises(error) as caught:
        await made.scores("why", ["a"])
    assert "s3cret" not in str(caught.value)
    await made.close()


async def test_it_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    made = reranker(monkeypatch, hang, seconds=0.05)
    with pytest.raises(Unavailable):
        await made.scores("why", ["a"])
    await made.close()


async def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused by 10.0.0.1")

    made = reranker(monkeypatch, gone)
    with pytest.raises(Unavailable) as caught:
        await made.scores("why", ["a"])
    assert "10.0.0.1" not in str(caught.value)
    await made.close()
