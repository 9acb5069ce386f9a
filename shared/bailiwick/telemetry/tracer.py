"""Calls as OpenTelemetry spans: names follow its conventions for MCP, and no value is a caller's.

Imported only where `telemetry.traces` is set, as OpenTelemetry's SDK with it. Nothing here is
global: what else runs in this process neither sees these spans nor adds to them, and no `OTEL_…`
variable of the environment sends them elsewhere.
"""

import socket
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from opentelemetry.trace import Span as AnySpan
from opentelemetry.trace import Tracer as AnyTracer

from bailiwick import __version__
from bailiwick.config import TelemetrySettings
from bailiwick.telemetry.courier import Courier
from bailiwick.telemetry.parent import Parent

_NO_FAILURE = "approval_needed"
"""A code that only says what is to be done next."""
_TRANSPORTS = {"http": "tcp", "stdio": "pipe"}
Value = str | int


def uncounted(outcome: str, spans: int) -> None:
    """Count for nobody."""


class Span:
    """One span that is recorded."""

    __slots__ = ("_around", "_span", "_tracer", "trace")

    def __init__(self, tracer: AnyTracer, span: AnySpan) -> None:
        """Wrap it."""
        self._tracer, self._span = tracer, span
        self._around: Context | None = None
        self.trace = f"{span.get_span_context().trace_id:032x}"

    @property
    def headers(self) -> Mapping[str, str]:
        """Write it as an upstream reads it. No `tracestate`: that was said to us alone."""
        at = self._span.get_span_context()
        return {"traceparent": f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"}

    def inner(self, name: str) -> "Span":
        """Begin a stage of it."""
        return self._below(name, SpanKind.INTERNAL, {})

    def outward(self, system: str, method: str, host: str) -> "Span":
        """Begin a request to an upstream. Its path and query may hold names, so they stay here."""
        said: dict[str, Value] = {"http.request.method": method, "bailiwick.upstream": system}
        if host:
            said["server.address"] = host
        return self._below(method, SpanKind.CLIENT, said)

    def _below(self, name: str, kind: SpanKind, said: Mapping[str, Value]) -> "Span":
        if self._around is None:
            self._around = set_span_in_context(self._span, Context())
        made = self._tracer.start_span(name, self._around, kind=kind, attributes=said)
        return Span(self._tracer, made)

    def say(self, name: str, value: Value) -> None:
        """Put a value of ours on it."""
        self._span.set_attribute(name, value)

    def fail(self, code: str) -> None:
        """Say that it failed, with a code and no words."""
        if code != _NO_FAILURE:
            self._span.set_attribute("error.type", code)
            self._span.set_status(StatusCode.ERROR, code)

    def end(self) -> Self:
        """End it."""
        self._span.end()
        return self


class Tracer:
    """Makes the spans of one process, and has them sent."""

    def __init__(
        self, settings: TelemetrySettings, server: str, count: Callable[[str, int], None]
    ) -> None:
        """Begin sending; `count` is told how many spans were `sent` or `lost`."""
        self.propagates = settings.propagate
        self._courier = Courier(settings, count)
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.sample)),
            resource=Resource(
                {
                    "service.name": settings.service,
                    "service.version": __version__,
                    "service.instance.id": str(uuid.uuid4()),
                    "host.name": socket.gethostname(),
                    "bailiwick.serves": server,
                    **settings.attributes,
                }
            ),
            shutdown_on_exit=False,
            span_limits=SpanLimits(max_attributes=32, max_events=0, max_links=0),
        )
        self._provider.add_span_processor(self._courier)
        self._tracer = self._provider.get_tracer("bailiwick", __version__)

    def begin(
        self,
        call: str,
        server: str,
        tool: str,
        risk: str,
        method: str,
        origin: Mapping[str, Any],
        parent: Parent | None,
    ) -> Span | None:
        """Begin the span of a call, as a part of the caller's trace; None if nobody keeps it."""
        said: dict[str, Value] = {
            "mcp.method.name": method,
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "bailiwick.call": call,
            "bailiwick.server": server,
            "bailiwick.risk": risk,
            "network.transport": _TRANSPORTS.get(str(origin.get("transport")), "tcp"),
        }
        if protocol := origin.get("protocol"):
            said["mcp.protocol.version"] = str(protocol)[:40]
        around = _within(parent) if parent else Context()
        name = f"{method} {tool}"
        made = self._tracer.start_span(name, around, kind=SpanKind.SERVER, attributes=said)
        return Span(self._tracer, made) if made.is_recording() else None

    def close(self) -> None:
        """Send what waits, within two seconds."""
        self._provider.shutdown()


def _within(parent: Parent) -> Context:
    state = TraceState.from_header([parent.state]) if parent.state else None
    at = SpanContext(
        int(parent.trace, 16),
        int(parent.span, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED if parent.sampled else TraceFlags.DEFAULT),
        trace_state=state,
    )
    return set_span_in_context(NonRecordingSpan(at), Context())
