"""`bailiwick audit search`: the records of all replicas, out of the index that they share."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import anyio

from bailiwick.audit.export import brief
from bailiwick.cli.reading import place, recorded, when
from bailiwick.cli.terminal import as_json, counted, warn
from bailiwick.config import Settings
from bailiwick.errors import BadConfig, BadRequest
from bailiwick.shaping.neutral import neutralise
from bailiwick.sharing import index
from bailiwick.sharing.index import Found, Wanted
from bailiwick.sharing.proof import proved
from bailiwick.sharing.shared import Shared

Proofs = Mapping[tuple[str, int], str]
_NONE: Proofs = {}
_FILTERS = ("actor", "tool", "outcome", "resource", "text")


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments; `--since` and `--config` come with those of the other verbs."""
    parser.add_argument("--actor", default="", help="subject, or issuer/subject")
    parser.add_argument("--tool", default="", help="tool")
    parser.add_argument(
        "--outcome", default="", help="success, denied, refused, error, unknown ..."
    )
    parser.add_argument("--until", default="", help="before this time")
    parser.add_argument("--resource", default="", help="a name, or Kind=name")
    parser.add_argument("--text", default="", help="anywhere in the record, in any case")
    parser.add_argument("--most", type=int, default=50, help="how many (50)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--prove", action="store_true", help="compare each with the journal; exit 1 if one differs"
    )
    parser.add_argument(
        "--journal",
        type=Path,
        action="append",
        default=[],
        help="a journal to compare with, for --prove; again for each replica's (this one's)",
    )


def search(arguments: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where a row is not what the journal says."""
    wanted = _wanted(arguments)
    shared = Shared.of(settings.shared)
    if shared.database is None:
        raise BadConfig(
            "there is no index: it needs shared.database_file;"
            " `bailiwick audit tail` reads this journal"
        )
    found = anyio.run(_search, shared, wanted)
    query = {name: getattr(wanted, name) for name in (*_FILTERS, "since", "until", "most")}
    if settings.journal_path.is_dir():
        recorded(settings, settings.journal_path, "audit.read", {"query": query})
    else:
        warn("there is no journal here; this reading is not recorded")
    proofs: Proofs = _proved(found, arguments.journal, settings) if arguments.prove else _NONE
    if arguments.json:
        print(as_json([_plain(each, proofs) for each in found]))
    else:
        _print(found, proofs, arguments)
    return 1 if any(proofs.values()) else 0


def _wanted(arguments: argparse.Namespace) -> Wanted:
    if arguments.most < 1:
        raise BadRequest("--most is at least 1")
    now = datetime.now(UTC)
    asked = {name: getattr(arguments, name) for name in _FILTERS}
    since, until = when(arguments.since, now), when(arguments.until, now)
    return Wanted(**asked, since=since, until=until, most=arguments.most)


async def _search(shared: Shared, wanted: Wanted) -> list[Found]:
    try:
        return [] if shared.database is None else await index.search(shared.database, wanted)
    finally:
        await shared.close()


def _proved(found: Sequence[Found], journals: Sequence[Path], settings: Settings) -> Proofs:
    places = [place(settings, journal) for journal in journals or [settings.journal_path]]
    return proved(found, places)


def _plain(each: Found, proofs: Proofs) -> Mapping[str, object]:
    said = {"stream": each.stream, "seq": each.seq, "hash": each.hash, "record": each.record.fields}
    wrong = proofs.get((each.stream, each.seq))
    return said if wrong is None else said | {"genuine": not wrong, "wrong": wrong}


def _print(found: Sequence[Found], proofs: Proofs, arguments: argparse.Namespace) -> None:
    for each in found:
        print(neutralise(brief(each.record)))
        if wrong := proofs.get((each.stream, each.seq)):
            warn(f"{each.stream}/{each.seq}: {wrong}")
    more = "; there may be more (--most)" if len(found) == arguments.most else ""
    told = counted(len(found), "record")
    if proofs:
        bad = sum(1 for wrong in proofs.values() if wrong)
        print(f"{told}{more}; {len(proofs) - bad} are what the journal says, {bad} are not")
    else:
        print(
            f"{told}{more}, from the index, a copy of the journals: --prove compares it with them"
        )
