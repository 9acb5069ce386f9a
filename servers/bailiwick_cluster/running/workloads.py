"""Workloads before they are changed: how they go about it, and how they are now."""

from collections.abc import Sequence
from dataclasses import dataclass

from bailiwick.errors import BadRequest
from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping, number, text
from bailiwick_cluster.running.budgets import Budget, budgets
from bailiwick_cluster.running.partial import Partial
from bailiwick_cluster.running.pods import Pod, cure, health, plain, pods
from bailiwick_cluster.strategy import moves, share
from bailiwick_cluster.upstream import Kubernetes, Object, Target
from bailiwick_cluster.upstream.revisions import selected


def replicas(found: Object) -> int:
    """Count the replicas that are wanted, of a DaemonSet those that its nodes call for."""
    everywhere = number(found, "status", "desiredNumberScheduled", default=-1)
    return everywhere if everywhere >= 0 else number(found, "spec", "replicas", default=1)


def refuse_paused(kind: str, found: Object) -> None:
    """Refuse what would not be rolled out: a paused Deployment takes a template and waits."""
    if mapping(found, "spec").get("paused") is True:
        raise BadRequest(
            f"this {kind} is paused (spec.paused), so nothing would roll out; set it to false"
            " first (kubectl rollout resume does), then repeat"
        )


def by_hand(found: Object) -> bool:
    """Say whether pods are only replaced when somebody deletes them."""
    return text(found, "spec", "updateStrategy", "type") == "OnDelete"


def pace(kind: str, found: Object) -> str:
    """Say how many pods go at a time."""
    total = replicas(found)
    if by_hand(found):
        return "none by itself (OnDelete): each is replaced when it is deleted"
    if kind == "Deployment":
        return _deployment(found, total)
    rolling = mapping(found, "spec", "updateStrategy", "rollingUpdate")
    if kind == "DaemonSet":
        surge = share(rolling.get("maxSurge"), total, 0, up=True)
        missing = share(rolling.get("maxUnavailable"), total, 1, up=True)
        return _at_once(surge, missing)
    kept = number(rolling, "partition")
    first = f"; only those numbered {kept} and up (partition)" if kept else ""
    return f"one at a time, the last first{first}"


def _deployment(found: Object, total: int) -> str:
    may = moves(found, total)
    if may is None:
        return "ALL STOP before new ones start (Recreate): it is down meanwhile"
    return _at_once(may.surge, may.missing)


def _at_once(surge: int, missing: int) -> str:
    return f"at most {surge} more and {missing} fewer at a time"


@dataclass(frozen=True, slots=True)
class Standing:
    """The pods of a workload, the budgets over them, and what could not be looked at."""

    pods: Sequence[Pod]
    over: Sequence[Budget]
    unread: Sequence[str]

    @property
    def unwell(self) -> int:
        """Count the pods that are not well."""
        return health(self.pods)[0]

    @property
    def ready(self) -> int:
        """Count those that take traffic."""
        return sum(pod.ready for pod in self.pods)

    @property
    def cautions(self) -> list[str]:
        """Say what speaks against replacing pods now."""
        count, how = health(self.pods)
        told = [f"{how} already; new pods will not mend {cure(self.pods)}"] if count else []
        told += [
            f"{each.told}; a rollout does not ask it, but drains wait meanwhile"
            for each in self.over
            if each.allowed == 0
        ]
        return [*told, *self.unread]


async def standing(kubernetes: Kubernetes, found: Object) -> Standing:
    """Look at the pods of a workload, and the budgets over them."""
    namespace, partial = text(found, "metadata", "namespace"), Partial()
    mine = await partial.at("pods", pods(kubernetes, namespace, selected(found)))
    known = await partial.at("budgets", budgets(kubernetes, namespace))
    over = [each for each in known if any(each.over(pod) for pod in mine)]
    return Standing(mine, over, partial.told)


async def scalers(kubernetes: Kubernetes, kind: str, found: Object) -> list[str]:
    """Name the autoscalers of a workload, with what they keep to."""
    name = text(found, "metadata", "name")

    def keep(each: Object) -> Object | None:
        ref = mapping(each, "spec", "scaleTargetRef")
        if (text(ref, "kind"), text(ref, "name")) != (kind, name):
            return None
        least = number(each, "spec", "minReplicas", default=1)
        most = number(each, "spec", "maxReplicas")
        called = plain(text(each, "metadata", "name"))
        return {"told": f"HorizontalPodAutoscaler {called} (keeps {least} to {most})"}

    target = Target(BUILTIN["HorizontalPodAutoscaler"], text(found, "metadata", "namespace"))
    return [each["told"] for each in (await kubernetes.objects(target, keep, 1_000)).items]


def told(count: int, how: str, warnings: Sequence[str]) -> str:
    """Write what becomes of the pods, and what speaks against it."""
    return "; ".join([f"{many(count, 'pod')} anew, {how}", *warnings])
