"""The parts of one release that can be asked for, each answered with its first line."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread

from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.shaping.redaction import redact_object
from bailiwick.tool import Call
from bailiwick.wording import age, many
from bailiwick_cluster.releases import comparison, drifting
from bailiwick_cluster.releases.decoding import Broken, Release
from bailiwick_cluster.releases.documents import Document, Manifest, manifest
from bailiwick_cluster.releases.history import Past, chosen
from bailiwick_cluster.releases.reading import briefly, charted, one, unpacked
from bailiwick_cluster.releases.watching import health, workloads
from bailiwick_cluster.upstream import Kubernetes, Upstream
from bailiwick_cluster.upstream.releases import Entry
from bailiwick_cluster.written import written

_HEAD = ("REVISION", "STATUS", "CHART", "APP", "UPDATED", "DESCRIPTION")
_RECENT = 5
_CELL = 150
"""Characters that a cell of the history shows whole."""
_MOST_REVISIONS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """Which release, and which of its revisions."""

    cluster: str
    namespace: str
    release: str
    revision: int
    other: int

    def __str__(self) -> str:
        """Name it, as the caller did."""
        return f"{self.namespace}/{self.release}"

    def call(self, **more: object) -> str:
        """Write a call of read_release about it."""
        said = "".join(f", {key}={_quoted(value)}" for key, value in more.items())
        where = f'cluster="{self.cluster}", namespace="{self.namespace}"'
        return f'read_release({where}, release="{self.release}"{said})'


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True)
class Read:
    """One revision, unpacked, with its manifest and its history."""

    past: Past
    entry: Entry
    release: Release
    manifest: Manifest

    @property
    def unread(self) -> tuple[str, ...]:
        """Say what of the manifest was not looked at."""
        number = self.manifest.unread
        return (f"{many(number, 'document')} of the manifest cannot be read",) if number else ()


Part = Callable[[Call[Upstream], Kubernetes, Asked, Read], Awaitable[Answer]]


async def answered(call: Call[Upstream], kubernetes: Kubernetes, asked: Asked, part: str) -> Answer:
    """Read a release and answer with one part of it."""
    past = await one(call, kubernetes, asked.namespace, asked.release)
    if part == "history":
        return await _history(call, kubernetes, asked, past)
    found = await revision(call, kubernetes, past, asked.revision)
    if isinstance(found, Broken):
        kept = ", ".join(str(each.revision) for each in past.entries[1:10]) or "none"
        return Answer(
            f"release {asked} is {past.state(time.time())}, but the revision asked for cannot be"
            f" read: {found.why}",
            notes=(f"other revisions: {kept}",),
        )
    return await _PARTS[part](call, kubernetes, asked, found)


async def revision(
    call: Call[Upstream], kubernetes: Kubernetes, past: Past, number: int
) -> Read | Broken:
    """Read a revision, 0 being the newest, and its manifest."""
    entry = chosen(past, number)
    found = await unpacked(call, kubernetes, entry)
    if isinstance(found, Broken):
        return found
    read = await anyio.to_thread.run_sync(manifest, found.manifest, entry.namespace)
    return Read(past, entry, found, read)


async def _status(call: Call[Upstream], kubernetes: Kubernetes, asked: Asked, read: Read) -> Answer:
    now = time.time()
    past, found = read.past, read.release
    state = past.state(now) if read.entry is past.latest else found.status
    runs = past.runs
    still = f"; revision {runs.revision} still runs" if runs and runs is not past.latest else ""
    pods = await health(call, kubernetes, workloads(read.manifest.documents, asked.namespace))
    kinds = comparison.kinds(read.manifest.documents)
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(8) if kind.isalpha())
    last = await _rows(call, kubernetes, past, _RECENT, now)
    hooks = [
        f"{each.kind} {each.name} on {', '.join(each.events)}: {each.phase or 'not run'}"
        for each in found.hooks[:8]
    ]
    told = any(each[0] == str(read.entry.revision) for each in last)
    said = "" if told and len(found.description) <= _CELL else found.description
    reason = Block("helm about this revision", said) if said else None
    return Answer(
        f"release {asked} is {state}: {charted(found) or 'a chart with an odd name'}, revision"
        f" {read.entry.revision}, {_ago(read.entry, now)}{still}; {pods.told()}",
        Table(_HEAD, last, "helm history") if len(last) > 1 else None,
        (*((reason,) if reason else ()), *((Block("hooks", "\n".join(hooks)),) if hooks else ())),
        notes=(
            f"objects: {counted or 'none'}",
            *read.unread,
            *_stuck(past, asked),
            f"next: {asked.call(part='drift')} compares with what runs",
        ),
    )


def _stuck(past: Past, asked: Asked) -> tuple[str, ...]:
    """Say how a release that is locked comes free."""
    if not past.pending:
        return ()
    back = past.before
    where = f'cluster="{asked.cluster}", namespace="{asked.namespace}", release="{asked.release}"'
    if back is None:
        return (f"if nobody works on it: uninstall_release({where}) frees it",)
    return (f"if nobody works on it: rollback_release({where}, revision={back.revision})",)


def _ago(entry: Entry, now: float) -> str:
    return f"{age(max(now - entry.at, 0))} ago" if entry.at else "nobody says when"


async def _history(
    call: Call[Upstream], kubernetes: Kubernetes, asked: Asked, past: Past
) -> Answer:
    now = time.time()
    rows = await _rows(call, kubernetes, past, _MOST_REVISIONS, now)
    failed = sum(each.status == "failed" for each in past.entries)
    told = f"{failed} of them failed" if failed else "none of them failed"
    kept = many(len(past.entries), "revision")
    return Answer(
        f"{kept} of release {asked} are kept, {told}; it is {past.state(now)}",
        Table(_HEAD, rows, "helm history"),
        total=len(past.entries),
        notes=(f"next: {asked.call(part='diff')} shows what the newest changed",),
    )


async def _rows(
    call: Call[Upstream], kubernetes: Kubernetes, past: Past, most: int, now: float
) -> list[tuple[str, ...]]:
    entries = past.entries[:most]
    briefs = await briefly(call, kubernetes, entries)
    return [
        (
            str(each.revision),
            each.status,
            brief.chart,
            brief.app_version,
            _ago(each, now),
            brief.description,
        )
        for each, brief in zip(entries, briefs, strict=True)
    ]


async def _values(
    _call: Call[Upstream], _kubernetes: Kubernetes, asked: Asked, read: Read
) -> Answer:
    found = read.release
    head = f"release {asked}, revision {read.entry.revision}: "
    blocks: list[Block] = []
    if found.values:
        blocks.append(Block("values that were set", _yaml(found.values)))
    blocks.append(Block("the chart's own values", _yaml(found.defaults)))
    told = f"{many(len(found.values), 'value')} set at the top" if found.values else "no value set"
    return Answer(f"{head}{told}; what is secret is masked", blocks=tuple(blocks))


def _yaml(tree: Mapping[str, Any]) -> str:
    """Write values without what is secret in them."""
    return written(redact_object(dict(tree), {})) if tree else "(none)"


async def _notes(
    _call: Call[Upstream], _kubernetes: Kubernetes, asked: Asked, read: Read
) -> Answer:
    found = read.release
    if not found.notes.strip():
        return Answer(f"release {asked}, revision {read.entry.revision}, has no notes")
    return Answer(
        f"notes of release {asked}, revision {read.entry.revision}, as its chart wrote them",
        blocks=(Block("chart notes", found.notes),),
    )


async def _manifest(
    _call: Call[Upstream], _kubernetes: Kubernetes, asked: Asked, read: Read
) -> Answer:
    objects = read.manifest.documents
    names = "\n".join(comparison.named(each) for each in objects[:100])
    # Text in which a Secret stands is masked wherever `data` does: let that not hit the others.
    secret = [each for each in objects if each.kind == "Secret"]
    others = [each for each in objects if each.kind != "Secret"]
    blocks = [Block("objects", names or "(none)")]
    blocks += [Block("Secrets", _documents(secret))] if secret else []
    blocks += [Block("manifest", _documents(others))] if others else []
    return Answer(
        f"release {asked}, revision {read.entry.revision}: {many(len(objects), 'object')};"
        " Secrets show keys and sizes only",
        blocks=tuple(blocks),
        notes=read.unread,
    )


def _documents(objects: Sequence[Document]) -> str:
    return "---\n".join(written(redact_object(dict(each.body), {})) for each in objects)


async def _diff(call: Call[Upstream], kubernetes: Kubernetes, asked: Asked, read: Read) -> Answer:
    older = [each.revision for each in read.past.entries if each.revision < read.entry.revision]
    if not asked.other and not older:
        return Answer(f"revision {read.entry.revision} of release {asked} is the only one kept")
    before = await revision(call, kubernetes, read.past, asked.other or older[0])
    if isinstance(before, Broken):
        return Answer(f"the other revision cannot be read: {before.why}")
    found = await anyio.to_thread.run_sync(comparison.compared, before.manifest, read.manifest)
    values = comparison.values(before.release.values, read.release.values)
    charts = charted(before.release), charted(read.release)
    moved = f", chart {charts[0]} → {charts[1]}" if charts[0] != charts[1] else ""
    span = f"revision {before.entry.revision} → {read.entry.revision} of release {asked}"
    blocks = [Block("values", values)] if values else []
    if not found.empty:
        blocks.append(Block("objects", comparison.told(found)))
    return Answer(
        f"{span}: {found.counted()}{moved}",
        blocks=tuple(blocks),
        notes=(*before.unread, *read.unread),
    )


async def _drift(call: Call[Upstream], kubernetes: Kubernetes, asked: Asked, read: Read) -> Answer:
    found = await drifting.found(call, kubernetes, read.manifest.documents, asked.namespace)
    head = f"release {asked}, revision {read.entry.revision}: "
    return Answer(
        head + found.says,
        Table(drifting.HEAD, found.rows, "helm drift", 2) if found.rows else None,
        total=len(found.rows),
        notes=(*found.notes, *read.unread, *_stale(read)),
    )


def _stale(read: Read) -> tuple[str, ...]:
    """Say where what was compared is not what is meant to run."""
    runs = read.past.runs
    if runs is None or runs.revision == read.entry.revision:
        return ()
    return (f"revision {runs.revision} is the deployed one: compare that with `revision`",)


_PARTS: dict[str, Part] = {
    "status": _status,
    "values": _values,
    "notes": _notes,
    "manifest": _manifest,
    "diff": _diff,
    "drift": _drift,
}
