"""What installing, upgrading, going back to or removing a release would do, found out by reading.

An approval is bound to the release as it is, to the chart as it was fetched, and to the rendering.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
import orjson

from bailiwick.errors import BadRequest, Denied, Rejected
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call, Plan
from bailiwick.wording import age, many
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.releases.comparison import Comparison, compared, told
from bailiwick_cluster.releases.decoding import Broken, Release
from bailiwick_cluster.releases.documents import Document, Manifest, manifest
from bailiwick_cluster.releases.history import Past, plain
from bailiwick_cluster.releases.live import canonical, may_see, served
from bailiwick_cluster.releases.rehearsal import No, lines
from bailiwick_cluster.upstream import Kubernetes, Upstream
from bailiwick_cluster.upstream.charts import Refusal, engine

NAMED = 6
"""Objects that an effect names; it counts the others."""
_NO_PAST = Manifest(())


def refused(what: str, refusal: Refusal) -> Plan:
    """Make the plan of what helm would not do: nothing, and why."""
    words = (Block("helm", refusal.words),) if refusal.words else ()
    says = f"cannot {what}: {refusal.why}; nothing was changed"
    return Plan("", nothing=Answer(says, blocks=words))


def unaccepted(what: str, noes: Sequence[No], hint: str) -> Plan:
    """Make the plan of what the cluster would refuse half-way: nothing, and why."""
    why = ", ".join(sorted({each.why for each in noes}))
    told = f"cannot {what}: the cluster refuses {many(len(noes), 'object')} of it ({why})"
    more = (f"what others set: {hint}",) if hint else ()
    block = Block("api", lines(noes))
    return Plan("", nothing=Answer(f"{told}; nothing was changed", blocks=(block,), notes=more))


def locked(past: Past, cluster: str) -> None:
    """Raise BadRequest where somebody works on a release, or has left it half-way."""
    if not past.pending:
        return
    latest, back = past.latest, past.before
    since = f" since {age(max(time.time() - latest.at, 0))}" if latest.at else ""
    where = f'cluster="{cluster}", namespace="{latest.namespace}", release="{latest.release}"'
    free = (
        f"rollback_release({where}, revision={back.revision})"
        if back
        else f"uninstall_release({where})"
    )
    raise BadRequest(
        f"the release is locked: revision {latest.revision} is {plain(latest.status)}{since}. Wait"
        f" if somebody works on it; if that died, {free} frees it"
    )


async def inside(
    call: Call[Upstream], kubernetes: Kubernetes, documents: Sequence[Document], namespace: str
) -> None:
    """Raise Rejected or Denied where a release reaches beyond its namespace, and must not.

    The policy has judged a call about this namespace; RBAC alone would let a chart grant itself
    rights, or put workloads where the policy lets nobody go.
    """
    known = await served(kubernetes, documents)
    outside = [each for each in documents if _elsewhere(each, known, namespace)]
    if outside and not engine(call).beyond:
        raise Rejected(
            f"{many(len(outside), 'object')} of this release would be outside {namespace}:"
            f" {listed(outside)}; whoever runs this server may allow that under"
            " [servers.cluster.helm] beyond"
        )
    kept = [
        each
        for each in outside
        if (info := known.get(canonical(each))) is not None
        and not may_see(call, kubernetes.name, each, info, namespace)
    ]
    if kept:
        raise Denied(f"the policy does not let you change {listed(kept)}, outside {namespace}")


def kinds(documents: Iterable[Document]) -> dict[str, Any]:
    """Name the kinds of all that is written or taken away: a policy may close some to everybody."""
    return {"kinds": sorted({canonical(each) for each in documents})}


def _elsewhere(document: Document, known: Mapping[str, KindInfo], namespace: str) -> bool:
    """Say whether an object is in another namespace, or in none."""
    info = known.get(canonical(document))
    return document.namespace != namespace or (info is not None and not info.namespaced)


def listed(documents: Sequence[Document]) -> str:
    """Name objects in our own words' place, as far as their names are just words."""
    named = [
        f"{plain(each.kind)} {plain(each.name)}"
        for each in documents[:NAMED]
        if plain(each.kind) and plain(each.name)
    ]
    more = len(documents) - len(named)
    return ", ".join(named) + (f" and {more} more" if more and named else "")


def counted(found: Comparison) -> str:
    """Say how many objects come, change and go, and which."""
    parts: list[str] = []
    for what, documents in (
        ("creates", found.created),
        ("changes", tuple(each.document for each in found.changed)),
        ("removes", tuple(each for each in found.removed if not each.kept)),
    ):
        if documents:
            parts.append(f"{what} {listed(documents) or many(len(documents), 'object')}")
    return "; ".join(parts) or "changes no object"


@dataclass(frozen=True, slots=True)
class Rendering:
    """What would be applied: its objects and hooks, its digest, and how much of it is random."""

    objects: Manifest
    hooks: tuple[Document, ...]
    digest: str
    random: int


def rendering(release: Release, first: str, again: str, namespace: str) -> Rendering:
    """Read a rendering twice, and leave out of its digest what is different each time."""
    one, other = manifest(first, namespace), manifest(again, namespace)
    hooks = [
        document
        for hook in release.hooks
        for document in manifest(hook.manifest, namespace).documents
    ]
    left, right = _leaves(one.documents), _leaves(other.documents)
    random = {path for path in left.keys() | right.keys() if left.get(path) != right.get(path)}
    steady = {path: value for path, value in left.items() if path not in random}
    said = [sorted(steady.items()), sorted(random), [dict(each.body) for each in hooks]]
    raw = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
    return Rendering(one, tuple(hooks), hashlib.sha256(raw).hexdigest()[:32], len(random))


def _leaves(documents: Sequence[Document]) -> dict[str, Any]:
    """Write all scalars by where they stand."""
    found: dict[str, Any] = {}
    left: list[tuple[str, Any]] = [("/".join(each.key), each.body) for each in documents]
    while left:
        path, value = left.pop()
        if isinstance(value, Mapping) and value:
            left += [(f"{path}\0{key}", each) for key, each in value.items()]  # pyright: ignore[reportUnknownVariableType]
        elif isinstance(value, list) and value:
            left += [(f"{path}\0{n}", each) for n, each in enumerate(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        else:
            found[path] = value
    return found


def summed(release: Release | None) -> str:
    """Digest a revision's manifest and hooks: 32 hex digits; empty for none."""
    if release is None:
        return ""
    whole = "\0".join((release.manifest, *(each.manifest for each in release.hooks)))
    return hashlib.sha256(whole.encode(errors="replace")).hexdigest()[:32]


async def difference(
    before: Release | Broken | None, after: Manifest, namespace: str
) -> Comparison:
    """Compare what a revision says with what would be applied."""
    old = _NO_PAST
    if isinstance(before, Release):
        old = await anyio.to_thread.run_sync(manifest, before.manifest, namespace)
    return await anyio.to_thread.run_sync(compared, old, after)


def shown(found: Comparison) -> str:
    """Write the difference as a dry run shows it."""
    return told(found) if not found.empty else ""


def standing(past: Past | None) -> str:
    """Write which revision a plan has looked at."""
    return f"{past.latest.revision} {past.latest.status}" if past else "none"


def accepted(notes: Mapping[str, str]) -> str:
    """Say how many objects come, change and go, and that the cluster was asked about them."""
    return f"{notes['counted']}{'; the cluster accepts it' * bool(notes['diff'])}"
