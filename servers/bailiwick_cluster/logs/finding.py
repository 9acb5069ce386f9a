"""Find the pods that a name stands for: a pod, a workload, or what selects pods."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from bailiwick.errors import BadRequest
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.logs.pods import Pod, belongs, pod, slim
from bailiwick_cluster.parts import listing, mapping, named, text, words
from bailiwick_cluster.upstream import Kubernetes, Object, Target

_MOST = 5_000
_NEAR = 4
_OWNING = ("CronJob", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")
"""Kinds whose pods are known by their owner; a selector may choose others', too."""


@dataclass(frozen=True, slots=True)
class Found:
    """Pods, the most troubled first, and of what kind their workload is."""

    kind: str
    pods: Sequence[Pod]


async def found(kubernetes: Kubernetes, namespace: str, kind: str, name: str) -> Found:
    """Return the pods of what is named, or raise BadRequest with names that are near."""
    if kind == "Pod":
        return await _named(kubernetes, namespace, name)
    info = await kubernetes.kind(kind)
    if not info.namespaced:
        raise BadRequest(f"{kind} is not in a namespace and has no pods of its own; name a pod")
    target = Target(info, namespace, fields=f"metadata.name={name}")
    have = (await kubernetes.objects(target, _selecting, 1)).items
    if not have:
        await _unknown(kubernetes, Target(info, namespace), kind, name)
    labels = selector(have[0])
    if not labels and kind not in _OWNING:
        raise BadRequest(
            f"{kind} {name} selects no pods; name a pod, or the workload that has them"
        )
    pods = await _pods(kubernetes, Target(BUILTIN["Pod"], namespace, labels))
    owned = [each for each in pods if belongs(each, kind, name)]
    return Found(kind, owned if owned or kind in _OWNING else pods)


async def _named(kubernetes: Kubernetes, namespace: str, name: str) -> Found:
    """Find a pod of this name, or else the pods of a workload of this name."""
    where = Target(BUILTIN["Pod"], namespace, fields=f"metadata.name={name}")
    if one := await _pods(kubernetes, where):
        return Found("Pod", one)
    every = await _pods(kubernetes, Target(BUILTIN["Pod"], namespace))
    theirs = [each for each in every if belongs(each, "", name)]
    if theirs:
        chief = theirs[0]
        kind = chief.owner[0] if chief.owner[1] == name else chief.direct[0]
        return Found(named(kind), theirs)
    known = {each.name for each in every} | {each.owner[1] for each in every}
    raise BadRequest(
        f"{namespace} has no pod {name} and no pods of a workload of that name{_near(name, known)}"
    )


async def _unknown(kubernetes: Kubernetes, target: Target, kind: str, name: str) -> NoReturn:
    page = await kubernetes.page(target, 500)
    near = _near(name, {row.name for row in page.rows})
    raise BadRequest(f"{target.namespace} has no {kind} {name}{near}")


def _near(name: str, known: set[str]) -> str:
    """Offer names that are near, or begin so; or say how to find them."""
    begin = sorted(each for each in known if each.startswith(name))
    close = difflib.get_close_matches(name, sorted(known - {""}), _NEAR, 0.5)
    names = list(dict.fromkeys([*begin, *close]))[:_NEAR]
    if names:
        return f"; near: {', '.join(map(named, names))}"
    return "; list_resources shows what there is"


async def _pods(kubernetes: Kubernetes, target: Target) -> list[Pod]:
    listed = await kubernetes.objects(target, slim, _MOST)
    return sorted(map(pod, listed.items), key=lambda one: one.trouble, reverse=True)


def _selecting(found: Object) -> Object | None:
    """Keep what selects pods."""
    return {
        "selector": mapping(found, "spec").get("selector"),
        "written": text(found, "status", "selector") or text(found, "status", "labelSelector"),
    }


def selector(kept: Object) -> str:
    """Write a selector of any kind as the API takes it; empty where there is none."""
    said: Any = kept.get("selector")
    if isinstance(said, str):
        return said
    if not isinstance(said, Mapping):
        return text(kept, "written")
    some = cast("Mapping[str, Any]", said)
    plain = "matchLabels" not in some and "matchExpressions" not in some
    labels = some if plain else mapping(some, "matchLabels")
    parts = [f"{key}={value}" for key, value in labels.items() if isinstance(value, str)]
    parts += [_written(each) for each in listing(some, "matchExpressions")]
    return ",".join(part for part in parts if part) or text(kept, "written")


def _written(rule: dict[str, Any]) -> str:
    key, values = text(rule, "key"), ",".join(words(rule, "values"))
    return {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }.get(text(rule, "operator"), "")
