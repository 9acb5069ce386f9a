from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from bailiwick.errors import Forbidden, Unreadable
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.upstream import Object, Target
from tests.parts.api import behalf, clusters, double

pytestmark = pytest.mark.anyio
PODS = Target(BUILTIN["Pod"], "shop")


def page(names: list[str], more: str = "", status: int = 200) -> web.Response:
    items = [{"metadata": {"name": name}, "spec": {"big": "x" * 100}} for name in names]
    body: dict[str, Any] = {"kind": "PodList", "metadata": {"continue": more}, "items": items}
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")


def name(found: Object) -> Object | None:
    return {"name": found["metadata"]["name"]}


async def test_all_pages_are_read_and_only_what_is_kept_stays(tmp_path: Path) -> None:
    async def answer(asked: web.Request) -> web.StreamResponse:
        return page(["a", "b"], "p2") if "continue" not in asked.query else page(["c"])

    async with double(answer) as served, clusters(tmp_path, served.port) as known:
        async with known.named("eu", behalf()) as one:
            found = await one.objects(PODS, lambda o: name(o) if name(o) != {"name": "b"} else None)
    assert (list(found.items), found.looked) == ([{"name": "a"}, {"name": "c"}], 3)
    assert (found.full, found.torn) == (False, False)


async def test_an_expired_position_is_taken_up_where_the_api_says(tmp_path: Path) -> None:
    async def answer(asked: web.Request) -> web.StreamResponse:
        at = asked.query.get("continue", "")
        if at == "old":
            gone = {"kind": "Status", "code": 410, "metadata": {"continue": "fresh"}}
            return web.Response(status=410, body=orjson.dumps(gone))
        return page(["b"]) if at == "fresh" else page(["a"], "old")

    async with double(answer) as served, clusters(tmp_path, served.port) as known:
        async with known.named("eu", behalf()) as one:
            found = await one.objects(PODS, name)
    assert (list(found.items), found.torn, found.full) == (
        [{"name": "a"}, {"name": "b"}],
        True,
        False,
    )


async def test_an_expired_position_without_another_ends_the_list_and_says_so(
    tmp_path: Path,
) -> None:
    async def answer(asked: web.Request) -> web.StreamResponse:
        if "continue" in asked.query:
            return web.Response(status=410, body=b'{"kind": "Status", "code": 410}')
        return page(["a"], "old")

    async with double(answer) as served, clusters(tmp_path, served.port) as known:
        async with known.named("eu", behalf()) as one:
            found = await one.objects(PODS, name)
    assert (found.torn, found.full) == (True, True)


async def test_more_than_there_is_patience_for_is_said(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return page(["a", "b"], "more")

    async with double(answer) as served, clusters(tmp_path, served.port) as known:
        async with known.named("eu", behalf()) as one:
            found = await one.objects(PODS, name, most=4)
    assert (found.looked, found.full) == (4, True)


async def test_a_secrets_data_is_never_asked_for(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return page(["a"])

    async with double(answer) as served, clusters(tmp_path, served.port) as known:
        async with known.named("eu", behalf()) as one:
            await one.objects(Target(BUILTIN["Secret"], "shop"), name)
    assert "as=PartialObjectMetadataList" in served.seen[0].headers["Accept"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(403, b"{}", Forbidden), (200, b"<html>", Unreadable), (200, b"[]", Unreadable)],
)
async def test_refusals_and_nonsense_are_ours(
    tmp_path: Path, status: int, body: bytes, error: type[Exception]
) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body)

    async with double(answer) as served, clusters(tmp_path, served.port) as known:
        async with known.named("eu", behalf()) as one:
            with pytest.raises(error):
                await one.objects(PODS, name)
