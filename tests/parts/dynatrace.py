"""Clients of Dynatrace for tests: before the double in the same process, or before recordings."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from bailiwick.policy.question import Principal
from bailiwick.upstream.http import Http
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import DynatraceSettings
from bailiwick_observability.upstream.dynatrace import READS, DynatraceApi
from practice.dynatrace.accounts import ACCOUNTS
from practice.dynatrace.app import application
from practice.dynatrace.double import Double
from practice.incident import Clock

ROOT = Path(__file__).parents[2]
CLOCK = Clock.at(datetime(2026, 11, 24, 17, 30, tzinfo=UTC))
NOW = CLOCK.now.timestamp()
URL, PLATFORM = "https://dynatrace.example", "https://apps.dynatrace.example"
Answer = Callable[[httpx.Request], httpx.Response]


def recordings() -> Path:
    """Find the recorded bodies, or skip the test."""
    folder = Path(os.environ.get("PRACTICE_CONTRACTS") or ROOT.parent / "shared" / "contracts")
    if not (folder / "dynatrace").is_dir():
        pytest.skip(f"no recordings in {folder}: set PRACTICE_CONTRACTS to where they are")
    return folder / "dynatrace"


def settings(**more: Any) -> DynatraceSettings:
    """Make settings of an environment."""
    return DynatraceSettings.model_validate({"kind": "dynatrace", "url": URL, **more})


@dataclass
class Told:
    """What was reported while a call ran."""

    steps: list[tuple[float, float, str]] = field(default_factory=list[tuple[float, float, str]])

    async def progress(self, done: float, total: float, text: str) -> None:
        """Keep a report."""
        self.steps.append((done, total, text))


def api(
    http: httpx.AsyncClient,
    grail: httpx.AsyncClient | None = None,
    told: Told | None = None,
    **more: Any,
) -> DynatraceApi:
    """Make a client of clients that carry their credential."""
    behalf = Behalf(
        Principal("local", "ana", "test", frozenset()), "call-1", progress=(told or Told()).progress
    )
    platform = {"platform_url": PLATFORM} if grail else {}
    return DynatraceApi(
        "prod-eu",
        Http("prod-eu", http, reads=READS),
        Http("prod-eu", grail, reads=READS) if grail else None,
        settings(**platform, **more),
        behalf,
    )


@asynccontextmanager
async def answering(answer: Answer, **more: Any) -> AsyncGenerator[DynatraceApi]:
    """Make a client whose requests, also those to Grail, are answered by a function."""
    transport = httpx.MockTransport(answer)
    async with (
        httpx.AsyncClient(transport=transport, base_url=URL) as http,
        httpx.AsyncClient(transport=transport, base_url=PLATFORM) as grail,
    ):
        yield api(http, grail, **more)


@asynccontextmanager
async def doubled(
    double: Double,
    account: str = "operator",
    platform: str = "platform",
    told: Told | None = None,
    **more: Any,
) -> AsyncGenerator[DynatraceApi]:
    """Make a client before a double; an empty `platform` is an environment without Grail."""
    transport = httpx.ASGITransport(application(double), raise_app_exceptions=False)
    token = {"Authorization": f"Api-Token {ACCOUNTS[account].token}"}
    bearer = {"Authorization": f"Bearer {ACCOUNTS[platform].token}"} if platform else {}
    async with (
        httpx.AsyncClient(transport=transport, base_url=URL, headers=token) as http,
        httpx.AsyncClient(transport=transport, base_url=PLATFORM, headers=bearer) as grail,
    ):
        yield api(http, grail if platform else None, told, **more)
