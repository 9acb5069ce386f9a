"""A double that really runs as a program, and searches that run without one."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from practice import pki, programs
from practice.incident import Clock
from practice.splunk import start
from practice.splunk.accounts import ACCOUNTS
from practice.splunk.double import Double
from practice.splunk.facts import Splunk
from practice.splunk.spl import engine, pipeline
from practice.splunk.spl.context import Watch
from practice.splunk.spl.values import Row
from practice.steps import Steps

NOW = datetime(2026, 3, 12, 14, 5, tzinfo=UTC)
Run = Callable[..., list[Row]]


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock.at(NOW)


@pytest.fixture(scope="session")
def splunk(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Splunk]:
    at = tmp_path_factory.mktemp("splunk")
    try:
        yield start.start(at, pki.found(at / "pki"), Steps(quiet=True), clock)
    finally:
        programs.end_all(at)


@pytest.fixture(scope="session")
def trust(splunk: Splunk) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(splunk.ca_file))


@pytest.fixture
def bearing(splunk: Splunk, trust: ssl.SSLContext) -> Iterator[Callable[[str], httpx.Client]]:
    """Links by user, on a double without faults, marks or jobs of another test."""
    links: list[httpx.Client] = []

    def bear(user: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {splunk.tokens[user]}"}
        link = httpx.Client(base_url=splunk.url, headers=headers, verify=trust, timeout=20)
        links.append(link)
        return link

    for each in ("faults", "requests", "effects"):
        bear("bo").delete(f"/practice/{each}")
    yield bear
    for link in links:
        link.close()


@pytest.fixture
def link(bearing: Callable[[str], httpx.Client]) -> httpx.Client:
    return bearing("bailiwick")


@pytest.fixture(scope="session")
def run(clock: Clock) -> Run:
    """Run a search without any server: over the last hour, or from as many hours as said."""
    double = Double(clock, "https://splunk.practice.example", 0)

    def search(text: str, hours: float = 1, user: str = "bo") -> list[Row]:
        now = clock.now.timestamp()
        watch = Watch(lambda _: True)
        context = double.context(ACCOUNTS[user], watch, now, now - hours * 3600, now)
        ready = engine.ready(context, pipeline.parse(text, double.knowledge.macros))
        return list(ready.rows())

    return search
