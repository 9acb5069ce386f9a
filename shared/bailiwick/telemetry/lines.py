"""Lines of the log: an object each for machines, or words for a person; redacted either way."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import orjson

from bailiwick.config import TelemetrySettings
from bailiwick.telemetry.watch import passing

Redact = Callable[[str, dict[str, int]], str]
_LONGEST = 8_000
"""Characters of a message or of a stack; the log is no place for more."""


class Words(logging.Formatter):
    """Writes for a person: level and message."""

    def __init__(self, redact: Redact) -> None:
        """`redact` takes secrets out of whatever is written."""
        super().__init__("%(levelname)s %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Write one line, and the stack of an error below it."""
        return self._redact(super().format(record), {})


class Lines(logging.Formatter):
    """Writes for a machine: one JSON object a line, whatever the message has in it."""

    def __init__(self, redact: Redact) -> None:
        """`redact` takes secrets out of whatever is written."""
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Write one line. What names no call was not said while one was carried out."""
        way = passing()
        told: dict[str, str] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        if way.call:
            told["call"] = way.call
        if way.trace:
            told["trace"] = way.trace
        if record.exc_info and record.exc_info[0]:
            told["error"] = record.exc_info[0].__name__
            told["stack"] = self._clean(self.formatException(record.exc_info)[-_LONGEST:])
        return orjson.dumps(told).decode()

    def _clean(self, text: str) -> str:
        return self._redact(text[:_LONGEST], {}).encode(errors="replace").decode()


def chosen(settings: TelemetrySettings, *, http: bool) -> Literal["text", "json"]:
    """Decide how to write: for machines where HTTP is served and no person sits at the terminal."""
    if settings.logs != "auto":
        return settings.logs
    return "json" if http and not sys.stderr.isatty() else "text"


def begin(kind: Literal["text", "json"], redact: Redact) -> None:
    """Write everything that is logged from now on to standard error, ours and the packages'."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(redact) if kind == "json" else Words(redact))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    if kind == "json":
        logging.captureWarnings(capture=True)


def announce(text: str) -> None:
    """Say something that is no warning, in the form of the rest: words, or one more object."""
    handlers = logging.getLogger().handlers
    if any(isinstance(handler.formatter, Lines) for handler in handlers):
        made = logging.LogRecord("bailiwick", logging.INFO, "", 0, text, None, None)
        for handler in handlers:
            handler.handle(made)
    else:
        print(f"bailiwick: {text}", file=sys.stderr, flush=True)  # noqa: T201 - where it is
