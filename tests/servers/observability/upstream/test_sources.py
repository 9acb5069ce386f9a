"""All sources of a process: whom each client is for, and what is never shared."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSListener, TLSStream

from bailiwick.errors import BadRequest, Forbidden, Rejected, Unavailable
from bailiwick.policy.question import Principal, Risk
from bailiwick.upstream.current import current_risk
from bailiwick_observability.models.alerts import Matcher, Silence
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import read
from bailiwick_observability.upstream.sources import SourcePool
from practice.pki import Authority, found
from tests.parts.metrics import NOW, Prom

pytestmark = pytest.mark.anyio
EU: dict[str, Any] = {"kind": "prometheus", "url": "http://prom"}


def pool(**sources: dict[str, Any]) -> SourcePool:
    return SourcePool(read({"sources": sources}).sources)


def who(subject: str = "ana", *groups: str, token: str = "") -> Behalf:
    return Behalf(Principal("practice", subject, "agent", frozenset(groups)), "call-1", token)


def sent(prom: Prom, header: str) -> list[str]:
    return [request.headers.get(header, "") for request in prom.seen]


def mounted(folder: Path, name: str, value: str, *groups: str) -> dict[str, Any]:
    (folder / name).write_text(value)
    return {"file": folder / name, "groups": groups}


def test_names_and_kinds() -> None:
    made = pool(eu=EU, am={"kind": "alertmanager", "url": "http://am"})
    assert made.names() == ["eu", "am"]
    assert made.names("alertmanager", "grafana") == ["am"]
    assert made.kind("am") == "alertmanager"
    assert made.settings("eu").url == "http://prom"


@pytest.mark.parametrize(
    ("what", "source", "why"),
    [
        ("prometheus", "am", "'am' is of kind alertmanager and has no metrics; these do: eu"),
        ("metrics", "am", "has no metrics; these do: eu"),
        ("metrics", "mars", "no source 'mars' with anything; there are: eu, am"),
        ("alertmanager", "eu", "has no alerts; these do: am"),
        ("dashboards", "eu", "has no dashboards; these do: none; its operator adds one"),
        ("problems", "eu", "has no problems; these do: none"),
        ("logs", "eu", "has no logs; these do: none"),
        ("splunk", "eu", "has no logs"),
    ],
)
def test_what_a_source_has_not_names_those_that_have(what: str, source: str, why: str) -> None:
    made = pool(eu=EU, am={"kind": "alertmanager", "url": "http://am"})
    with pytest.raises(BadRequest, match=why):
        getattr(made, what)(source, who())
    with pytest.raises(BadRequest, match="has no dashboards"):
        made.proxied("eu", "p1", who())


async def test_each_group_has_its_credential_and_its_tenant(tmp_path: Path, prom: Prom) -> None:
    made = pool(
        eu={
            **EU,
            "credentials": [
                mounted(tmp_path, "s", "shop-token", "shop"),
                mounted(tmp_path, "b", "bank-token", "bank"),
            ],
            "tenants": [
                {"tenant": "shop", "groups": ["shop"]},
                {"tenant": "bank", "groups": ["bank"]},
            ],
        }
    )
    for behalf in (who("ana", "shop"), who("bo", "bank"), who("ana", "shop")):
        await made.prometheus("eu", behalf).instant("x")
    assert sent(prom, "Authorization") == [
        "Bearer shop-token",
        "Bearer bank-token",
        "Bearer shop-token",
    ]
    assert sent(prom, "X-Scope-OrgID") == ["shop", "bank", "shop"]
    with pytest.raises(Forbidden):
        made.prometheus("eu", who("eve", "sales"))
    assert len(prom.seen) == 3
    await made.close()


async def test_one_credential_for_two_tenants_never_mixes_them(tmp_path: Path, prom: Prom) -> None:
    tenants = [{"tenant": "shop", "groups": ["shop"]}, {"tenant": "bank", "groups": ["bank"]}]
    made = pool(eu={**EU, "credentials": [mounted(tmp_path, "t", "t0k")], "tenants": tenants})
    first, second = (made.prometheus("eu", who(n, g)) for n, g in (("ana", "shop"), ("bo", "bank")))
    await second.instant("x")
    await first.instant("x")
    assert sent(prom, "X-Scope-OrgID") == ["bank", "shop"]


async def test_a_callers_token_goes_only_where_that_is_said(tmp_path: Path, prom: Prom) -> None:
    made = pool(
        eu={**EU, "act_as": "caller"},
        us=EU,
        asia={**EU, "credentials": [mounted(tmp_path, "t", "service-token")]},
    )
    for name in ("eu", "us", "asia"):
        for behalf in (who("ana", token="anas-own"), who("bo", token="bos-own")):
            await made.prometheus(name, behalf).instant("x")
    assert sent(prom, "Authorization") == [
        "Bearer anas-own", "Bearer bos-own", "", "", "Bearer service-token", "Bearer service-token",
    ]  # fmt: skip
    with pytest.raises(Forbidden, match="this call has none"):
        made.prometheus("eu", who("eve"))


async def test_no_cookie_of_one_caller_reaches_another(tmp_path: Path, prom: Prom) -> None:
    made = pool(eu={**EU, "act_as": "caller"})
    ana = made.prometheus("eu", who("ana", token="a"))
    bo = made.prometheus("eu", who("bo", token="b"))
    assert ana.http.client is not bo.http.client
    assert made.prometheus("eu", who("ana", token="a")).http.client is ana.http.client


async def test_a_rotated_credential_is_sent_with_the_next_request(
    tmp_path: Path, prom: Prom
) -> None:
    made = pool(eu={**EU, "credentials": [mounted(tmp_path, "t", "old")]})
    store = made.prometheus("eu", who())
    await store.instant("x")
    (tmp_path / "t").write_text("rotated")
    await store.instant("x")
    assert sent(prom, "Authorization") == ["Bearer old", "Bearer rotated"]


async def test_many_callers_leave_few_clients_and_close_them_all(prom: Prom) -> None:
    made = pool(eu={**EU, "act_as": "caller"})
    clients = [
        made.prometheus("eu", who("ana", token=str(number))).http.client for number in range(100)
    ]
    await made.prometheus("eu", who("ana", token="99")).instant("x")
    assert [each.is_closed for each in clients] == [True] * 36 + [False] * 64
    await made.close()
    assert all(each.is_closed for each in clients)


async def test_the_platform_of_a_caller_is_not_the_api() -> None:
    settings = {
        "kind": "dynatrace", "url": "http://api", "platform_url": "http://platform",
        "act_as": "caller",
    }  # fmt: skip
    made = pool(dt=settings)
    api: Any = made.problems("dt", who("ana", token="a"))
    assert api.http.client.base_url.host == "api"
    assert api.grail.client.base_url.host == "platform"
    await made.close()


async def test_a_read_changes_nothing_whichever_source_it_asks(prom: Prom) -> None:
    made = pool(am={"kind": "alertmanager", "url": "http://am"})
    silence = Silence("", (Matcher("a", "b"),), NOW, NOW + 60, "ana", "why", "")
    manager = made.alertmanager("am", who())
    with current_risk(Risk.READ), pytest.raises(Rejected, match="may not change am"):
        await manager.silence(silence)
    assert prom.seen == []
    with current_risk(Risk.CHANGE):
        await manager.silence(silence)
    assert [request.method for request in prom.seen] == ["POST"]


# TLS, for real


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return found(tmp_path / "pki")


@asynccontextmanager
async def secure(authority: Authority, name: str) -> AsyncGenerator[str]:
    """Answer any question over TLS on loopback, with a certificate for one name."""
    authority.issue("server", name, names=[name])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    folder = authority.folder
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    body = b'{"status":"success","data":["x"]}'
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)

    async def answer(stream: TLSStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(head + body)

    plain = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = plain.extra(SocketAttribute.local_port)  # noqa: S610 - no database here
    listener = _Quiet(plain, context, standard_compatible=False)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, answer)
        yield f"https://127.0.0.1:{port}"
        tasks.cancel_scope.cancel()


class _Quiet(TLSListener):
    """Lets a client that does not like the certificate go."""

    @staticmethod
    async def handle_handshake_error(exc: BaseException, stream: Any) -> None:  # noqa: ARG004
        await anyio.aclose_forcefully(stream)


async def labels(url: str, **more: Any) -> list[str]:
    made = pool(eu={**EU, "url": url, **more})
    try:
        return list(await made.prometheus("eu", who()).labels())
    finally:
        await made.close()


async def test_a_certificate_of_the_right_name(authority: Authority) -> None:
    async with secure(authority, "127.0.0.1") as url:
        assert await labels(url, ca_file=authority.ca_file) == ["x"]


async def test_a_certificate_of_another_name(authority: Authority) -> None:
    async with secure(authority, "prometheus.example") as url:
        with pytest.raises(Unavailable, match="not one we trust for that name"):
            await labels(url, ca_file=authority.ca_file)
        assert await labels(url, unsafe_skip_tls=True) == ["x"]


async def test_a_certificate_of_an_authority_that_nobody_knows(authority: Authority) -> None:
    async with secure(authority, "127.0.0.1") as url:
        with pytest.raises(Unavailable, match="not one we trust for that name"):
            await labels(url)
