"""Takes spans to the collector (OTLP over HTTP), beside everything else and never in its way.

A thread of its own sends them in batches. Where the collector is away, a bounded number wait and
what comes on top is lost and counted; no call ever waits. At the end what waits has two seconds.
"""

import logging
import ssl
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread
from urllib.parse import urlsplit

import httpx
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from bailiwick.config import TelemetrySettings
from bailiwick.errors import BadConfig

log = logging.getLogger("bailiwick")

_MOST = 2_048
"""Spans that wait; a call has about ten."""
_BATCH = 512
_EVERY = 1.0
"""Seconds between two batches, while there is less than a batch."""
_LONGEST_PAUSE = 30.0
_SECONDS = 5.0
"""For one batch."""
_AT_THE_END = 2.0
"""Seconds for what waits when the process ends."""
_LATER = frozenset({429, 502, 503, 504})
"""What a collector answers that should be asked again (OTLP specification, section on failures)."""


class _NotNow(Exception):
    """The collector takes nothing for now."""


class _Never(Exception):
    """The collector takes nothing of the kind, however often it is asked."""


class Courier(SpanProcessor):
    """Sends what has ended. `count` is told how many spans were `sent` or `lost`."""

    def __init__(self, settings: TelemetrySettings, count: Callable[[str, int], None]) -> None:
        """Start the thread, or raise BadConfig; nothing is contacted yet."""
        self._url, self._headers_file = settings.traces, settings.headers_file
        self._count = count
        self._trust = trust(settings.ca_file)
        self._waiting: deque[ReadableSpan] = deque()
        self._changed = Condition()
        self._ending = False
        self._pause = 0.0
        self._away = False
        _headers(self._headers_file)
        self._thread = Thread(target=self._run, name="bailiwick-spans", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span, or lose it where too many wait."""
        with self._changed:
            if self._ending or len(self._waiting) >= _MOST:
                self._count("lost", 1)
                return
            self._waiting.append(span)
            if len(self._waiting) >= _BATCH and not self._pause:
                self._changed.notify()

    def shutdown(self) -> None:
        """Send what waits, within two seconds; what is left then is lost."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(_AT_THE_END)
        with self._changed:
            left = len(self._waiting)
            self._waiting.clear()
        if left:
            self._count("lost", left)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nobody waits for spans here."""
        return True

    def _run(self) -> None:
        with httpx.Client(
            verify=self._trust, trust_env=False, follow_redirects=False, timeout=_SECONDS
        ) as link:
            while batch := self._next():
                self._deliver(link, batch)

    def _next(self) -> list[ReadableSpan]:
        """Wait for a batch. Empty when it is over: at the end one failure is enough."""
        with self._changed:
            while not self._ending:
                self._changed.wait_for(self._hurries, self._pause or _EVERY)
                if self._waiting:
                    break
            if self._ending and self._pause:
                return []
            count = min(_BATCH, len(self._waiting))
            return [self._waiting.popleft() for _ in range(count)]

    def _hurries(self) -> bool:
        return self._ending or (not self._pause and len(self._waiting) >= _BATCH)

    def _deliver(self, link: httpx.Client, batch: list[ReadableSpan]) -> None:
        """Send one batch; where it should be tried again later, it goes back to where it was."""
        try:
            self._send(link, batch)
        except (_Never, _NotNow) as error:
            self._complain(str(error))
            self._pause = min(max(self._pause * 2, _EVERY), _LONGEST_PAUSE)
            with self._changed:
                room = _MOST - len(self._waiting) if isinstance(error, _NotNow) else 0
                kept = batch[: max(room, 0)]
                self._waiting.extendleft(reversed(kept))
            if len(kept) < len(batch):
                self._count("lost", len(batch) - len(kept))
        else:
            if self._away:
                log.warning("the collector takes spans again")
            self._away, self._pause = False, 0.0
            self._count("sent", len(batch))

    def _send(self, link: httpx.Client, batch: list[ReadableSpan]) -> None:
        body = encode_spans(batch).SerializeToString()
        try:
            headers = {"content-type": "application/x-protobuf", **_headers(self._headers_file)}
            answer = link.post(self._url, content=body, headers=headers)
        except (httpx.HTTPError, BadConfig, ValueError) as error:
            raise _NotNow(type(error).__name__) from error
        if answer.status_code in _LATER:
            raise _NotNow(f"status {answer.status_code}")
        if not answer.is_success:
            raise _Never(f"status {answer.status_code}")

    def _complain(self, why: str) -> None:
        """Say it once, and nothing of what the collector said."""
        if not self._away:
            log.warning(
                "the collector at %s takes no spans (%s); they are kept for a while, then lost",
                urlsplit(self._url).hostname,
                why,
            )
        self._away = True


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Trust the system's authorities, or only those of a file; raise BadConfig."""
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise BadConfig(f"telemetry.ca_file: cannot read {ca_file}: {error.strerror}") from error


def _headers(file: Path | None) -> dict[str, str]:
    """Read `Name: value` lines, each time anew, so that a token can be exchanged."""
    if file is None:
        return {}
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"telemetry.headers_file: cannot read {file}") from error
    pairs = [line.partition(":") for line in lines if line.strip()]
    if any(not colon or not name.strip() for name, colon, _ in pairs):
        raise BadConfig(f"telemetry.headers_file: {file} has a line that is not `Name: value`")
    return {name.strip(): value.strip() for name, _, value in pairs}
