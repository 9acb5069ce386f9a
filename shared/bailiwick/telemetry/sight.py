"""Looking on for real: stages and requests are measured, and become spans where those are wanted.

What is kept of a call are names of ours, numbers and codes. Nothing that a caller or an upstream
wrote gets in: no argument, no address beyond a host, no text of an error.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio

from bailiwick.config import TelemetrySettings
from bailiwick.errors import BadConfig, BailiwickError, TooMany
from bailiwick.telemetry.parent import Parent
from bailiwick.telemetry.watch import NO_HEADERS, Mark, Passage, Watch, watched

if TYPE_CHECKING:
    from bailiwick.telemetry.meter import Meter
    from bailiwick.telemetry.tracer import Span, Tracer


@asynccontextmanager
async def looked_at(
    settings: TelemetrySettings, meter: "Meter | None", server: str
) -> AsyncGenerator[None]:
    """Look on as the settings say, until the block ends; spans that wait then go out, or never."""
    tracer = _tracer(settings, meter, server) if settings.traces else None
    if tracer is None and meter is None:
        yield
        return
    try:
        with watched(Sight(meter, tracer)):
            yield
    finally:
        if tracer is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(tracer.close)


def _tracer(settings: TelemetrySettings, meter: "Meter | None", server: str) -> "Tracer":
    try:
        from bailiwick.telemetry import tracer  # noqa: PLC0415 - an extra, and none where it is off
    except ModuleNotFoundError as error:
        raise BadConfig(
            f"telemetry.traces is set, and {error.name} is missing;"
            " install bailiwick-mcp[telemetry], or leave it out"
        ) from error
    return tracer.Tracer(settings, server, meter.spans if meter else tracer.uncounted)


class Sight(Watch):
    """Looks on for a meter, for a tracer, or for both."""

    __slots__ = ("meter", "tracer")

    def __init__(self, meter: "Meter | None", tracer: "Tracer | None") -> None:
        """Keep whom to tell."""
        self.meter, self.tracer = meter, tracer

    def call(
        self,
        call: str,
        server: str,
        tool: str,
        risk: str,
        method: str,
        origin: Mapping[str, Any],
        parent: Parent | None,
    ) -> Passage:
        """Look at one call."""
        span = None
        if self.tracer is not None:
            span = self.tracer.begin(call, server, tool, risk, method, origin, parent)
        return Seen(self, call, server, risk, span, parent)

    def beside(self) -> Passage:
        """Look at what is done without a call: its requests are counted, and become no spans."""
        return Seen(self, "", "", "", None, None)


class Seen(Passage):
    """The way of one call that is looked at."""

    __slots__ = ("meter", "risk", "root", "server", "sight", "span", "tallies")

    def __init__(
        self,
        sight: Sight,
        call: str,
        server: str,
        risk: str,
        span: "Span | None",
        parent: Parent | None,
    ) -> None:
        """Take what is told of the call; `span` is None where it becomes no part of a trace."""
        super().__init__(call, span.trace if span else parent.trace if parent else "")
        self.sight, self.meter = sight, sight.meter
        self.server, self.risk = server, risk
        self.root = self.span = span
        self.tallies = sight.meter.stages_of(server) if sight.meter else {}

    def __enter__(self) -> Self:
        super().__enter__()
        if self.meter is not None:
            self.meter.begun(self.server)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if self.meter is not None:
            self.meter.over(self.server)
        if self.root is not None:
            self.root.end()

    def stage(self, name: str) -> Mark:
        """Measure a stage."""
        return Stage(self, name)

    def request(self, system: str, method: str, host: str, *, ours: bool = True) -> Mark:
        """Measure a request."""
        return Sent(self, system, method, host, ours=ours)

    def ended(self, outcome: str, code: str) -> None:
        """Put the end on the call's span. What waits for an approval has not failed."""
        if self.root is not None:
            self.root.say("bailiwick.outcome", outcome)
            if code and code != "approval_needed":
                self.root.fail(code)


class Stage(Mark):
    """A stage of the road."""

    __slots__ = ("_before", "_began", "_name", "_way")

    def __init__(self, way: Seen, name: str) -> None:
        """Belong to a call."""
        self._way, self._name, self._before, self._began = way, name, way.span, 0.0

    def __enter__(self) -> Self:
        if self._before is not None:
            self._way.span = self._before.inner(self._name)
        self._began = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        way, took = self._way, perf_counter() - self._began
        tally = way.tallies.get(self._name)
        if tally is not None:
            tally.add(took)
        elif way.meter is not None:
            way.meter.stage(way.server, self._name, took)
        if error is not None and way.meter is not None and isinstance(error, TooMany):
            way.meter.limited.labels(way.risk, error.why).inc()
        if self._before is not None and way.span is not None:
            if error is not None:
                way.span.fail(code_of(error))
            way.span.end()
            way.span = self._before


class Sent(Mark):
    """A request to an upstream, from when it is sent until its answer is read."""

    __slots__ = ("_began", "_host", "_method", "_ours", "_span", "_status", "_system", "_way")

    def __init__(self, way: Seen, system: str, method: str, host: str, *, ours: bool) -> None:
        """Belong to a call, or to none."""
        self._way, self._system, self._method, self._host = way, system, method, host
        self._ours, self._status, self._began = ours, 0, 0.0
        self._span: Span | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The `traceparent`, where the settings let upstreams have one."""
        tracer = self._way.sight.tracer
        if self._span is None or tracer is None or not (tracer.propagates and self._ours):
            return NO_HEADERS
        return self._span.headers

    def __enter__(self) -> Self:
        if self._way.span is not None:
            self._span = self._way.span.outward(self._system, self._method, self._host)
        self._began = perf_counter()
        return self

    def answered(self, status: int) -> None:
        """Take the time of the answer's beginning: a stream may go on for hours."""
        self._status = status
        if self._way.meter is not None:
            took = perf_counter() - self._began
            self._way.meter.answered(self._way.server, self._system, took)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        said = _said(self._status, error)
        if self._way.meter is not None:
            self._way.meter.upstream.labels(self._way.server, self._system, said).inc()
        if self._span is not None:
            if self._status:
                self._span.say("http.response.status_code", self._status)
            if said != "ok":
                self._span.fail(str(self._status or said))
            self._span.end()


def _said(status: int, error: BaseException | None) -> str:
    """Name what came of a request in one of five words."""
    if not status:
        cancelled = error is None or not isinstance(error, Exception)
        return "cancelled" if cancelled else "no_answer"
    if status >= 500:
        return "failing"
    return "refused" if status >= 400 else "ok"


def code_of(error: BaseException) -> str:
    """Name an error by our code, or by what it is for a call; never by its text."""
    if isinstance(error, BailiwickError):
        return error.code
    if isinstance(error, TimeoutError):
        return "late"
    return "bug" if isinstance(error, Exception) else "cancelled"
