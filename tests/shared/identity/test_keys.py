"""An issuer's keys: how often they are fetched, and what happens while it is away."""

from typing import Any

import anyio
import httpx
import pytest

from bailiwick.errors import Unavailable
from bailiwick.identity.keys import COOLDOWN, FRESH, STALE, Keys
from bailiwick.upstream.http import Http
from tests.parts.tokens import URL, Issuer, private, public, secret

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(keys={"e1": private("ES")})


@pytest.fixture
def clock() -> Clock:
    return Clock()


def keys(
    issuer: Issuer, clock: Clock, transport: httpx.AsyncBaseTransport | None = None, **more: Any
) -> Keys:
    client = httpx.AsyncClient(transport=transport or issuer.transport())
    http = Http("issuer main", client, most_bytes=50_000, seconds=more.pop("seconds", 5))
    return Keys(issuer.settings(**more), http, clock)


async def test_many_tokens_fetch_once(issuer: Issuer, clock: Clock) -> None:
    found: list[object] = []
    made = keys(issuer, clock)

    async def find() -> None:
        found.append(await made.find("e1"))

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(find)
    assert len(issuer.asked) == 2, "the discovery document, and the keys"
    assert len(found) == 50
    assert None not in found


async def test_a_configured_address_needs_no_discovery(issuer: Issuer, clock: Clock) -> None:
    assert await keys(issuer, clock, jwks=f"{URL}/keys").find("e1")
    assert issuer.asked == ["/realms/main/keys"]


async def test_an_unknown_id_fetches_again_only_after_the_cooldown(
    issuer: Issuer, clock: Clock
) -> None:
    made = keys(issuer, clock, jwks=f"{URL}/keys")
    assert await made.find("e1")
    issuer.keys["e2"] = private("ES", 2)
    for number in range(20):
        assert await made.find(f"guess-{number}") is None
    assert await made.find("e2") is None
    assert len(issuer.asked) == 1
    clock.now += COOLDOWN
    assert await made.find("e2")
    assert len(issuer.asked) == 2
    assert made.generation == 2


async def test_old_keys_serve_while_the_issuer_is_away_but_not_for_ever(
    issuer: Issuer, clock: Clock
) -> None:
    made = keys(issuer, clock, jwks=f"{URL}/keys")
    assert await made.find("e1")
    issuer.answer = httpx.ConnectError("away")
    clock.now += STALE - 1
    assert await made.find("e1")
    assert not made.fresh()
    clock.now += 2
    with pytest.raises(Unavailable):
        await made.find("e1")
    issuer.answer = None
    clock.now += COOLDOWN
    assert await made.find("e1"), "back again"


async def test_a_withdrawn_key_is_gone_once_the_keys_are_old(issuer: Issuer, clock: Clock) -> None:
    made = keys(issuer, clock)
    assert await made.find("e1")
    issuer.keys = {"e2": private("ES", 2)}
    clock.now += FRESH
    assert await made.find("e1") is None


async def test_a_slow_issuer_keeps_one_caller_waiting_and_not_all(
    issuer: Issuer, clock: Clock
) -> None:
    made = keys(issuer, clock, jwks=f"{URL}/keys")
    assert await made.find("e1")
    asked, go = anyio.Event(), anyio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.set()
        await go.wait()
        return issuer.publish(request)

    made.http = Http("issuer main", httpx.AsyncClient(transport=httpx.MockTransport(slow)))
    clock.now += FRESH
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.find, "e1")
        with anyio.fail_after(1):
            await asked.wait()
            assert await made.find("e1"), "with the keys that are known"
        go.set()


def _answers() -> dict[str, httpx.Response | Exception]:
    away = f"{URL}/elsewhere"
    other = {"issuer": "https://evil.example", "jwks_uri": f"{URL}/keys"}
    plain = {"issuer": URL, "jwks_uri": "http://idp.example/keys"}
    broken = {"issuer": URL, "jwks_uri": "https://[idp"}
    return {
        "away": httpx.ConnectError("nobody there"),
        "late": httpx.ReadTimeout("late"),
        "500": httpx.Response(500),
        "404": httpx.Response(404),
        "redirects": httpx.Response(302, headers={"location": away}),
        "huge": httpx.Response(200, content=b"[" * 60_000),
        "no JSON": httpx.Response(200, content=b"<html>"),
        "deep": httpx.Response(200, content=b'{"keys":' + b"[" * 40_000),
        "another issuer": httpx.Response(200, json=other),
        "keys without TLS": httpx.Response(200, json=plain),
        "keys nowhere": httpx.Response(200, json=broken),
        "file": httpx.Response(200, json={"issuer": URL, "jwks_uri": "file:///etc/passwd"}),
    }


@pytest.mark.parametrize("what", _answers())
async def test_without_any_keys_it_is_the_issuer_that_fails(
    issuer: Issuer, clock: Clock, what: str
) -> None:
    issuer.answer = _answers()[what]
    made = keys(issuer, clock)
    for _ in range(3):
        with pytest.raises(Unavailable, match="issuer main does not give its keys"):
            await made.find("e1")
    assert len(issuer.asked) == 1, "one attempt in a cooldown, and no redirect followed"


async def test_an_issuer_that_never_answers_is_given_up(issuer: Issuer, clock: Clock) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await anyio.sleep_forever()
        raise AssertionError

    made = keys(issuer, clock, httpx.MockTransport(never), seconds=0.01)
    with anyio.fail_after(1), pytest.raises(Unavailable):
        await made.find("e1")


SHORT = private("RS", bits=1024)


@pytest.mark.parametrize(
    "key",
    [
        secret(private("ES", 3), "x"),
        secret(private("RS"), "x"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x", "alg": "HS256"},
        public(private("RS"), "x", use="enc"),
        public(private("RS"), "x", alg="RSA-OAEP"),
        public(private("RS"), "x", alg="none"),
        public(private("RS"), "x", alg="HS256"),
        public(private("ES"), "x", crv="P-999"),
        public(private("ES"), "x", y="AAAA"),
        public(private("ES"), "x") | {"kid": 7},
        public(SHORT, "x"),
        {"kty": "RSA", "kid": "x", "n": 5, "e": []},
        {"kty": ["RSA"], "kid": "x"},
        {"kid": "x"},
    ],
    ids=lambda key: f"{key.get('kty')} {key.get('alg', '')} {key.get('use', '')}",
)
async def test_what_is_no_public_signature_key_is_passed_over(
    issuer: Issuer, clock: Clock, key: dict[str, Any]
) -> None:
    issuer.extra = [key]
    made = keys(issuer, clock, jwks=f"{URL}/keys")
    assert await made.find("x") is None
    assert await made.find("e1"), "the others are read all the same"


async def test_at_most_a_hundred_keys_are_read(issuer: Issuer, clock: Clock) -> None:
    issuer.extra = [public(private("ES"), f"n{number}") for number in range(200)]
    made = keys(issuer, clock)
    assert await made.find("n98")
    assert await made.find("n99") is None
