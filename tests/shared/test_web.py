"""The HTTP side of a house: where it binds, how it ends, and clients that go away."""

# pyright: reportPrivateUsage=false

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from starlette.routing import Router
from starlette.types import Message

from bailiwick import web
from bailiwick.audit.reader import read
from bailiwick.audit.verify import verify
from bailiwick.config import IssuerSettings, ListenSettings, Settings
from bailiwick.errors import BadConfig
from bailiwick.web import bind, configured, url_of
from tests.parts.library import (
    LEGACY,
    MODERN,
    URL,
    Books,
    application,
    asked,
    heads,
    knock,
    scope,
    served,
    settings,
)
from tests.parts.tokens import Issuer

pytestmark = pytest.mark.anyio

ISSUER = {"issuers": [{"name": "main", "url": "https://idp.example"}]}


# Binding


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", ""])  # noqa: S104 - refused
def test_beyond_loopback_needs_an_issuer(host: str) -> None:
    with pytest.raises(BadConfig, match="without an issuer"):
        bind(Settings.model_validate({"listen": {"host": host, "port": 0}}))


def test_a_name_beyond_loopback_needs_an_issuer_too() -> None:
    with pytest.raises(BadConfig, match="without an issuer"):
        bind(Settings.model_validate({"listen": {"url": "https://mcp.example", "port": 0}}))


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"listen": {"port": 0}}, "http://127.0.0.1:{}"),
        ({"listen": {"port": 0, "url": "http://localhost:1/"}}, "http://localhost:1"),
        (
            {"listen": {"port": 0, "url": "https://mcp.example"}, "identity": ISSUER},
            "https://mcp.example",
        ),
        ({"listen": {"port": 0, "host": "0.0.0.0"}, "identity": ISSUER}, "http://0.0.0.0:{}"),  # noqa: S104
    ],
)
def test_where_clients_find_us(given: dict[str, Any], url: str) -> None:
    settings = Settings.model_validate(given)
    with bind(settings) as listener:
        assert url_of(settings, listener) == url.format(listener.getsockname()[1])


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadConfig, match=f"cannot listen on 127.0.0.1:{port}"):
            bind(Settings.model_validate({"listen": {"port": port}}))


@pytest.mark.parametrize("proxies", [[], ["10.0.0.0/8"]])
def test_only_proxies_that_are_named_say_where_a_call_is_from(
    proxies: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    made = configured(Router(), ListenSettings.model_validate({"proxies": proxies}))
    assert (made.proxy_headers, made.forwarded_allow_ips) == (bool(proxies), proxies)


# Start


async def test_dangers_are_told_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    unsafe = IssuerSettings(name="main", url="http://localhost:1/x", unsafe_http=True)
    given: dict[str, Any] = {
        "identity": {"issuers": [unsafe]},
        "servers": {"library": {"unsafe_skip_tls": True}},
    }
    async with served(monkeypatch, tmp_path, **given):
        pass
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [line.split(" is set")[0] for line in told] == [
        "identity.issuers.0.unsafe_http",
        "servers.library.unsafe_skip_tls",
    ]


async def test_a_safe_house_has_nothing_to_warn_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(monkeypatch, tmp_path, Issuer()):
        pass
    assert not [record for record in caplog.records if record.name == "bailiwick"]


async def test_on_loopback_without_an_issuer_the_caller_is_the_local_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path) as house:
        answer = await house.client.get("/.well-known/oauth-protected-resource")
        assert answer.status_code == 404
        await house.call("read_shelf", room="attic")
        for record in await house.records(event="tool.call"):
            assert record.text("actor", "issuer") == "local"
        for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
            answer = await house.post(asked("tools/list"), "", **headers)
            assert answer.status_code in (403, 421), "a page in a browser is not that user"


# Metadata


@pytest.mark.parametrize("path", ["/library/mcp", ""])
async def test_the_metadata_say_whose_tokens_for_what(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, Issuer()) as house:
        answer = await house.client.get(f"/.well-known/oauth-protected-resource{path}")
    assert answer.status_code == 200
    said = answer.json()
    assert said["resource"] == f"{URL}/library/mcp"
    assert said["authorization_servers"] == ["https://idp.example/realms/main"]
    assert said["scopes_supported"] == ["library:read", "library:change", "library:destroy"]
    assert said["bearer_methods_supported"] == ["header"]
    assert "offline_access" not in answer.text


async def test_an_issuer_without_a_path_is_named_as_it_names_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, Issuer(url="https://idp.example")) as house:
        answer = await house.client.get("/.well-known/oauth-protected-resource")
        assert answer.json()["authorization_servers"] == ["https://idp.example"]


async def test_a_websocket_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async with served(monkeypatch, tmp_path, Issuer()) as house:
        await house.app({**scope(), "type": "websocket", "subprotocols": []}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


# Clients that go away


def call(name: str, **arguments: Any) -> tuple[bytes, dict[str, str]]:
    message = json.dumps(asked("tools/call", name=name, arguments=arguments)).encode()
    return message, {"mcp_method": "tools/call", "mcp_name": name}


async def test_a_client_that_goes_away_stops_a_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with served(monkeypatch, tmp_path, issuer) as house:
        message, headers = call("search_shelves", room="attic")

        async def go_away() -> None:
            await house.books.begun.wait()
            gone.set()

        gone = anyio.Event()
        with anyio.fail_after(2):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(go_away)
                await knock(house.app, message, issuer.token(), gone=gone, **headers)
        assert house.books.ended == ["cancelled"]
        (outcome,) = [r for r in await house.records() if r.fields["phase"] == "outcome"]
        assert outcome.fields["outcome"] == "cancelled"
        assert house.site.house.mounted["library"].gate.limits._flying == {}


async def test_a_client_that_goes_away_does_not_stop_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer = Issuer()
    async with served(monkeypatch, tmp_path, issuer) as house:
        message, headers = call("scale_shelf", room="attic", books=3)
        token = issuer.token(sub="will", groups=["writers"])

        async def go_away() -> None:
            await house.books.begun.wait()
            gone.set()
            await anyio.wait_all_tasks_blocked()
            house.books.go.set()

        gone = anyio.Event()
        with anyio.fail_after(2):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(go_away)
                await knock(house.app, message, token, gone=gone, **headers)
        assert house.books.ended == ["moved"]
        (outcome,) = [r for r in await house.records() if r.fields["phase"] == "outcome"]
        assert outcome.fields["outcome"] == "success"


# The end


@contextmanager
def process(folder: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Serve in a process of its own, and say where."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.parts.library", str(folder)]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True) as made:
        try:
            assert made.stderr is not None
            line = made.stderr.readline()
            assert line.startswith("bailiwick: http://127.0.0.1:"), line + made.stderr.read()
            yield made, line.split()[1]
        finally:
            if made.poll() is None:
                made.kill()


def _listen(client: httpx.Client, url: str) -> Any:
    message = asked("subscriptions/listen", notifications={"toolsListChanged": True})
    sent = heads(mcp_method="subscriptions/listen")
    return client.stream("POST", url, json=message, headers=sent)


def _get(client: httpx.Client, url: str) -> Any:
    sent = _session(client, url) | {"accept": "text/event-stream"}
    return client.stream("GET", url, headers=sent)


def _session(client: httpx.Client, url: str) -> dict[str, str]:
    info = {"name": "test", "version": "1"}
    hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": info}
    first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    begun = client.post(url, json=first, headers=heads(mcp_protocol_version="", mcp_method=""))
    session = begun.headers["mcp-session-id"]
    return heads(mcp_session_id=session, mcp_protocol_version=LEGACY, mcp_method="")


@pytest.mark.parametrize(
    ("opens", "told"),
    [
        (_listen, signal.SIGTERM),
        (_get, signal.SIGTERM),
        (None, signal.SIGTERM),
        (_get, signal.SIGINT),
    ],
    ids=["listen", "get", "none", "interrupted"],
)
def test_a_signal_ends_the_process_in_time_with_open_streams(
    opens: Any, told: signal.Signals, tmp_path: Path
) -> None:
    with process(tmp_path) as (made, url), httpx.Client(timeout=5) as client:
        if opens is None:
            os.kill(made.pid, told)
            code = made.wait(3)
        else:
            with opens(client, url) as stream:
                assert stream.status_code == 200
                os.kill(made.pid, told)
                code = made.wait(3)  # the grace of 1 s, and 2
        assert code == 0
        assert made.stderr is not None
        assert made.stderr.read() == ""
    journal = tmp_path / "state" / "journal"
    report = verify(journal)
    assert report.ok
    assert not report.warnings
    *_, last = read(journal)
    assert last.fields["event"] == "audit.stop"


@pytest.mark.parametrize("revision", [LEGACY, MODERN])
def test_a_call_under_way_gets_half_the_grace_and_its_answer(revision: str, tmp_path: Path) -> None:
    message = asked("tools/call", name="search_shelves", arguments={"room": "attic"})
    sent = heads(mcp_method="tools/call", mcp_name="search_shelves")
    with (
        process(tmp_path) as (made, url),
        httpx.Client(timeout=5) as client,
        ThreadPoolExecutor(1) as thread,
    ):
        if revision == LEGACY:
            sent = _session(client, url)
            del message["params"]["_meta"]
        answer = thread.submit(client.post, url, json=message, headers=sent)
        assert made.stderr is not None
        assert made.stderr.readline() == "begun\n"
        os.kill(made.pid, signal.SIGTERM)
        assert "no answer in" in answer.result(3).text
        assert made.wait(3) == 0
        assert made.stderr.read() == ""
    outcomes = [r for r in read(tmp_path / "state" / "journal") if r.fields["phase"] == "outcome"]
    assert [record.fields["outcome"] for record in outcomes] == ["error"]


@pytest.mark.anyio
async def test_what_serves_one_person_does_not_serve_several(tmp_path: Path) -> None:
    issuer = Issuer()
    alone = replace(application(Books()), alone="everybody would act as one")
    with pytest.raises(BadConfig, match="refusing to serve several people: everybody"):
        await web.serve(settings(tmp_path, issuer), [alone])
