"""Spans as a collector gets them: the caller's trace goes on, and nobody's words are in it."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import pytest
from pydantic import Field

from bailiwick.audit.reader import Query, Record, read
from bailiwick.errors import Unavailable
from bailiwick.policy.question import Risk
from bailiwick.server import Application
from bailiwick.shaping.redaction import redact_text
from bailiwick.telemetry import lines
from bailiwick.tool import Call, Plan, Scope, tool
from bailiwick.upstream.http import Http, Request
from bailiwick.web import Site
from tests.parts.collector import Collector, Kept, collector
from tests.parts.library import asked, heads, nothing, settings

pytestmark = pytest.mark.anyio

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CANARY = "canary-4711"
POLICY = """
permit (principal, action, resource) unless { action == Action::"explain_secret" };
permit (principal, action == Action::"scale_desk", resource)
when { context.approval == "second_person" };
"""
SERVER, CLIENT, INTERNAL, ERROR = 2, 3, 1, 2

Name = Annotated[str, Scope("Desk"), Field(max_length=80)]


@dataclass
class Behind:
    """An upstream that is far away, and what it was sent."""

    sent: list[httpx.Request] = field(default_factory=list[httpx.Request])
    status: int = 200

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if self.status == 0:
            raise httpx.ConnectError(f"no way to {CANARY}", request=request)
        return httpx.Response(self.status, text=CANARY)

    def http(self, **more: Any) -> Http:
        link = httpx.AsyncClient(
            transport=httpx.MockTransport(self.answer), base_url="https://far.example"
        )
        return Http("far", link, **more)


@tool(risk=Risk.READ)
async def read_desk(call: Call[Behind], desk: Name, stranger: bool = False) -> str:
    """Ask what is far away."""
    headers = {"authorization": f"Bearer {CANARY}"}
    asked_ = Request("GET", f"/{CANARY}", {"q": CANARY}, headers=headers)
    http = call.upstream.http(ours=not stranger)
    return http.accepted(await http.exchange(asked_)).body.decode()


@tool(risk=Risk.READ)
async def explain_secret(call: Call[Behind], desk: Name) -> str:
    """Say what nobody may know."""
    raise AssertionError(desk)


@tool(risk=Risk.READ)
async def list_bugs(call: Call[Behind], desk: Name) -> str:
    """Break."""
    logging.getLogger("bailiwick").warning("about to break")
    raise RuntimeError(f"{CANARY} {desk}")


async def plan_desk(call: Call[Behind], desk: str) -> Plan:
    return Plan(f"scales {desk}")


@tool(risk=Risk.CHANGE, plan=plan_desk)
async def scale_desk(call: Call[Behind], desk: Name) -> str:
    """Change something."""
    raise Unavailable(f"no answer about {desk}", detail=CANARY)


TOOLS = (read_desk, explain_secret, list_bugs, scale_desk)


@dataclass
class Served:
    """A house in this process, whose spans go to a collector."""

    collector: Collector
    behind: Behind
    client: httpx.AsyncClient
    journal: Path

    async def call(
        self, name: str, meta: dict[str, Any] | None = None, stranger: bool = False, **headers: str
    ) -> str:
        """Call a tool about a canary, and return the text."""
        given = {"desk": CANARY} | ({"stranger": True} if stranger else {})
        message = asked("tools/call", name=name, arguments=given)
        message["params"]["_meta"] |= meta or {}
        sent = heads(mcp_method="tools/call", mcp_name=name, **headers)
        answer = await self.client.post("/desk/mcp", json=message, headers=sent)
        return str(answer.json()["result"]["content"][0]["text"])

    def records(self) -> list[Record]:
        return [r for r in read(self.journal, Query()) if r.text("action", "tool")]


@asynccontextmanager
async def tracing(folder: Path, to: Collector, **more: Any) -> AsyncGenerator[Served]:
    """Serve; what waits is sent when the block ends."""
    made = settings(folder, telemetry={"traces": to.url, **more})
    (folder / "policy.cedar").write_text(POLICY)
    behind = Behind()
    app = Application("desk", "Desk", "Desks.", TOOLS, behind, nothing)
    async with Site(made, "http://127.0.0.1:8765").open([app]) as router:
        transport = httpx.ASGITransport(router)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8765"
        ) as client:
            yield Served(to, behind, client, made.journal_path)


def below(spans: list[Kept], root: Kept) -> list[str]:
    """Name what stands directly below a span, in the order of its end."""
    return [span.name for span in spans if span.parent == root.id]


async def test_a_call_is_a_part_of_its_callers_trace(tmp_path: Path) -> None:
    with collector() as to:
        async with tracing(tmp_path, to) as house:
            meta = {
                "traceparent": f"00-{TRACE}-{SPAN}-01",
                "tracestate": "rojo=1",
                "baggage": f"who={CANARY}",
            }
            await house.call("read_desk", meta, baggage=f"who={CANARY}")
            records = house.records()
        spans = to.spans()
    root = to.one("tools/call read_desk")
    assert {span.trace for span in spans} == {TRACE}
    assert (root.parent, root.kind, root.state) == (SPAN, SERVER, "rojo=1")
    assert below(spans, root) == [
        *("limits", "policy", "journal.intent", "tool", "shaping", "journal.outcome")
    ]
    assert {span.kind for span in spans if span.parent == root.id} == {INTERNAL}
    (request,) = [span for span in spans if span.kind == CLIENT]
    (stage,) = [span for span in spans if span.id == request.parent]
    assert (request.name, stage.name) == ("GET", "tool")
    assert request.attributes == {
        "http.request.method": "GET",
        "server.address": "far.example",
        "http.response.status_code": 200,
        "bailiwick.upstream": "far",
    }
    assert {r.text("call") for r in records} == {root.attributes["bailiwick.call"]}
    assert {r.text("source", "trace") for r in records} == {TRACE}
    assert root.attributes == {
        "mcp.method.name": "tools/call",
        "mcp.protocol.version": "2026-07-28",
        "network.transport": "tcp",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "read_desk",
        "bailiwick.server": "desk",
        "bailiwick.risk": "read",
        "bailiwick.outcome": "success",
        "bailiwick.call": root.attributes["bailiwick.call"],
    }
    assert root.resource["service.name"] == "bailiwick"
    assert CANARY.encode() not in b"".join(to.bodies)


async def test_no_word_of_anybody_is_in_a_span_however_a_call_fails(tmp_path: Path) -> None:
    with collector() as to:
        async with tracing(tmp_path, to) as house:
            for status in (404, 503, 0):
                house.behind.status = status
                assert "[upstream_" in await house.call("read_desk")
            for name in ("explain_secret", "list_bugs", "scale_desk"):
                await house.call(name)
        spans, said = to.spans(), b"".join(to.bodies)
    assert CANARY.encode() not in said
    failed = {span.name: span.status for span in spans if span.kind == SERVER}
    assert failed == {
        "tools/call read_desk": (ERROR, "upstream_unavailable"),
        "tools/call explain_secret": (ERROR, "denied"),
        "tools/call list_bugs": (ERROR, "bug"),
        "tools/call scale_desk": (ERROR, "upstream_unavailable"),
    }
    requests = [span.attributes for span in spans if span.kind == CLIENT]
    assert [each.get("error.type") for each in requests] == ["404", "503", "no_answer"]
    denied = to.one("tools/call explain_secret")
    (stage,) = [s for s in spans if s.parent == denied.id and s.name == "policy"]
    assert stage.status == (ERROR, "denied")
    change = to.one("tools/call scale_desk")
    assert below(spans, change) == [
        *("limits", "policy", "journal.intent", "plan", "tool", "journal.outcome")
    ]
    assert change.attributes["bailiwick.outcome"] == "unknown"


@pytest.mark.parametrize(
    ("meta", "header", "trace"),
    [
        ({}, f"00-{TRACE}-{SPAN}-01", TRACE),
        ({"traceparent": f"00-{TRACE}-{SPAN}-01"}, f"00-{'1' * 32}-{SPAN}-01", TRACE),
        ({"traceparent": "nonsense"}, f"00-{TRACE}-{SPAN}-01", ""),
        ({}, "nonsense", ""),
        ({}, "", ""),
    ],
)
async def test_the_message_names_the_parent_or_else_the_request(
    meta: dict[str, Any], header: str, trace: str, tmp_path: Path
) -> None:
    with collector() as to:
        async with tracing(tmp_path, to) as house:
            await house.call("read_desk", meta, traceparent=header)
            (recorded,) = {r.text("source", "trace") for r in house.records()}
    root = to.one("tools/call read_desk")
    assert root.trace == recorded
    if trace:
        assert root.trace == trace
    else:
        assert root.parent == ""
        assert root.trace not in (TRACE, "1" * 32)


@pytest.mark.parametrize(
    ("sample", "flags", "spans"), [(1.0, "00", 0), (0.0, "01", 8), (0.0, "", 0), (1.0, "", 8)]
)
async def test_a_caller_that_is_traced_has_decided(
    sample: float, flags: str, spans: int, tmp_path: Path
) -> None:
    with collector() as to:
        async with tracing(tmp_path, to, sample=sample) as house:
            meta = {"traceparent": f"00-{TRACE}-{SPAN}-{flags}"} if flags else {}
            await house.call("read_desk", meta)
            traces = {r.text("source", "trace") for r in house.records()}
        assert len(to.spans()) == spans
    expected = {TRACE} if flags else {to.spans()[0].trace if spans else ""}
    assert traces == expected, "the record knows the caller's trace, kept or not"


@pytest.mark.parametrize(("propagate", "stranger"), [(True, False), (False, False), (True, True)])
async def test_upstreams_are_told_of_the_trace_where_the_operator_says_so(
    propagate: bool, stranger: bool, tmp_path: Path
) -> None:
    with collector() as to:
        async with tracing(tmp_path, to, propagate=propagate) as house:
            parent = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "a=1"}
            await house.call("read_desk", parent, stranger)
            told = house.behind.sent[0].headers
    assert "baggage" not in told
    assert "tracestate" not in told
    (request,) = [span for span in to.spans() if span.kind == CLIENT]
    wanted = f"00-{TRACE}-{request.id}-01" if propagate and not stranger else None
    assert told.get("traceparent") == wanted


class Heard(logging.StreamHandler[StringIO]):
    """Keeps the lines."""

    def __init__(self) -> None:
        super().__init__(StringIO())
        self.setFormatter(lines.Lines(redact_text))


async def test_a_line_that_is_said_in_a_call_names_it(tmp_path: Path) -> None:
    log, heard = logging.getLogger("bailiwick"), Heard()
    log.addHandler(heard)
    try:
        async with tracing(tmp_path, Collector("")) as house:
            await house.call("list_bugs", {"traceparent": f"00-{TRACE}-{SPAN}-01"})
            (call,) = {r.text("call") for r in house.records()}
    finally:
        log.removeHandler(heard)
    line = orjson.loads(heard.stream.getvalue())
    assert (line["call"], line["trace"]) == (call, TRACE)


async def test_without_a_collector_the_record_still_knows_the_callers_trace(tmp_path: Path) -> None:
    with collector() as to:
        async with tracing(tmp_path, Collector("")) as house:
            await house.call("read_desk", {"traceparent": f"00-{TRACE}-{SPAN}-01"})
            assert {r.text("source", "trace") for r in house.records()} == {TRACE}
    assert to.bodies == []
