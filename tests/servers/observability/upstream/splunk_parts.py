"""Clients of Splunk on the double inside this process, and recorded answers of a real one."""

import base64
import gzip
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import orjson
import pytest

from bailiwick.policy.question import Principal
from bailiwick.upstream.http import Http
from bailiwick_observability.models.logs import Found, Row, Search
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import Guards, GuardSettings, SplunkSettings
from bailiwick_observability.upstream.splunk import READS, SplunkApi
from practice.incident import Clock
from practice.splunk.accounts import tokens
from practice.splunk.app import application
from practice.splunk.double import Double
from practice.splunk.faults import Fault

NOW = datetime(2026, 3, 12, 14, 5, tzinfo=UTC)
CLOCK = Clock.at(NOW)
END = NOW.timestamp()
ANA = Principal("local", "ana", "agent", frozenset({"sre"}))
RECORDED = Path(
    os.environ.get("PRACTICE_CONTRACTS") or Path(__file__).parents[5] / "shared/contracts"
)


def settings(url: str = "https://splunk", run: float = 60, **more: Any) -> SplunkSettings:
    guards = Guards(run_seconds=GuardSettings(most=run))
    return SplunkSettings(kind="splunk", url=url, guards=guards, **more)


def api(client: httpx.AsyncClient, behalf: Behalf | None = None, **more: Any) -> SplunkApi:
    said = settings(**more)
    http = Http("logs-eu", client, seconds=said.seconds, reads=READS)
    return SplunkApi("logs-eu", http, said, behalf or Behalf(ANA, "c1"))


def last(minutes: float, query: str, most: int = 1_000, *, transforms: bool = False) -> Search:
    return Search(query, END - minutes * 60, END, most, transforms)


async def ran(splunk: SplunkApi, search: Search) -> tuple[list[Row], Found]:
    async with splunk.search(search) as found:
        return [row async for row in found.rows], found


@dataclass
class Ground:
    """The double, what was asked of it, and the headers with which it was."""

    double: Double
    client: httpx.AsyncClient
    headers: list[httpx.Headers] = field(default_factory=list[httpx.Headers])

    def fault(self, kind: str, **more: Any) -> None:
        self.double.faults.add(Fault.model_validate({"kind": kind, **more}))

    def asked(self) -> list[tuple[str, str]]:
        return [(each.method, each.path) for each in self.double.faults.asked]

    def alive(self) -> list[str]:
        return [job.sid for job in self.double.jobs.known()]

    async def until(self, holds: Callable[[], bool]) -> None:
        with anyio.fail_after(10):
            while not holds():  # noqa: ASYNC110 - the double tells of its threads to nobody
                await anyio.sleep(0.01)


@asynccontextmanager
async def ground(user: str = "bailiwick", pace: float = 0.2) -> AsyncGenerator[Ground]:
    double = Double(CLOCK, "https://splunk", pace)
    token = tokens(CLOCK)[user]

    def sign(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    seen: list[httpx.Headers] = []

    async def look(request: httpx.Request) -> None:
        seen.append(request.headers)

    inside = httpx.ASGITransport(application(double))
    hooks = {"request": [look]}
    async with httpx.AsyncClient(
        transport=inside, base_url="https://splunk", auth=sign, event_hooks=hooks
    ) as client:
        yield Ground(double, client, seen)
        double.jobs.clear()


@dataclass
class Tape:
    """Answers in their order, and the requests that they were given to."""

    answers: list[httpx.Response]
    asked: list[httpx.Request] = field(default_factory=list[httpx.Request])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.answers.pop(0)

    @asynccontextmanager
    async def client(self) -> AsyncGenerator[httpx.AsyncClient]:
        transport = httpx.MockTransport(self)
        async with httpx.AsyncClient(transport=transport, base_url="https://old") as client:
            yield client


def recorded(name: str) -> list[httpx.Response]:
    """Read the answers of a recording, the first of which is always to a sign-in."""
    path = RECORDED / "splunk" / f"TestService.{name}.json.gz"
    if not path.exists():
        pytest.skip(f"no recordings: there is no {path.name} under PRACTICE_CONTRACTS")
    said = orjson.loads(gzip.decompress(path.read_bytes()))
    return [_answer(each) for each in said["Recordings"]["_array"] if each]


def _answer(each: dict[str, Any]) -> httpx.Response:
    pairs: Sequence[dict[str, Any]] = each["Response.Content.Headers"] + each["Response.Headers"]
    headers = [(pair["key"], value) for pair in pairs for value in pair["value"]]
    kept = [pair for pair in headers if pair[0].lower() not in ("content-length", "connection")]
    content = base64.b64decode(each["Response.Content"] or "")
    return httpx.Response(each["Response.StatusCode"], headers=kept, content=content)
