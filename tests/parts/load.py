"""Fifty clients of a fleet: reads, and changes that need somebody else, while things fail.

Each call ends in an answer, in an error that says why, or cut off with its connection; one that
just hangs is lost, and counts as a failure of ours. A change is sent twice at once as soon as it is
approved, through the proxy and so mostly to two replicas: it may be carried out once at most.
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import httpx
import orjson
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from practice import tokens
from practice.facts import Ground
from practice.fleet import Fleet
from tests.parts.ground import bailiwick

REVISION = "2026-07-28"
PATIENCE = 60.0
"""Seconds after which a call that has not ended is lost. No tool may take so long."""
_PREFIX = "io.modelcontextprotocol/"
_FRESH = 120.0
"""Seconds that a token is used; it would be good for twice as long at least."""
READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("observability", "list_alerts", {"source": "alerts-eu"}),
    ("observability", "query_metrics", {"source": "metrics-eu", "query": "up"}),
    ("cluster", "list_resources", {"cluster": "practice", "kind": "Deployment"}),
    ("cluster", "list_clusters", {}),
)

_Waiting = tuple[str, anyio.Event]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: `answer`, `needed`, `error`, `cut` (no answer came) or `lost`."""

    how: str
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Tally:
    """What was counted."""

    seconds: list[float] = field(default_factory=list[float])
    ended: Counter[str] = field(default_factory=Counter[str])
    why: Counter[str] = field(default_factory=Counter[str])
    told: dict[str, list[Ended]] = field(default_factory=dict[str, list[Ended]])
    """How the two calls of each change ended, by its mark."""

    def add(self, ended: Ended, seconds: float) -> None:
        """Count one call."""
        self.seconds.append(seconds)
        self.ended[ended.how] += 1
        if ended.how not in ("answer", "needed"):
            self.why[f"{ended.how}: {ended.text[:110]}"] += 1

    def percentile(self, part: float) -> float:
        """Give the seconds within which that part of the calls ended."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


@dataclass(slots=True)
class Load:
    """The clients of a fleet. `until` is when they begin nothing new, in monotonic seconds."""

    fleet: Fleet
    ground: Ground
    until: float
    tally: Tally = field(default_factory=Tally)
    approved: Counter[int] = field(default_factory=Counter[int])
    """How often bo's command ended with which status."""
    _tokens: dict[tuple[str, str], tuple[str, float]] = field(
        default_factory=dict[tuple[str, str], tuple[str, float]]
    )
    _signing: anyio.Lock = field(default_factory=anyio.Lock)
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def run(self, readers: int, changers: int, beside: Callable[[], Any]) -> None:
        """Let all of them work, and `beside` do what it does to the fleet."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=600) as link:
            asking, asked = anyio.create_memory_object_stream[_Waiting](1_000)
            async with anyio.create_task_group() as everybody, asking, asked:
                everybody.start_soon(self._approve, asked)
                async with anyio.create_task_group() as clients:
                    clients.start_soon(beside)
                    for number in range(readers):
                        clients.start_soon(self._read, link, number)
                    for number in range(changers):
                        clients.start_soon(self._change, link, number, asking)
                everybody.cancel_scope.cancel()

    @property
    def _over(self) -> bool:
        return time.monotonic() > self.until

    async def _read(self, link: httpx.AsyncClient, number: int) -> None:
        for turn in itertools.count(number):
            if self._over:
                return
            await self.call(link, *READS[turn % len(READS)])
            await anyio.sleep(0.25)

    async def _change(
        self, link: httpx.AsyncClient, number: int, approver: MemoryObjectSendStream[_Waiting]
    ) -> None:
        """Ask, wait for bo, and then send the same twice at once."""
        for turn in itertools.count():
            if self._over:
                return
            mark = f"c{number}-{turn}"
            first = await self._silence(link, mark)
            if first.how == "needed":
                said = anyio.Event()
                await approver.send((str(first.data["approval"]["id"]), said))
                await said.wait()
                both = self.tally.told[mark] = []
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._silence, link, mark, both)
                    tasks.start_soon(self._silence, link, mark, both)
            await anyio.sleep(0.5)

    async def _silence(
        self, link: httpx.AsyncClient, mark: str, to: list[Ended] | None = None
    ) -> Ended:
        arguments = {
            "source": "alerts-eu",
            "matching": ['alertname="Load"', f'instance="{mark}"'],
            "reason": f"load, mark {mark}",
            "duration": "1h",
            "dry_run": False,
        }
        ended = await self.call(link, "observability", "silence_alerts", arguments)
        if to is not None:
            to.append(ended)
        return ended

    async def _approve(self, asked: MemoryObjectReceiveStream[_Waiting]) -> None:
        """Be bo, who approves with the command line, one after the other, until it works."""
        async for request, said in asked:
            while not await self._agreed(request):  # noqa: ASYNC110 - a command is asked, not a value
                await anyio.sleep(0.5)
            said.set()

    async def _agreed(self, request: str) -> bool:
        more = {
            "BAILIWICK_CONFIG": str(self.fleet.replicas[0].config),
            "BAILIWICK_TOKEN": await self._token("bo", "approvals"),
        }
        folder = self.fleet.at / "bo"
        done = await anyio.to_thread.run_sync(
            partial(bailiwick, folder, "approvals", "approve", request, "--yes", **more)
        )
        self.approved[done.returncode] += 1
        return done.returncode == 0 or "not open" in done.stderr

    async def call(
        self, link: httpx.AsyncClient, server: str, tool: str, arguments: Mapping[str, Any]
    ) -> Ended:
        """Make one call, and count it."""
        bearer = await self._token("ana", "cluster")
        began = time.monotonic()
        ended = Ended("lost", f"{tool}: no end within {PATIENCE:.0f} s")
        with anyio.move_on_after(PATIENCE):
            ended = await self._called(link, server, tool, arguments, bearer)
        self.tally.add(ended, time.monotonic() - began)
        return ended

    async def _called(
        self,
        link: httpx.AsyncClient,
        server: str,
        tool: str,
        arguments: Mapping[str, Any],
        bearer: str,
    ) -> Ended:
        message = _message(next(self._ids), tool, arguments)
        headers = {
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "MCP-Protocol-Version": REVISION,
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
            "Authorization": f"Bearer {bearer}",
        }
        url = f"{self.fleet.url}/{server}/mcp"
        try:
            answer = await link.post(url, content=message, headers=headers)
        except httpx.HTTPError as error:
            return Ended("cut", type(error).__name__)
        if answer.status_code >= 500:
            return Ended("cut", f"HTTP {answer.status_code} of the proxy or the door")
        return _ended(answer)

    async def _token(self, user: str, purpose: str) -> str:
        """Sign in, or take the token that is still good."""
        key = user, purpose
        async with self._signing:  # one signs in for all
            token, since = self._tokens.get(key, ("", 0.0))
            if not token or time.monotonic() - since > _FRESH:
                asked = partial(tokens.obtain, self.ground.keycloak, user, purpose)
                token = str((await anyio.to_thread.run_sync(asked))["access_token"])
                self._tokens[key] = token, time.monotonic()
        return token


def _message(number: int, tool: str, arguments: Mapping[str, Any]) -> bytes:
    meta: dict[str, Any] = {
        f"{_PREFIX}protocolVersion": REVISION,
        f"{_PREFIX}clientInfo": {"name": "load", "version": "1"},
        f"{_PREFIX}clientCapabilities": {},
    }
    params = {"name": tool, "arguments": arguments, "_meta": meta}
    return orjson.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})


def _ended(answer: httpx.Response) -> Ended:
    """Read what came: JSON, or a stream whose last event is the answer."""
    body = answer.content
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        lines = [line for line in body.split(b"\n") if line.startswith(b"data:")]
        body = lines[-1].removeprefix(b"data:") if lines else b""
    try:
        found: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Ended("cut", f"HTTP {answer.status_code}, an answer that is not whole")
    result = found.get("result")
    if result is None:
        return Ended("error", str(found.get("error", found))[:300])
    text = " ".join(str(each.get("text", "")) for each in result.get("content", ()))
    data: dict[str, Any] = result.get("structuredContent") or {}
    if result.get("isError"):
        return Ended("error", text)
    return Ended("needed" if "approval" in data else "answer", text, data)
