"""A node emptied: what each of its pods would do, and evictions until a deadline."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import anyio

from bailiwick.errors import Unavailable
from bailiwick.wording import many
from bailiwick_cluster.running.budgets import Budget, holding
from bailiwick_cluster.running.pods import Pod, pods
from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.evicting import Said, Verdict, evict

Fate = Literal["unmanaged", "local data", "blocked", "evicted", "leaves", "stays", "closed"]
"""What becomes of a pod: nobody makes it anew; what it keeps on the node is lost; a budget holds
it now; it goes; it leaves already; it belongs to the node; the policy closes its namespace."""
Sees = Callable[[str], bool]
PATIENCE = 600.0
"""Seconds a drain takes at most; its tool has a minute more, to look before and to tell after."""
_TICK = 0.5
_SLOWEST = 3.0
"""Seconds between two looks at the node, where nothing has moved for a while."""
_WORD = 5.0
"""Seconds after which it is told that nothing has moved."""
_AT_ONCE = 8
_PATIENT = 10.0
"""Most seconds between two tries for a pod that a budget holds."""
ROWS = 15
_REHEARSED = 30


@dataclass(frozen=True, slots=True)
class Moving:
    """One pod of a node and what becomes of it. `why` names the budget that holds it."""

    pod: Pod
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """The pods of a node, by what becomes of them."""

    pods: Sequence[Moving]

    def of(self, *fates: Fate) -> list[Moving]:
        """Return those with one of these fates."""
        return [each for each in self.pods if each.fate in fates]

    @property
    def moving(self) -> list[Pod]:
        """Return the pods that are to go."""
        going = self.of("unmanaged", "local data", "blocked", "evicted", "leaves")
        return [each.pod for each in going]

    def going(self, *, local: bool, lone: bool) -> list[Pod]:
        """Return those that may go: with `local` what keeps data here, with `lone` the unmanaged.

        What came to the node since it was looked at was not agreed to.
        """
        managed = [pod for pod in self.moving if lone or pod.owner[0] or pod.ended or pod.leaving]
        return [pod for pod in managed if local or not pod.local or pod.ended or pod.leaving]

    @property
    def told(self) -> str:
        """Count them in our own words."""
        going = len(self.moving)
        parts = [f"evict {many(going, 'pod')}"]
        if lost := len(self.of("unmanaged")):
            parts.append(f"{lost} UNMANAGED: nobody makes them anew")
        if local := len([each for each in self.pods if each.pod.local and each.pod in self.moving]):
            parts.append(f"{local} lose their emptyDir data")
        if held := self.of("blocked"):
            parts.append(f"{len(held)} blocked now: {held[0].why}")
        if stays := len(self.of("stays")):
            parts.append(f"leave {stays} of DaemonSets or of the node itself")
        if hidden := len(self.of("closed")):
            parts.append(f"LEAVE {hidden} in namespaces that the policy closes to you")
        return "; ".join(parts)

    def table(self) -> str:
        """Write the pods that need a thought, the worst first, and count the others."""
        order: list[Fate] = ["unmanaged", "local data", "blocked", "evicted", "leaves", "stays"]
        ranked = sorted(self.of(*order), key=lambda each: (order.index(each.fate), each.pod.at))
        lines = [
            f"{each.pod.at}\t{each.fate}{f': {each.why}' if each.why else ''}"
            for each in ranked[:ROWS]
        ]
        more = len(ranked) - ROWS
        return "\n".join([*lines, *([f"and {many(more, 'more pod')}"] if more > 0 else [])])


def load(found: Sequence[Pod], budgets: Sequence[Budget], sees: Sees) -> Load:
    """Decide for every pod of a node what becomes of it, the worst that is true."""
    return Load([_fate(pod, budgets, sees) for pod in found])


def _fate(pod: Pod, budgets: Sequence[Budget], sees: Sees) -> Moving:
    if pod.mirror or pod.owner[0] == "DaemonSet":
        return Moving(pod, "stays")
    if not sees(pod.namespace):
        return Moving(pod, "closed")
    if pod.leaving:
        return Moving(pod, "leaves")
    if not pod.owner[0] and not pod.ended:
        return Moving(pod, "unmanaged")
    if pod.local and not pod.ended:
        return Moving(pod, "local data", holding(pod, budgets))
    held = holding(pod, budgets)
    return Moving(pod, "blocked" if held else "evicted", held)


@dataclass(slots=True)
class _Case:
    """One pod on its way out: what the API said last, and when it may be asked again."""

    pod: Pod
    due: float = 0.0
    wait: float = _TICK
    said: Said | None = None

    def hear(self, answer: Verdict) -> None:
        """Keep an answer; who waits waits longer each time, and at least as long as is told."""
        self.said = answer.said
        self.wait = min(max(self.wait * 1.5, answer.seconds), max(_PATIENT, answer.seconds))
        self.due = anyio.current_time() + (_TICK if answer.said == "leaves" else self.wait)

    @property
    def open(self) -> bool:
        """Say whether it is worth asking again."""
        return self.said in (None, "waits", "failing")


@dataclass(slots=True)
class Drained:
    """What became of the pods that were to go; `left` are those that are still there."""

    gone: int = 0
    left: list[tuple[Pod, Said | None]] = field(default_factory=list[tuple[Pod, Said | None]])
    took: float = field(default=0.0, compare=False)


Report = Callable[[int, int, str], Awaitable[None]]


async def drain(
    kubernetes: Kubernetes,
    node: str,
    going: Sequence[Pod],
    grace: int,
    seconds: float,
    report: Report,
) -> Drained:
    """Evict pods until they are gone, or until `seconds` are over, or nothing more can be done.

    A pod that a budget holds is asked for again, ever more seldom and not before the API says.
    """
    cases = {pod.uid: _Case(pod) for pod in going}
    left, began = dict(cases), anyio.current_time()
    pause, told = _TICK, 0.0
    with anyio.move_on_after(seconds):
        while left:
            before = len(left)
            await _ask(kubernetes, [case for case in left.values() if case.open], grace)
            left = await _still(kubernetes, node, left)
            pause = _TICK if len(left) < before else min(pause * 1.2, _SLOWEST)
            if len(left) < before or anyio.current_time() - told >= _WORD:
                told = anyio.current_time()
                await report(len(cases) - len(left), len(cases), _progress(cases, left))
            if left and all(case.said in ("stuck", "refused") for case in left.values()):
                break
            if left:
                await anyio.sleep(pause)
    took = anyio.current_time() - began
    return Drained(len(cases) - len(left), [(one.pod, one.said) for one in left.values()], took)


def _progress(cases: Mapping[str, _Case], left: Mapping[str, _Case]) -> str:
    """Say how far it is, and for whom it waits."""
    told = f"{len(cases) - len(left)} of {many(len(cases), 'pod')} gone"
    held = [case.pod.at for case in left.values() if case.said == "waits"]
    more = f" and {len(held) - 1} more" if len(held) > 1 else ""
    return f"{told}; held by a budget: {held[0]}{more}" if held else told


async def _ask(kubernetes: Kubernetes, cases: Sequence[_Case], grace: int) -> None:
    """Ask for those that are due, a few at a time."""
    limit = anyio.CapacityLimiter(_AT_ONCE)

    async def one(case: _Case) -> None:
        async with limit:
            pod = case.pod
            try:
                said = await evict(
                    kubernetes, pod.namespace, pod.name, pod.uid, grace, dry_run=False
                )
            except Unavailable:
                said = Verdict("failing")
            case.hear(said)

    async with anyio.create_task_group() as tasks:
        for case in cases:
            if case.due <= anyio.current_time():
                tasks.start_soon(one, case)


async def rehearse(kubernetes: Kubernetes, going: Sequence[Pod], grace: int) -> int:
    """Count the pods of which the API says that they may not be evicted by this caller at all."""
    said = [
        await evict(kubernetes, pod.namespace, pod.name, pod.uid, grace, dry_run=True)
        for pod in going[:_REHEARSED]
    ]
    return sum(each.said == "refused" for each in said)


async def _still(kubernetes: Kubernetes, node: str, left: dict[str, _Case]) -> dict[str, _Case]:
    """Look which are still there; an API that fails now is asked again."""
    try:
        there = {pod.uid for pod in await pods(kubernetes, None, fields=f"spec.nodeName={node}")}
    except Unavailable:
        return left
    return {uid: case for uid, case in left.items() if uid in there}
