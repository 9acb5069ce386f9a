"""The door: who is let in, who is turned away, and what is left behind of either."""

import json
import logging
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.types import ASGIApp, Message

from bailiwick.config import ListenSettings
from bailiwick.door import Guests, TurnedAway
from tests.parts.library import LEGACY, URL, House, asked, door_of, heads, scope, served
from tests.parts.tokens import Issuer

pytestmark = pytest.mark.anyio

LIST = asked("tools/list")
CANARY = "canary-7f3a"


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
async def house(
    issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[House]:
    async with served(monkeypatch, tmp_path, issuer) as made:
        yield made


# Credentials


async def test_without_credentials_the_challenge_names_no_error(house: House) -> None:
    answer = await house.post(LIST)
    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == 401
    assert challenge.startswith("Bearer ")
    assert (
        f'resource_metadata="{URL}/.well-known/oauth-protected-resource/library/mcp"' in challenge
    )
    assert 'scope="library:read library:change library:destroy"' in challenge
    assert "error" not in challenge
    assert answer.headers["cache-control"] == "no-store"


async def test_a_bad_token_is_an_invalid_token(house: House, issuer: Issuer) -> None:
    for token in ("x.y.z", issuer.token(aud="bailiwick-cluster"), issuer.token(exp=1, iat=0)):
        answer = await house.post(LIST, token)
        challenge = answer.headers["www-authenticate"]
        assert answer.status_code == 401
        assert 'error="invalid_token"' in challenge
        assert 'error_description="' in challenge
        assert answer.json()["error"] == "invalid_token"
        assert token not in answer.text + challenge


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer  ", "DPoP x", "token", ""])
async def test_what_is_no_bearer_token_gets_the_plain_challenge(house: House, value: str) -> None:
    answer = await house.client.post(
        "/library/mcp", json=LIST, headers=heads() | {"authorization": value}
    )
    assert answer.status_code == 401
    assert "error" not in answer.headers["www-authenticate"]


@pytest.mark.parametrize("kind", ["Bearer {}", "bearer {}", "BEARER   {} "])
async def test_the_kind_of_letters_does_not_matter(house: House, issuer: Issuer, kind: str) -> None:
    message = asked("tools/call", name="read_shelf", arguments={"room": "attic"})
    token = issuer.token()
    sent = heads(mcp_method="tools/call", mcp_name="read_shelf")
    answer = await house.client.post(
        "/library/mcp", json=message, headers=sent | {"authorization": kind.format(token)}
    )
    assert answer.status_code == 200
    assert house.books.credentials == [token], "without the blanks around it"


async def test_two_authorization_headers_are_one_too_many(house: House, issuer: Issuer) -> None:
    token = issuer.token()
    twice = [*heads(token).items(), ("authorization", f"Bearer {token}")]
    answer = await house.client.post("/library/mcp", json=LIST, headers=twice)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("where", ["access_token={}", "token={}", "authorization=Bearer%20{}"])
async def test_a_token_in_the_query_is_not_honoured(
    house: House, issuer: Issuer, where: str
) -> None:
    answer = await house.client.post(
        f"/library/mcp?{where.format(issuer.token())}", json=LIST, headers=heads()
    )
    assert answer.status_code == 401


async def test_every_path_and_method_behind_the_door_needs_a_token(house: House) -> None:
    for path in ("/library/mcp", "/library/sse", "/library/messages/", "/library/", "/library/x"):
        for method in ("GET", "POST", "DELETE", "PUT", "OPTIONS"):
            answer = await house.client.request(method, path)
            assert answer.status_code == 401, (method, path)


async def test_keys_that_cannot_be_had_are_not_the_callers_fault(
    house: House, issuer: Issuer
) -> None:
    issuer.answer = httpx.ConnectError("away")
    answer = await house.post(LIST, issuer.token())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "www-authenticate" not in answer.headers


async def test_a_verifier_that_breaks_turns_away_and_tells_nothing(
    house: House, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr("bailiwick.identity.verifier.Verifier.verify", broken)
    answer = await house.post(LIST, issuer.token())
    assert answer.status_code == 500
    assert CANARY not in answer.text + caplog.text
    assert "in broken" in caplog.text, "the place is logged"
    (record,) = await house.records(event="door.refused")
    assert record.at("reason") == "500 library: crash KeyError"


# Host and Origin

HOSTS = {
    "mcp.example": True,
    "MCP.EXAMPLE": True,
    "localhost": True,
    "localhost:99": True,
    "127.0.0.1:8765": True,
    "[::1]:8765": True,
    "console.example:444": True,
    "evil.example": False,
    "mcp.example.evil.example": False,
    "mcp.example:x": False,
    "localhost:": False,
    "localhost:1@evil.example": False,
    "evil.example:8765": False,
    "": False,
}


@pytest.mark.parametrize("host", HOSTS)
async def test_only_our_own_host_is_served(
    host: str, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = {"hosts": ["Console.example:*"]}
    async with served(monkeypatch, tmp_path, issuer, listen=listen) as house:
        answer = await house.post(LIST, issuer.token(), host=host or " ")
        assert answer.status_code == (200 if HOSTS[host] else 421)


ORIGINS = {
    "https://mcp.example": True,
    "HTTPS://MCP.example": True,
    "http://localhost:3000": True,
    "https://console.example": True,
    "null": False,
    "https://evil.example": False,
    "http://mcp.example": False,
    "https://mcp.example.evil.example": False,
    "https://console.example:8443": False,
    "file://": False,
}


@pytest.mark.parametrize("origin", ORIGINS)
async def test_only_origins_that_are_named_are_served(
    origin: str, issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = {"origins": ["https://Console.example"]}
    async with served(monkeypatch, tmp_path, issuer, listen=listen) as house:
        answer = await house.post(LIST, issuer.token(), origin=origin)
        assert answer.status_code == (200 if ORIGINS[origin] else 403)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 421),
        ([(b"host", b"mcp.example"), (b"host", b"mcp.example")], 421),
        ([(b"host", b"mcp.example"), (b"origin", b"https://mcp.example")] * 1, 0),
        ([(b"host", b"mcp.example"), *[(b"origin", b"https://mcp.example")] * 2], 403),
        ([(b"host", b"mcp.ex\xe4mple")], 421),
        ([(b"host", b"localhost:\xb2")], 421),
    ],
    ids=["no host", "two hosts", "one of each", "two origins", "not ascii", "a power of two"],
)
def test_headers_that_are_missing_or_repeated(
    headers: list[tuple[bytes, bytes]], status: int
) -> None:
    guests = Guests.of(ListenSettings(), URL)
    if not status:
        guests.check(headers)
        return
    with pytest.raises(TurnedAway) as caught:
        guests.check(headers)
    assert caught.value.turned.status == status


async def test_a_forged_host_is_turned_away_before_its_token_is_looked_at(
    house: House, issuer: Issuer
) -> None:
    assert (await house.post(LIST, issuer.token(), host="evil.example")).status_code == 421
    assert issuer.asked == []


# Bodies

TWICE = '{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}'
BODIES: dict[str, tuple[bytes, int, str]] = {
    "too large": (b'"' + b"x" * 1_000_001 + b'"', 413, "more than 1000000 bytes"),
    "10 000 deep": (b"[" * 10_000 + b"]" * 10_000, 400, "deeper than 64"),
    "10 000 deep, never closed": (b'{"a":' * 10_000, 400, "deeper than 64"),
    "brackets in a string": (json.dumps({"a": '["\\"' * 100}).encode(), 400, "jsonrpc"),
    "the same key twice": (TWICE.encode(), 400, "same key twice"),
    "twice, further in": (b'{"a": [{"b": 1, "b": 1}]}', 400, "same key twice"),
    "twice, under an escape": (b'{"a": 1, "\\u0061": 2}', 400, "same key twice"),
    "twice, after many digits": (b'{"x": ' + b"1" * 5_000 + b', "a": 1, "a": 2}', 400, "twice"),
    "not UTF-8": (b'{"a": "\xff"}', 400, "not UTF-8"),
    "UTF-16": (TWICE.encode("utf-16-le"), 400, "-32700"),
    "UTF-16 with a mark": (TWICE.encode("utf-16"), 400, "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf" + TWICE.encode(), 400, "-32700"),
    "no JSON": (b"{", 400, "-32700"),
    "nothing": (b"", 400, "-32700"),
    "a batch": (json.dumps([LIST, LIST]).encode(), 400, "-32600"),
    "no request": (b'{"a": 1}', 400, "-32600"),
    "unknown revision": (json.dumps(LIST).replace("2026-07-28", "2027-01-01").encode(), 400, "-32"),
}


@pytest.mark.parametrize(("body", "status", "says"), BODIES.values(), ids=BODIES.keys())
async def test_bodies(house: House, issuer: Issuer, body: bytes, status: int, says: str) -> None:
    answer = await house.post(body, issuer.token())
    assert answer.status_code == status
    assert says in answer.text or says == "jsonrpc"
    (record,) = await house.records(event="door.refused")
    assert record.text("actor", "subject") == "ana"
    assert record.text("result", "reason").startswith(str(status))


@pytest.mark.parametrize("name", ["UTF-16", "a byte order mark", "the same key twice"])
async def test_older_revisions_get_no_second_reading_either(
    house: House, issuer: Issuer, name: str
) -> None:
    answer = await house.post(BODIES[name][0], issuer.token(), mcp_protocol_version=LEGACY)
    assert answer.status_code == 400


async def knock(
    app: ASGIApp, messages: list[Message], token: str, *, wait: bool = False
) -> list[Message]:
    """Send ASGI messages by hand."""
    sent: list[Message] = []
    left = list(messages)

    async def receive() -> Message:
        if not left:
            if wait:
                await anyio.sleep_forever()
            return {"type": "http.disconnect"}
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope(token), receive, send)
    return sent


async def test_a_body_that_does_not_come_is_not_waited_for(
    issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, issuer) as house:
        half: Message = {"type": "http.request", "body": b'{"jsonrpc"', "more_body": True}
        impatient = replace(door_of(house), body_seconds=0.01)
        with anyio.fail_after(1):
            sent = await knock(impatient, [half], issuer.token(), wait=True)
        assert sent[0]["status"] == 408
        (record,) = await house.records(event="door.refused")
        assert record.text("source", "ip") == "192.0.2.7"


async def test_half_a_body_is_not_taken_for_a_whole_one(house: House, issuer: Issuer) -> None:
    whole = json.dumps(LIST).encode()  # good as it stands, but more was announced
    part: Message = {"type": "http.request", "body": whole, "more_body": True}
    sent = await knock(house.app, [part], issuer.token())
    assert sent[0]["status"] == 400


async def test_a_body_in_many_parts_is_whole(house: House, issuer: Issuer) -> None:
    whole = json.dumps(LIST).encode()
    parts: list[Message] = [
        {"type": "http.request", "body": whole[n : n + 7], "more_body": True}
        for n in range(0, len(whole), 7)
    ]
    parts.append({"type": "http.request", "body": b"", "more_body": False})
    sent = await knock(house.app, parts, issuer.token(), wait=True)
    assert sent[0]["status"] == 200


# What is left behind


async def test_ten_thousand_strangers_leave_a_handful_of_records(house: House) -> None:
    sent: list[int] = []

    async def send(message: Message) -> None:
        sent.append(message.get("status", 0))

    async def receive() -> Message:
        raise AssertionError("nobody reads what a stranger says")

    door = door_of(house)
    forged = scope(host="evil.example")
    for number in range(10_000):
        await door(forged if number % 2 else scope(), receive, send)
    assert {status for status in sent if status} == {401, 421}
    records = await house.records(event="door.refused")
    assert len(records) <= 6, "two reasons, in a window of ten seconds or two"
    assert sum(record.at("count") for record in records) == 10_000


async def test_a_stranger_is_counted_with_address_and_reason(house: House) -> None:
    for _ in range(5):
        await house.post(LIST)
    (record,) = await house.records(event="door.refused")
    assert record.fields["reason"] == "401 library: no credentials"
    assert record.fields["count"] == 5
    assert record.text("source", "ip") == "127.0.0.1"


async def test_what_a_caller_we_know_is_refused_stands_there_once(
    house: House, issuer: Issuer
) -> None:
    await house.post(asked("library/burn"), issuer.token(), mcp_method="library/burn")
    (record,) = await house.records(event="door.refused")
    assert record.text("actor", "subject") == "ana"


async def test_no_secret_is_left_anywhere(
    house: House, issuer: Issuer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good = issuer.token()
    signatures = [good.rsplit(".", 1)[1]]
    for token in (good, issuer.token(aud="x"), issuer.token(kid="k1", sub=f"a\n{CANARY}")):
        signatures.append(token.rsplit(".", 1)[1])
        await house.post(asked("tools/list", note=CANARY), token)
        await house.post(json.dumps({"x": CANARY}).encode(), token)
        await house.post(f'{{"{CANARY}": 1, "{CANARY}": 2}}'.encode(), token)
        await house.post(f"{{{CANARY}".encode(), token)
        await house.client.post(
            f"/library/mcp?access_token={token}&x={CANARY}", json=LIST, headers=heads()
        )
    await house.post(LIST, CANARY, origin=f"https://{CANARY}", host=CANARY)
    await house.post(LIST, CANARY)
    await house.records()
    left = "".join(
        path.read_text(errors="replace") for path in (tmp_path / "state").rglob("*.jsonl")
    )
    assert "door.refused" in left
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("httpx"))
    for secret in (CANARY, *signatures):
        assert secret not in left
        assert secret not in ours


async def test_a_crash_behind_the_door_is_written_down(house: House, issuer: Issuer) -> None:
    async def crash(*_: object) -> None:
        raise LookupError(CANARY)

    whole: Message = {"type": "http.request", "body": json.dumps(LIST).encode()}
    with pytest.raises(LookupError):
        await knock(replace(door_of(house), app=crash), [whole], issuer.token())
    (record,) = await house.records(event="door.refused")
    assert record.text("result", "reason") == "500 crash LookupError"
    assert record.text("actor", "subject") == "ana"
