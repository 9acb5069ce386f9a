"""The Kubernetes client: as whom it asks, what it makes of answers, and of failures."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web

from bailiwick.errors import (
    BadRequest,
    BailiwickError,
    Forbidden,
    Moved,
    Rejected,
    Unavailable,
    Unreadable,
)
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.upstream import Query, Target
from tests.parts.api import behalf, clusters, double, table

pytestmark = pytest.mark.anyio
PODS = Target(BUILTIN["Pod"], "shop")


def says(body: Any, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        if isinstance(body, str):
            return web.Response(text=body, status=status, content_type="text/html")
        return web.json_response(body, status=status)

    return answer


async def test_a_page_of_a_table(tmp_path: Path) -> None:
    async with double(says(table(["a", "b"], "more"))) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            page = await eu.page(Target(BUILTIN["Pod"], "shop", "app=web", "spec.nodeName=n1"), 2)
    assert [row.name for row in page.rows] == ["a", "b"]
    assert page.more == "more"
    assert [(c.name, c.wide) for c in page.columns][-1] == ("Node", True)
    query = api.seen[0].query
    assert (query["limit"], query["labelSelector"]) == ("2", "app=web")
    assert "as=Table" in api.seen[0].headers["Accept"]


async def test_the_caller_is_impersonated_and_the_call_is_named(tmp_path: Path) -> None:
    async with double(says(table([]))) as api:
        async with clusters(tmp_path, api.port, groups=("sre",)) as all_:
            async with all_.named("eu", behalf()) as eu:
                await eu.page(PODS, 1)
    sent = api.seen[0].headers
    assert sent["Impersonate-User"] == "oidc:ana"
    assert sent.getall("Impersonate-Group") == ["oidc:sre"], "only groups that may be"
    assert sent["Impersonate-Extra-Bailiwick.dev%2fcall-id"] == "call-1"
    assert sent["User-Agent"] == "bailiwick/call-1"
    assert sent["Authorization"] == "Bearer own-token"


@pytest.mark.parametrize(
    ("mode", "authorization"), [("kubeconfig", "Bearer own-token"), ("token", "Bearer anas-token")]
)
async def test_the_other_ways_to_act(tmp_path: Path, mode: str, authorization: str) -> None:
    async with double(says(table([]))) as api, clusters(tmp_path, api.port, act_as=mode) as all_:
        async with all_.named("eu", behalf("anas-token")) as eu:
            await eu.page(PODS, 1)
    assert api.seen[0].headers["Authorization"] == authorization
    assert "Impersonate-User" not in api.seen[0].headers


async def test_a_token_that_is_not_there_is_not_replaced(tmp_path: Path) -> None:
    async with double(says({})) as api, clusters(tmp_path, api.port, act_as="token") as all_:
        async with all_.named("eu", behalf()) as eu:
            with pytest.raises(Rejected, match="there is none"):
                await eu.page(PODS, 1)
    assert api.seen == []


async def test_all_pages_are_read_in_order(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        at = int(request.query.get("continue") or 0)
        return web.json_response(table([f"p{at}"], str(at + 1) if at < 3 else ""))

    async with double(answer) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            names = [row.name async for page in eu.pages(PODS, 1) for row in page.rows]
    assert names == ["p0", "p1", "p2", "p3"]


STATUS = {"kind": "Status", "message": "secret words", "details": {"kind": "pods", "name": "web"}}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, STATUS, Forbidden),
        (403, STATUS, Forbidden),
        (404, STATUS, Rejected),
        (409, STATUS, Moved),
        (410, STATUS, BadRequest),
        (422, STATUS, Rejected),
        (429, STATUS, Unavailable),
        (500, "<html>secret words</html>", Unavailable),
        (503, STATUS, Unavailable),
        (302, "elsewhere", Rejected),
        (200, "<html>secret words</html>", Unreadable),
        (200, [1, 2], Unreadable),
        (200, {"kind": "PodList", "items": []}, Unreadable),
    ],
)
async def test_failures_become_ours(
    tmp_path: Path, status: int, body: Any, error: type[BailiwickError]
) -> None:
    async with double(says(body, status)) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            with pytest.raises(BailiwickError) as caught:
                await eu.page(PODS, 1)
    assert type(caught.value) is error
    assert "secret words" not in str(caught.value), "the upstream's words are for operators"


async def test_nobody_there(tmp_path: Path) -> None:
    async with double(says({})) as api:
        port = api.port
    async with clusters(tmp_path, port) as all_:
        async with all_.named("eu", behalf()) as eu:
            with pytest.raises(Unavailable, match="does not answer"):
                await eu.page(PODS, 1)
        standing = await all_.standing("eu", behalf())
    assert "does not answer" in standing.problem


async def test_slow_is_not_for_ever(tmp_path: Path) -> None:
    async def never(_: web.Request) -> web.Response:
        await anyio.sleep_forever()
        raise AssertionError

    async with double(never) as api, clusters(tmp_path, api.port, seconds=0.2) as all_:
        async with all_.named("eu", behalf()) as eu:
            with pytest.raises(Unavailable):
                await eu.page(PODS, 1)


async def test_a_call_that_is_cancelled_takes_its_request_along(tmp_path: Path) -> None:
    begun, gone = anyio.Event(), anyio.Event()

    async def hold(request: web.Request) -> web.Response:
        begun.set()
        try:
            while request.transport is not None and not request.transport.is_closing():
                await anyio.lowlevel.checkpoint()
        finally:
            gone.set()
        return web.Response()

    async with double(hold) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(eu.page, PODS, 1)
                await begun.wait()
                tasks.cancel_scope.cancel()
        with anyio.fail_after(2):
            await gone.wait()


async def test_a_read_cannot_write(tmp_path: Path) -> None:
    async with double(says({"spec": {"replicas": 3}})) as api:
        async with clusters(tmp_path, api.port) as all_, all_.named("eu", behalf()) as eu:
            kind = BUILTIN["Deployment"]
            with pytest.raises(Rejected, match="only reads"):
                await eu.scale(kind, "shop", "web", replicas=3, seen="7", dry_run=False)
            assert api.seen == []
            with current_risk(Risk.CHANGE):
                wanted = await eu.scale(kind, "shop", "web", replicas=3, seen="7", dry_run=False)
    assert wanted == 3
    request = api.seen[0]
    assert request.path == "/apis/apps/v1/namespaces/shop/deployments/web/scale"
    assert "dryRun" not in request.query


REVIEW = "/apis/authorization.k8s.io/v1"


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", f"{REVIEW}/selfsubjectaccessreviews", ()),
        ("POST", f"{REVIEW}/namespaces/shop/localsubjectaccessreviews", ()),
        ("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", ()),
        ("PATCH", "/api/v1/namespaces/shop/configmaps/a", (("dryRun", "All"),)),
        ("GET", "/api/v1/namespaces/shop/services/proxy", ()),
        ("GET", "/api/v1/namespaces/exec/pods", ()),
    ],
)
async def test_what_leaves_all_as_it_is_is_a_read(
    tmp_path: Path, method: str, path: str, query: Query
) -> None:
    async with double(says({})) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            await eu.raw(method, path, query, body={})
    assert len(api.seen) == 1


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/api/v1/namespaces/shop/pods/a/exec", ()),
        ("GET", "/api/v1/nodes/n/proxy/run", (("dryRun", "All"),)),
        ("POST", "/api/v1/namespaces/shop/pods?dryRun=All", (("dryRun", "All"),)),
        ("POST", "/apis/authorization.k8s.io/v1/reviews/../x", ()),
        ("PATCH", "/api/v1/namespaces/shop/configmaps/a", (("dryRun", "None"),)),
        ("DELETE", "/api/v1/namespaces/shop/configmaps/a", ()),
        ("DELETE", "/api/v1/namespaces/shop/configmaps/a", (("dryRun", "All"),)),
    ],
)
async def test_what_may_act_is_none(tmp_path: Path, method: str, path: str, query: Query) -> None:
    async with double(says({})) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            with pytest.raises(Rejected, match="only reads"):
                await eu.raw(method, path, query, body={})
    assert api.seen == []


async def test_a_stream_comes_piece_by_piece_and_its_refusal_is_ours(tmp_path: Path) -> None:
    async def lines(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/no"):
            return web.json_response({"details": {"kind": "pods", "name": "no"}}, status=404)
        answer = web.StreamResponse()
        await answer.prepare(request)
        for n in range(3):
            await answer.write(b"line %d\n" % n)
        return answer

    async with double(lines) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            async with eu.stream("/api/v1/namespaces/shop/pods/a/log") as pieces:
                assert b"".join([piece async for piece in pieces]) == b"line 0\nline 1\nline 2\n"
            with pytest.raises(Rejected, match="has no pods no"):
                async with eu.stream("/no"):
                    pass


async def test_an_object_comes_without_its_secrets(tmp_path: Path) -> None:
    secret = {
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": '{"data":"aHVudGVy"}'
            },
        },
        "data": {"password": "aHVudGVyMg=="},
    }
    async with double(says(secret)) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            found = await eu.read(BUILTIN["Secret"], "shop", "db")
    assert "aHVudGVy" not in str(found)
    assert list(found["data"]) == ["password"]


GROUPS: dict[str, Any] = {
    "items": [
        {
            "metadata": {"name": "cert-manager.io"},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {
                            "resource": "certificates",
                            "responseKind": {"kind": "Certificate"},
                            "scope": "Namespaced",
                        }
                    ],
                },
                {"version": "v1beta1", "resources": []},
            ],
        }
    ]
}


async def test_custom_kinds_are_found_by_discovery(tmp_path: Path) -> None:
    async with double(says(GROUPS)) as api, clusters(tmp_path, api.port) as all_:
        async with all_.named("eu", behalf()) as eu:
            kind = await eu.kind("Certificate.cert-manager.io")
            await eu.kind("Certificate.cert-manager.io")
            with pytest.raises(BadRequest, match="there is Certificate.cert-manager.io"):
                await eu.kind("Certificate.wrong.io")
    assert kind.path("shop") == "/apis/cert-manager.io/v1/namespaces/shop/certificates"
    assert len(api.seen) == 2, "a kind that is known is not looked up again"


async def test_an_unknown_cluster_names_the_known(tmp_path: Path) -> None:
    async with clusters(tmp_path, 1) as all_:
        with pytest.raises(BadRequest, match="there are: eu"):
            async with all_.named("us", behalf()):
                pass
