"""The journal on its way to other systems: exports, and checkpoints to be kept elsewhere."""

import argparse
import os
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from bailiwick import __version__
from bailiwick.audit import export as words
from bailiwick.audit.checkpoint import checkpoint as heads
from bailiwick.audit.reader import Query, Record, read
from bailiwick.cli.reading import recorded, stamped, when
from bailiwick.cli.terminal import counted, warn
from bailiwick.config import Settings
from bailiwick.errors import BadConfig, BadRequest
from bailiwick.shaping.neutral import neutralise

FORMATS: Mapping[str, Callable[[Record], str]] = {
    "jsonl": words.jsonl,
    "ocsf": lambda record: words.ocsf(record, __version__),
    "cef": lambda record: words.cef(record, __version__),
}


def export(arguments: argparse.Namespace, settings: Settings, journal: Path) -> int:
    """Write what the query asks for; the reading is recorded before the first line."""
    now = datetime.now(UTC)
    until = when(arguments.until, now) or stamped(now)
    query = Query(since=when(arguments.since, now), until=until)
    about = {"format": arguments.format, "since": query.since, "until": query.until}
    recorded(settings, journal, "audit.export", {"query": about})
    written = FORMATS[arguments.format]
    # Files get the bytes as they are; a screen does not obey them.
    safe: Callable[[str], str] = neutralise if _on_screen(arguments.output) else str
    with _output(arguments.output) as out:
        count = sum(out.write(safe(written(it)) + "\n") > 0 for it in read(journal, query))
    if arguments.output:
        warn(f"{counted(count, 'record')} written to {arguments.output}")
    return 0


def checkpoint(arguments: argparse.Namespace, settings: Settings, journal: Path) -> int:
    """Write the heads of all streams."""
    try:
        line = heads(journal, socket.gethostname(), stamped(datetime.now(UTC)))
    except ValueError as error:
        raise BadConfig(f"a HEAD in {journal} is damaged; see `bailiwick audit verify`") from error
    recorded(settings, journal, "audit.checkpoint", {"query": {"host": socket.gethostname()}})
    with _output(arguments.output) as out:
        out.write(line.decode())
    return 0


def _on_screen(path: Path | None) -> bool:
    return path is None and sys.stdout.isatty()


def _output(path: Path | None) -> "nullcontext[TextIO] | TextIO":
    if path is None:
        return nullcontext(sys.stdout)
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BadRequest(f"cannot write {path}: {error.strerror}") from error
    return os.fdopen(opened, "w", encoding="utf-8")
