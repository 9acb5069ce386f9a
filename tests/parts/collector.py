"""A collector of spans: takes OTLP over HTTP on a free port of loopback, and keeps all of it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Kept:
    """One span as it arrived."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    state: str
    status: tuple[int, str]
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]


@dataclass
class Collector:
    """Where it listens, and what it got. `answers` are the next statuses, 200 without any."""

    url: str
    bodies: list[bytes] = field(default_factory=list[bytes])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    answers: list[int] = field(default_factory=list[int])

    def spans(self) -> list[Kept]:
        """Read all spans."""
        return [kept for body in self.bodies for kept in _read(body)]

    def one(self, name: str) -> Kept:
        """Find the only span of a name."""
        (found,) = [each for each in self.spans() if each.name == name]
        return found


def _read(body: bytes) -> Generator[Kept]:
    request: Any = ExportTraceServiceRequest.FromString(body)
    for each in request.resource_spans:
        for scope in each.scope_spans:
            for span in scope.spans:
                yield Kept(
                    span.name,
                    span.kind,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.trace_state,
                    (span.status.code, span.status.message),
                    _values(span.attributes),
                    _values(each.resource.attributes),
                )


def _values(pairs: Any) -> dict[str, Any]:
    return {p.key: getattr(p.value, p.value.WhichOneof("value")) for p in pairs}


@contextmanager
def collector() -> Generator[Collector]:
    """Listen until the block ends."""

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = made.answers.pop(0) if made.answers else 200
            if status == 200:
                made.bodies.append(body)
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        server.daemon_threads = True
        made = Collector(f"http://127.0.0.1:{server.server_address[1]}/v1/traces")
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
