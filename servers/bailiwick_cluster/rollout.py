"""Follow a workload until it is as wanted, or until there is no time left."""

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from bailiwick.errors import Unavailable
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.ranking import Reader, Worst
from bailiwick_cluster.upstream import Kubernetes, Object, Target, Upstream
from bailiwick_cluster.upstream.revisions import selected

PATIENCE = 45.0
"""Seconds a change is followed; shorter than the deadline of the tools that follow one."""
_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a workload is: replicas wanted, of these ready, and of these of the new template.

    `stuck` says that its controller has given up, `runs` that it is at work and may take longer
    than anybody watches. What has no replicas says in `words` how far it is.
    """

    done: bool
    ready: int
    wanted: int
    updated: int = -1
    stuck: bool = False
    runs: bool = False
    words: str = ""

    @property
    def told(self) -> str:
        """Say it in a few words."""
        if self.words:
            return self.words
        new = f", {self.updated} of {self.wanted} new" if self.updated >= 0 else ""
        return f"{self.ready} of {self.wanted} replicas ready{new}"


Judge = Callable[[Object], Standing]


def scaled(wanted: int) -> Judge:
    """Judge whether so many replicas are there and ready, and no more."""

    def judge(found: Object) -> Standing:
        ready, there = number(found, "status", "readyReplicas"), number(found, "status", "replicas")
        return Standing(_seen(found) and ready == wanted == there, ready, wanted)

    return judge


def rolled(found: Object) -> Standing:
    """Judge whether all replicas are of the newest template and ready, as `rollout status` does."""
    if "desiredNumberScheduled" in mapping(found, "status"):
        return _everywhere(found)
    wanted = number(found, "spec", "replicas", default=1)
    status = mapping(found, "status")
    ready, new = number(status, "readyReplicas"), number(status, "updatedReplicas")
    kept = number(found, "spec", "updateStrategy", "rollingUpdate", "partition")
    whole = ready == wanted == number(status, "replicas")
    return Standing(
        _seen(found) and whole and new >= wanted - min(kept, wanted),
        ready,
        wanted,
        new,
        _seen(found) and _given_up(found),
    )


def completed(job: Object) -> Standing:
    """Judge whether a Job (batch/v1) did what it is for. One that is suspended is as wanted."""
    status = mapping(job, "status")
    said = {
        text(each, "type")
        for each in listing(status, "conditions")
        if text(each, "status") == "True"
    }
    wanted, good = number(job, "spec", "completions", default=1), number(status, "succeeded")
    bad, failed = number(status, "failed"), bool(said & {"Failed", "FailureTarget"})
    held = mapping(job, "spec").get("suspend") is True
    words = f"{good} of {wanted} completions"
    words += f", {many(bad, 'failed pod')}" if bad else ""
    words += ", suspended" if held else ""
    done = held or bool(said & {"Complete", "SuccessCriteriaMet"})
    runs = not failed and number(status, "ready") > 0
    return Standing(done, good, wanted, stuck=failed, runs=runs, words=words)


def started(pod: Object) -> Standing:
    """Judge whether a pod without a controller takes traffic, or did what it is for."""
    phase = text(pod, "status", "phase")
    ready = any(
        text(each, "type") == "Ready" and text(each, "status") == "True"
        for each in listing(pod, "status", "conditions")
    )
    told = "Running, not ready" if phase == "Running" and not ready else phase
    words = told if told in _PHASES else "not seen yet"
    done = ready or phase == "Succeeded"
    return Standing(done, int(ready), 1, stuck=phase == "Failed", words=words)


_PHASES = frozenset({"Pending", "Running", "Running, not ready", "Succeeded", "Failed"})


def _everywhere(found: Object) -> Standing:
    """Judge a DaemonSet."""
    status = mapping(found, "status")
    wanted, ready = number(status, "desiredNumberScheduled"), number(status, "numberReady")
    new = number(status, "updatedNumberScheduled")
    return Standing(_seen(found) and wanted == ready == new, ready, wanted, new)


def _seen(found: Object) -> bool:
    """Say whether the controller has seen the change."""
    return number(found, "status", "observedGeneration") >= number(found, "metadata", "generation")


def _given_up(found: Object) -> bool:
    reasons = [text(each, "reason") for each in listing(found, "status", "conditions")]
    return "ProgressDeadlineExceeded" in reasons


async def follow(
    call: Call[Upstream],
    kubernetes: Kubernetes,
    kind: str,
    namespace: str,
    name: str,
    judge: Judge,
    patience: float = PATIENCE,
) -> tuple[str, Standing]:
    """Report progress until it is as wanted; return what became of it, and how far it is.

    The change is accepted by then: an API that fails for a while is asked again.
    """
    now, found = Standing(done=False, ready=0, wanted=0), Object()
    stuck = 0
    with anyio.move_on_after(patience):
        while (
            stuck < 2
        ):  # a condition may be of the rollout before, until its controller has looked
            try:
                found = await kubernetes.read(BUILTIN[kind], namespace, name)
            except Unavailable:
                await anyio.sleep(_EVERY)
                continue
            now = judge(found)
            await call.progress(now.ready, max(now.wanted, 1), now.told)
            if now.done:
                return f"done: {now.told}", now
            stuck = stuck + 1 if now.stuck else 0
            await anyio.sleep(_EVERY)
    why = "; its controller gave up on the rollout" if stuck else f" after {patience:g} s"
    worst = await _worst(kubernetes, namespace, found)
    return f"accepted, but {now.told}{why}{worst}", now


async def _worst(kubernetes: Kubernetes, namespace: str, found: Object) -> str:
    """Name what holds it up: the states of its pods."""
    if not found:
        return ""
    page = await kubernetes.page(Target(BUILTIN["Pod"], namespace, selected(found)), 200)
    worst, reader = Worst(1), Reader(page.columns)
    for row in page.rows:
        worst.add(reader, row)
    return f"; its pods: {worst.told()}" if worst.total else "; it has no pods yet"
