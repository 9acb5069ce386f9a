"""A release's manifest compared with what runs, and what that comes to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import anyio.to_thread

from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_cluster.releases.comparison import brief, named
from bailiwick_cluster.releases.documents import Document
from bailiwick_cluster.releases.drift import Drift, drifts
from bailiwick_cluster.releases.live import MOST, Live, look
from bailiwick_cluster.upstream import Kubernetes, Upstream

HEAD = ("OBJECT", "FIELD", "RELEASE SAYS", "RUNS", "SET BY")
_UNSEEN = {
    "policy": "kept back by the policy",
    "rbac": "refused by the cluster's RBAC",
    "unserved": "of a kind that is not served",
    "unread": "of which the API told nothing",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What differs: the first line, the rows, what is missing first, and what was not seen."""

    says: str
    rows: list[tuple[str, ...]]
    notes: tuple[str, ...]


async def found(
    call: Call[Upstream], kubernetes: Kubernetes, objects: Sequence[Document], home: str
) -> Found:
    """Compare every object with what runs."""
    seen = await look(call, kubernetes, objects, home)
    fields = await anyio.to_thread.run_sync(_fields, seen)
    missing = [each for each in seen if each.state == "missing"]
    there = sum(each.state == "there" for each in seen)
    drifted = len({id(each.document) for each in fields})
    rows = [(named(each.document), "", "there", "missing", "") for each in missing]
    return Found(
        _says(len(missing), drifted, len(fields), there + len(missing)),
        [*rows, *map(_row, fields)],
        _notes(seen, len(objects), fields),
    )


def _fields(seen: Sequence[Live]) -> list[Drift]:
    return [
        each for one in seen if one.state == "there" for each in drifts(one.document, one.found)
    ]


def _says(missing: int, drifted: int, fields: int, looked: int) -> str:
    if not looked:
        return "none of its objects could be looked at"
    if not missing and not drifted:
        return f"all {many(looked, 'object')} run as it says"
    said = [f"{missing} of {many(looked, 'object')} missing"] if missing else []
    if drifted:
        whole = "" if missing else f" of {many(looked, 'object')}"
        said.append(f"{drifted}{whole} drifted, in {many(fields, 'field')}")
    return "; ".join(said)


def _row(each: Drift) -> tuple[str, ...]:
    says, runs = brief(each.wanted), brief(each.runs)
    if each.hidden:
        says = runs = "(differs, not shown)"
    return named(each.document), each.path, says, runs, each.by


def _notes(seen: Sequence[Live], whole: int, fields: Sequence[Drift]) -> tuple[str, ...]:
    notes: list[str] = []
    unseen = Counter(each.state for each in seen if each.state in _UNSEEN)
    for state, count in unseen.most_common():
        notes.append(f"not compared: {many(count, 'object')} {_UNSEEN[state]}")
    if whole > MOST:
        notes.append(f"only the first {MOST} of {whole} objects were looked at")
    if any(each.path == "spec.replicas" for each in fields):
        notes.append("replicas may rightly be an autoscaler's: see HorizontalPodAutoscaler")
    if fields:
        notes.append("the next upgrade or rollback meets these: helm takes no field by force")
    return tuple(notes)
