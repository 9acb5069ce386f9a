"""What is needed of pods to say what a change does to them. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bailiwick.wording import many
from bailiwick_cluster.demand import Amount, requested
from bailiwick_cluster.diagnosis.containers import containers, ready
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Kubernetes, Object, Target

MIRROR = "kubernetes.io/config.mirror"
_WORD = re.compile(r"[A-Z][A-Za-z]{0,40}")
"""Reasons stand among our own words, so anything that is more than a word is not told there."""
_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
_MOST = 50_000
_CURES = {
    "CrashLoopBackOff": "what makes it crash",
    "Error": "what makes it crash",
    "OOMKilled": "a memory limit that is too low",
    "ImagePullBackOff": "an image that cannot be pulled",
    "ErrImagePull": "an image that cannot be pulled",
    "InvalidImageName": "an image that cannot be pulled",
    "CreateContainerConfigError": "a missing Secret or ConfigMap",
    "CreateContainerError": "a container that cannot be made",
    "Unschedulable": "a lack of room on the nodes",
    "NotReady": "a probe that fails",
}


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod. `owner` is its controller, `trouble` a word for what is wrong with it, or empty."""

    namespace: str
    name: str
    uid: str
    node: str
    labels: Mapping[str, Any]
    owner: tuple[str, str]
    ready: bool
    started: bool
    ended: bool
    leaving: bool
    trouble: str
    mirror: bool
    local: bool
    claims: tuple[str, ...]
    asks: Amount
    placing: Object

    @property
    def at(self) -> str:
        """Its name with its namespace."""
        return f"{self.namespace}/{self.name}"


def plain(name: str) -> str:
    """Let a name stand among our own words only if it is one (RFC 1123), as the API demands."""
    return name if _NAME.fullmatch(name) else "?"


def read(found: Object) -> Pod:
    """Take of a pod what is needed."""
    about, spec = mapping(found, "metadata"), mapping(found, "spec")
    phase = text(found, "status", "phase")
    owners = [o for o in listing(about, "ownerReferences") if o.get("controller") is True]
    volumes = listing(spec, "volumes")
    return Pod(
        namespace=plain(text(about, "namespace")),
        name=plain(text(about, "name")),
        uid=text(about, "uid"),
        node=text(spec, "nodeName"),
        labels=mapping(about, "labels"),
        owner=(text(owners[0], "kind"), text(owners[0], "name")) if owners else ("", ""),
        ready=ready(found),
        started=phase != "Pending",
        ended=phase in ("Succeeded", "Failed"),
        leaving=bool(about.get("deletionTimestamp")),
        trouble=_trouble(found),
        mirror=MIRROR in mapping(about, "annotations"),
        local=any("emptyDir" in volume for volume in volumes),
        claims=tuple(
            claim
            for volume in volumes
            if (claim := text(volume, "persistentVolumeClaim", "claimName"))
        ),
        asks=requested(found),
        placing={key: spec.get(key) for key in ("nodeSelector", "tolerations", "affinity")},
    )


def _trouble(found: Object) -> str:
    """Name what is wrong: why a container waits or ended, or that the pod has no node."""
    phase = text(found, "status", "phase")
    if phase in ("Succeeded", "Failed"):
        return "" if phase == "Succeeded" else phase
    for one in containers(found):
        ended = one.ended.reason if one.ended and not (one.init and not one.ended.code) else ""
        if said := (one.waiting or ended):
            return said if _WORD.fullmatch(said) else "Waiting"
    if not text(found, "spec", "nodeName"):
        return "Unschedulable"
    return "" if ready(found) else "NotReady"


async def pods(
    kubernetes: Kubernetes, namespace: str | None, labels: str = "", fields: str = ""
) -> list[Pod]:
    """List pods by the API's own selectors."""

    def keep(found: Object) -> Object:
        return {"pod": read(found)}

    target = Target(BUILTIN["Pod"], namespace, labels, fields)
    return [each["pod"] for each in (await kubernetes.objects(target, keep, _MOST)).items]


def health(found: Iterable[Pod]) -> tuple[int, str]:
    """Count the pods that are not well, and say how: `2 of 3 pods are not well (2 Error)`."""
    living = [pod for pod in found if not pod.leaving and not pod.ended]
    bad = Counter(pod.trouble for pod in living if pod.trouble)
    if not bad:
        return 0, ""
    told = ", ".join(f"{count} {word}" for word, count in bad.most_common(4))
    return bad.total(), f"{bad.total()} of {many(len(living), 'pod')} not well ({told})"


def cure(found: Iterable[Pod]) -> str:
    """Say what it is that a restart does not mend, by what is wrong with most."""
    bad = Counter(pod.trouble for pod in found if pod.trouble and not pod.leaving)
    return _CURES.get(bad.most_common(1)[0][0], "the cause") if bad else ""
