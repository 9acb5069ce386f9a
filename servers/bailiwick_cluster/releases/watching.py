"""The workloads of a release: how many are as wanted, and what holds up the worst."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import anyio

from bailiwick.errors import UpstreamError
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.ranking import Reader, Worst
from bailiwick_cluster.releases.documents import Document
from bailiwick_cluster.releases.live import Live, look
from bailiwick_cluster.upstream import Kubernetes, Object, Target, Upstream

T = TypeVar("T")
PATIENCE = 45.0
"""Seconds for which a change is followed, where the call has as many."""
_KEPT = 10.0
"""Seconds of a call that are left for its answer, and for going back."""
_EVERY = 0.5
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job"})


@dataclass(frozen=True, slots=True)
class Health:
    """How many workloads there are, how many are ready, and what is the matter with the others."""

    ready: int
    total: int
    worst: str = ""

    @property
    def well(self) -> bool:
        """Say whether all are ready."""
        return self.ready == self.total

    def told(self) -> str:
        """Say it: `1 of 2 workloads ready; Deployment web 0 of 2, its pods: 2 CrashLoopBackOff`."""
        if not self.total:
            return "it has no workloads"
        why = "" if self.well else f"; {self.worst}"
        return f"{self.ready} of {many(self.total, 'workload')} ready{why}"


def workloads(documents: Sequence[Document], home: str) -> list[Document]:
    """Pick what runs in the release's own namespace."""
    return [
        each
        for each in documents
        if each.kind in _WORKLOADS and each.group in ("apps", "batch") and each.namespace == home
    ]


async def health(
    call: Call[Upstream], kubernetes: Kubernetes, wanted: Sequence[Document]
) -> Health:
    """Look once at workloads; of the first that is not ready it is found out why."""
    found = await look(call, kubernetes, wanted, _home(wanted))
    bad = [each for each in found if not _ready(each)]
    worst = await _worst(kubernetes, bad[0]) if bad else ""
    return Health(len(found) - len(bad), len(found), worst)


async def follow(
    call: Call[Upstream], kubernetes: Kubernetes, wanted: Sequence[Document]
) -> Health:
    """Report progress until all workloads are ready, or as long as there is time."""
    with anyio.move_on_after(_left()):
        while wanted:
            ready = await _tick(call, kubernetes, wanted, "")
            if ready == len(wanted):
                break
            await anyio.sleep(_EVERY)
    return await health(call, kubernetes, wanted)


def _left() -> float:
    whole = anyio.current_effective_deadline() - anyio.current_time() - _KEPT
    return max(min(PATIENCE, whole), 0.0)


async def beside(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    wanted: Sequence[Document],
    work: Callable[[], Awaitable[T]],
) -> T:
    """Report progress while helm works."""
    done: list[T] = []

    async def ticking() -> None:
        while True:
            await _tick(call, kubernetes, wanted, "helm works; ")
            await anyio.sleep(_EVERY * 2)

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ticking)
            done.append(await work())
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return done[0]


async def _tick(
    call: Call[Upstream], kubernetes: Kubernetes, wanted: Sequence[Document], doing: str
) -> int:
    """Look and report; a look that fails says nothing, and must not end what is under way."""
    try:
        found = await look(call, kubernetes, wanted, _home(wanted))
    except UpstreamError:
        return 0
    ready = sum(map(_ready, found))
    total = len(found)
    await call.progress(ready, max(total, 1), f"{doing}{ready} of {many(total, 'workload')} ready")
    return ready


def _home(wanted: Sequence[Document]) -> str:
    return wanted[0].namespace if wanted else ""


def _ready(one: Live) -> bool:
    """Say whether a workload is as wanted: its controller has seen it, and carried it out."""
    found, kind = one.found, one.document.kind
    if one.state != "there":
        return False
    if kind == "Job":
        kinds = {text(c, "type") for c in _true(found)}
        return bool({"Complete", "SuccessCriteriaMet"} & kinds)
    status = mapping(found, "status")
    if number(status, "observedGeneration") < number(found, "metadata", "generation"):
        return False
    if kind == "DaemonSet":
        wanted = number(status, "desiredNumberScheduled")
        return wanted == number(status, "numberReady") == number(status, "updatedNumberScheduled")
    wanted = number(found, "spec", "replicas", default=1)
    counts = [number(status, key) for key in ("replicas", "readyReplicas", "updatedReplicas")]
    return counts == [wanted] * 3


def _true(found: Object) -> list[Object]:
    return [c for c in listing(found, "status", "conditions") if text(c, "status") == "True"]


async def _worst(kubernetes: Kubernetes, one: Live) -> str:
    """Name a workload that is not ready, and the states of its pods."""
    name = f"{one.document.kind} {one.document.name}"
    if one.state != "there":
        return f"{name} is {'gone' if one.state == 'missing' else 'not seen'}"
    chosen = mapping(one.found, "spec", "selector", "matchLabels")
    labels = ",".join(f"{key}={value}" for key, value in sorted(chosen.items()))
    worst = Worst(1)
    try:
        page = await kubernetes.page(
            Target(BUILTIN["Pod"], one.document.namespace, labels or "job-name"), 200
        )
    except UpstreamError:
        return f"{name} is not ready"
    reader = Reader(page.columns)
    for row in page.rows:
        worst.add(reader, row)
    return f"{name}: {worst.told()}" if worst.total else f"{name} has no pods"
