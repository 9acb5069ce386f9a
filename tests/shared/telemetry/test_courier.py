"""A collector that is away, that says no, or that comes back: no call ever notices."""

# pyright: reportPrivateUsage=false

import builtins
import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pydantic import ValidationError

from bailiwick.config import TelemetrySettings
from bailiwick.errors import BadConfig
from bailiwick.telemetry import courier
from bailiwick.telemetry.sight import looked_at
from bailiwick.telemetry.tracer import Tracer, uncounted
from bailiwick.telemetry.watch import passing, watching
from practice.ports import free
from tests.parts.collector import Collector, collector

NOWHERE = "http://127.0.0.1:{}/v1/traces"


class Made:
    """A tracer, and what it counted."""

    def __init__(self, url: str, **more: Any) -> None:
        self.counted: Counter[str] = Counter()
        settings = TelemetrySettings(traces=url, **more)
        self.tracer = Tracer(settings, "desk", self.count)

    def count(self, outcome: str, spans: int) -> None:
        self.counted[outcome] += spans

    def span(self, calls: int = 1) -> None:
        for _ in range(calls):
            made = self.tracer.begin("id", "desk", "read_desk", "read", "tools/call", {}, None)
            assert made is not None
            made.end()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the thread look again at once."""
    monkeypatch.setattr(courier, "_EVERY", 0.005)
    monkeypatch.setattr(courier, "_LONGEST_PAUSE", 0.005)


def until(true: Callable[[], Any]) -> None:
    """Wait for what the thread will do; pytest's own limit ends it."""
    while not true():
        Event().wait(0.001)


@pytest.mark.usefixtures("hasty")
def test_a_collector_that_is_away_loses_what_is_too_much(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(courier, "_MOST", 20)
    (port,) = free(1)
    made = Made(NOWHERE.format(port))
    made.span(100)
    until(lambda: made.tracer._courier._pause)
    made.tracer.close()
    assert made.counted == {"lost": 100}
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(told) == 1, told
    assert told[0].startswith("the collector at 127.0.0.1 takes no spans (ConnectError)")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_collector_that_is_busy_gets_them_later(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with collector() as to:
        to.answers += [status, status]
        made = Made(to.url)
        made.span(3)
        until(lambda: made.counted)
        made.tracer.close()
    assert made.counted == {"sent": 3}
    assert len(to.spans()) == 3
    assert [record.getMessage() for record in caplog.records][-1].endswith("takes spans again")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("status", [400, 401, 404, 301])
def test_what_a_collector_refuses_is_not_sent_again(status: int) -> None:
    with collector() as to:
        to.answers.append(status)
        made = Made(to.url)
        made.span(3)
        until(lambda: made.counted)
        made.span()
        until(lambda: made.counted["sent"])
        made.tracer.close()
    assert made.counted == {"lost": 3, "sent": 1}


def test_what_waits_is_sent_at_the_end_and_nothing_after_it() -> None:
    with collector() as to:
        made = Made(to.url)
        made.span(5)
        made.tracer.close()
        assert len(to.spans()) == 5
        made.span()
    assert made.counted == {"sent": 5, "lost": 1}


def test_an_end_waits_for_nobody_who_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "_AT_THE_END", 0.05)
    made = Made(NOWHERE.format(1))
    held = [True]

    def send(*_: Any) -> None:
        until(lambda: not held)

    monkeypatch.setattr(made.tracer._courier, "_send", send)
    made.span(2)
    made.tracer.close()
    held.clear()
    made.tracer._courier._thread.join(5)
    assert not made.tracer._courier._thread.is_alive()


def test_headers_come_from_a_file_each_time_anew(tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text("Authorization: Bearer one\n\nX-Scope-OrgID: shop\n")
    with collector() as to:
        made = Made(to.url, headers_file=file)
        file.write_text("Authorization: Bearer two\n")
        made.span()
        made.tracer.close()
    (headers,) = to.headers
    assert headers["authorization"] == "Bearer two"
    assert headers["content-type"] == "application/x-protobuf"
    assert "x-scope-orgid" not in headers


@pytest.mark.parametrize("text", [None, "no colon", ": x", "a: ü"])
def test_a_file_of_headers_that_is_none_stops_the_start(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "headers"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BadConfig, match=r"telemetry\.headers_file"):
        Made("http://127.0.0.1:1/", headers_file=file)


def test_an_authority_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"telemetry\.ca_file"):
        Made("https://otel.example/v1/traces", ca_file=tmp_path / "none.pem")


@pytest.mark.parametrize(
    ("url", "unsafe", "fine"),
    [
        ("https://otel.example/v1/traces", False, True),
        ("http://127.0.0.1:4318/v1/traces", False, True),
        ("http://otel.example/v1/traces", False, False),
        ("http://otel.example/v1/traces", True, True),
        ("https://me:secret@otel.example/", False, False),
        ("grpc://otel.example", True, False),
        ("otel.example", False, False),
    ],
)
def test_spans_go_over_tls_or_nowhere_far(url: str, unsafe: bool, fine: bool) -> None:
    try:
        made = TelemetrySettings(traces=url, unsafe_plain=unsafe)
    except ValidationError:
        assert not fine
    else:
        assert fine
        assert made.traces == url


@pytest.mark.anyio
async def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *more: Any) -> Any:
        if name == "bailiwick.telemetry" and "tracer" in (more[2] or ()):
            raise ModuleNotFoundError("no", name="opentelemetry.sdk")
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(BadConfig, match=r"opentelemetry.sdk is missing.*bailiwick-mcp\[telemetry"):
        async with looked_at(TelemetrySettings(traces="http://127.0.0.1:1/"), None, "desk"):
            pass


@pytest.mark.anyio
async def test_nobody_looks_on_unless_told_to() -> None:
    before = watching(), passing()
    async with looked_at(TelemetrySettings(), None, "desk"):
        assert (watching(), passing()) == before
    with collector() as to:
        async with looked_at(TelemetrySettings(traces=to.url), None, "desk"):
            assert watching() is not before[0]
    assert (watching(), passing()) == before


def test_the_environment_sends_no_span_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.setenv(name, NOWHERE.format(1))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-other=1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "who=else")
    with collector() as to:
        made = Made(to.url, attributes={"deployment.environment.name": "prod"})
        made.span()
        made.tracer.close()
    (span,) = to.spans()
    assert span.resource["deployment.environment.name"] == "prod"
    assert "who" not in span.resource
    assert "x-other" not in to.headers[0]


def test_counting_for_nobody_is_nothing() -> None:
    uncounted("sent", 1)
    assert Collector("").spans() == []
