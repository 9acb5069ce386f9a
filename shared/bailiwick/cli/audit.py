"""`bailiwick audit`: prove the journal whole, look into it, and give it to other systems."""

import argparse
import os
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio

from bailiwick.audit.checkpoint import Checkpoint
from bailiwick.audit.checkpoint import load as load_checkpoint
from bailiwick.audit.export import brief
from bailiwick.audit.key import load_key
from bailiwick.audit.opening import root_key
from bailiwick.audit.reader import Query, Record, read
from bailiwick.audit.verify import verify
from bailiwick.cli import findings, records, searching, shipping
from bailiwick.cli.reading import place, recorded, stamped, when
from bailiwick.cli.terminal import as_json, config_too, warn
from bailiwick.config import Settings, load
from bailiwick.errors import BadConfig, BadRequest
from bailiwick.shaping.fence import inline
from bailiwick.shaping.neutral import neutralise

HELP = "verify the journal, look into it, export it"

_EVERY = 1.0
"""Seconds between two looks of `tail --follow`."""
_LATE = timedelta(minutes=1)
"""How far back each of them goes: a record's time is older than its place on the disk."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    proof = verbs.add_parser("verify", help="is the journal what was written?")
    proof.add_argument("--against", type=Path, help="a checkpoint that was kept elsewhere")
    proof.add_argument("--key-file", type=Path, help="root of the MACs, if not the settings'")
    proof.add_argument("--json", action="store_true", help="print JSON")
    show = verbs.add_parser("show", help="everything about one call")
    show.add_argument("call", help=f"the call's id, or its first {records.SHORTEST} characters")
    show.add_argument("--json", action="store_true", help="print JSON")
    tail = verbs.add_parser("tail", help="the newest records, a line each")
    tail.add_argument("-n", dest="most", type=int, default=20, help="how many (20)")
    tail.add_argument("--follow", action="store_true", help="go on as records come")
    tail.add_argument("--actor", default="", help="subject, or issuer/subject")
    tail.add_argument("--tool", default="", help="tool")
    tail.add_argument("--outcome", default="", help="success, denied, refused, error, unknown ...")
    out = verbs.add_parser("export", help="the records in another system's words")
    out.add_argument("--format", choices=sorted(shipping.FORMATS), required=True, help="the words")
    out.add_argument("--until", default="", help="before this time")
    find = verbs.add_parser("search", help="records of all replicas, from the shared index")
    searching.add(find)
    mark = verbs.add_parser("checkpoint", help="a line to keep elsewhere, for verify --against")
    for sub in (tail, out, find):
        sub.add_argument("--since", default="", help="from 2026-11-24T13:00 (UTC), or 2h ago")
    for sub in (out, mark):
        sub.add_argument("-o", dest="output", type=Path, help="file to write, mode 0600")
    config_too(find)
    for sub in (proof, show, tail, out, mark):
        config_too(sub)
        sub.add_argument("--path", type=Path, help="a copy of a journal, which is left as it is")


def run(arguments: argparse.Namespace) -> int:
    """Verify, show, tail, export, or make a checkpoint."""
    settings = load(arguments.config, os.environ)
    if arguments.verb == "search":
        return searching.search(arguments, settings)
    journal = place(settings, arguments.path)
    verb = {
        "verify": _verify,
        "show": _show,
        "tail": _tail,
        "export": shipping.export,
        "checkpoint": shipping.checkpoint,
    }[arguments.verb]
    try:
        return verb(arguments, settings, journal)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadConfig(f"the journal {journal} cannot be read: {error.strerror}") from error


def _verify(arguments: argparse.Namespace, settings: Settings, journal: Path) -> int:
    """Exit 1 where a line is not what was written."""
    key = load_key(arguments.key_file) if arguments.key_file else root_key(settings)
    report = verify(journal, key or None, against=_pinned(arguments.against))
    newest = findings.latest(journal)
    found = findings.plain(report, newest)
    result = {"whole": report.ok, "records": report.records, "bad": found["bad"][:10]}
    against = str(arguments.against or "")
    data = {"result": result, "query": {"against": against}}
    recorded(settings, journal, "audit.verified", data, "success" if report.ok else "error")
    print(as_json(found) if arguments.json else findings.printed(report, newest))
    return 0 if report.ok else 1


def _pinned(path: Path | None) -> Checkpoint | None:
    if path is None:
        return None
    try:
        return load_checkpoint(path.read_bytes())
    except OSError as error:
        raise BadRequest(f"cannot read the checkpoint {path}: {error.strerror}") from error
    except ValueError as error:
        raise BadRequest(f"{path} is not a checkpoint") from error


def _show(arguments: argparse.Namespace, settings: Settings, journal: Path) -> int:
    """Exit 1 where there is no such call."""
    found = records.of_call(journal, arguments.call)
    recorded(settings, journal, "audit.read", {"query": {"call": arguments.call[:40]}})
    if not found:
        warn(f"no record of a call {inline(arguments.call, 40)!r}")
        return 1
    if arguments.json:
        print(as_json([record.fields for record in found]))
    else:
        print(records.printed(found))
    return 0


def _tail(arguments: argparse.Namespace, settings: Settings, journal: Path) -> int:
    since = when(arguments.since, datetime.now(UTC))
    asked = {name: getattr(arguments, name) for name in ("actor", "tool", "outcome")}
    seen: dict[str, int] = {}
    fresh = _fresh(read(journal, Query(since=since)), seen)
    newest = deque((r for r in fresh if records.fits(r, **asked)), max(0, arguments.most))
    query = asked | {"since": since, "follow": bool(arguments.follow)}
    recorded(settings, journal, "audit.read", {"query": query})
    _print(newest)
    if arguments.follow:
        anyio.run(_follow, journal, seen, asked, since)
    return 0


async def _follow(
    journal: Path, seen: dict[str, int], asked: Mapping[str, str], since: str
) -> None:
    """Look again and again; a record is known by its place, for clocks may stand still."""
    while True:
        await anyio.sleep(_EVERY)
        recent = max(since, stamped(datetime.now(UTC) - _LATE))
        fresh = _fresh(read(journal, Query(since=recent)), seen)
        _print(record for record in fresh if records.fits(record, **asked))


def _fresh(found: Iterable[Record], seen: dict[str, int]) -> Iterable[Record]:
    for record in found:
        stream, seq = record.text("stream"), record.at("seq")
        if isinstance(seq, int) and seq > seen.get(stream, 0):
            seen[stream] = seq
            yield record


def _print(found: Iterable[Record]) -> None:
    for record in found:
        print(neutralise(brief(record)), flush=True)
