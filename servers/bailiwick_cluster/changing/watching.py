"""Workloads of a change watched to the end: until they are as wanted, fail, or time is up."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from bailiwick.errors import Forbidden, Unavailable
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, mapping, named, text
from bailiwick_cluster.rollout import Judge, Standing, completed, rolled, started
from bailiwick_cluster.upstream import Kubernetes, Object, Target, Upstream
from bailiwick_cluster.upstream.revisions import selected
from bailiwick_cluster.upstream.writing import Place

WATCHED: Mapping[str, Judge] = {
    "Deployment": rolled,
    "StatefulSet": rolled,
    "DaemonSet": rolled,
    "Job": completed,
    "Pod": started,
}
"""Kinds that are watched, and how each is judged."""
_EVERY = 1.0
_SURE = 6
"""Looks at which new pods have to be in trouble until it counts as failed."""
_MOST = 500
_STUCK = frozenset(
    {
        "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull",
        "CreateContainerConfigError", "CreateContainerError", "CrashLoopBackOff",
        "RunContainerError",
    }
)  # fmt: skip
_WORD = re.compile(r"[A-Z][A-Za-z]{0,40}")


@dataclass(slots=True)
class Watched:
    """One workload under way. `old` are the uids of pods that were there before the change.

    `words` are the cluster's own about what holds it up.
    """

    place: Place
    old: frozenset[str] = frozenset()
    standing: Standing = field(default_factory=lambda: Standing(done=False, ready=0, wanted=0))
    trouble: str = ""
    words: str = ""
    looks: int = 0

    @property
    def failed(self) -> bool:
        """Say whether it will not come right by itself."""
        return self.standing.stuck or self.looks >= _SURE

    @property
    def late(self) -> bool:
        """Say whether it is not as wanted; a Job that is at work may take its time."""
        runs = self.standing.runs and not self.trouble
        return not self.standing.done and (self.failed or not runs)

    @property
    def told(self) -> str:
        """Say how far it is, and what holds it up."""
        why = f": {self.trouble}" if self.trouble and not self.standing.done else ""
        runs = ", runs still" if self.standing.runs and not self.standing.done and not why else ""
        return f"{self.place.told} {self.standing.told}{runs}{why}"


async def begun(kubernetes: Kubernetes, place: Place, now: Object | None) -> Watched:
    """Remember which pods a workload has before it is changed."""
    try:
        known = now is not None and place.kind.name != "Pod"
        pods = await _pods(kubernetes, place, now) if known else []
    except Forbidden:
        pods = []
    return Watched(place, frozenset(text(each, "uid") for each in pods))


async def watch(
    call: Call[Upstream], kubernetes: Kubernetes, found: Sequence[Watched], seconds: float
) -> None:
    """Report progress until each is as wanted, one has failed, or time is up."""
    with anyio.move_on_after(seconds):
        while any(not each.standing.done for each in found):
            for each in found:
                if not each.standing.done:
                    await _look(kubernetes, each)
            done = sum(each.standing.done for each in found)
            waits = next((each.told for each in found if not each.standing.done), "all ready")
            await call.progress(done, len(found), waits)
            if any(each.failed for each in found):
                return
            if done < len(found):
                await anyio.sleep(_EVERY)


async def _look(kubernetes: Kubernetes, each: Watched) -> None:
    """Look once; an API that fails for a while, or a kind that may not be read, is no failure."""
    try:
        found = await kubernetes.read(each.place.kind, each.place.namespace, each.place.name)
        each.standing = WATCHED[each.place.kind.name](found)
        if each.standing.done:
            return
        pods = await _pods(kubernetes, each.place, found)
    except (Forbidden, Unavailable):
        return
    trouble, words = _trouble(found, [one for one in pods if text(one, "uid") not in each.old])
    each.trouble, each.words = trouble or each.trouble, words or each.words
    each.looks += bool(trouble)


async def _pods(kubernetes: Kubernetes, place: Place, found: Object | None) -> list[Object]:
    if place.kind.name == "Pod":
        return [_slim(found)] if found else []
    target = Target(BUILTIN["Pod"], place.namespace, selected(found or {}))
    if not target.labels:
        return []
    return list((await kubernetes.objects(target, _slim, _MOST)).items)


def _slim(pod: Object) -> Object:
    states: list[Any] = [
        mapping(each, "state", "waiting")
        for key in ("initContainerStatuses", "containerStatuses")
        for each in listing(pod, "status", key)
    ]
    about = mapping(pod, "metadata")
    return {"uid": text(about, "uid"), "name": text(about, "name"), "waiting": states}


def _trouble(found: Object, pods: Collection[Object]) -> tuple[str, str]:
    """Say what is wrong with new pods, or with making them; and the cluster's own words."""
    for pod in pods:
        for state in listing(pod, "waiting"):
            if (reason := text(state, "reason")) in _STUCK:
                return f"pod {named(text(pod, 'name'))} {reason}", text(state, "message")
    for each in listing(found, "status", "conditions"):
        if text(each, "type") == "ReplicaFailure" and text(each, "status") == "True":
            reason = text(each, "reason")
            why = reason if _WORD.fullmatch(reason) else "refused"
            return f"its pods cannot be made ({why})", text(each, "message")
    return "", ""
