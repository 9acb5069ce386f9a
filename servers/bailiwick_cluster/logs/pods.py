"""Pods as a reader of logs sees them: whose they are, and which containers have a log. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object

_HASH = "pod-template-hash"
_RUN = re.compile(r"-\d{6,10}$")
"""What a CronJob puts after its name for each of its Jobs: minutes since 1970."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container: `aside` is an init or debug container, `waiting` the reason why it waits.

    `exit` is how its present or last run ended, with `reason` and `at`; -1 where none did.
    """

    name: str
    aside: bool
    started: bool
    running: bool
    waiting: str
    restarts: int
    exit: int
    reason: str
    at: float

    @property
    def failed(self) -> bool:
        """Whether a run of it ended badly."""
        return self.exit > 0

    @property
    def told(self) -> bool:
        """Whether its log is worth reading where nobody named a container."""
        return not self.aside or self.failed or self.running or bool(self.waiting)


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod: `owner` is its workload, `("Deployment", "payments")`, as its names tell."""

    name: str
    owner: tuple[str, str]
    direct: tuple[str, str]
    placed: bool
    created: float
    containers: tuple[Container, ...]

    @property
    def trouble(self) -> tuple[bool, int, float]:
        """How much it is worth looking at: failed runs, restarts, then the newest."""
        failed = any(each.failed for each in self.containers)
        return failed, sum(each.restarts for each in self.containers), self.created


def slim(found: Object) -> Object | None:
    """Keep of a pod what is needed here."""
    about = mapping(found, "metadata")
    owners = [o for o in listing(about, "ownerReferences") if o.get("controller") is True]
    owner = owners[0] if owners else None
    return {
        "name": text(about, "name"),
        "created": text(about, "creationTimestamp"),
        "hash": text(about, "labels", _HASH),
        "kind": text(owner, "kind"),
        "owner": text(owner, "name"),
        "node": text(found, "spec", "nodeName"),
        "containers": list(_containers(found)),
    }


def _containers(found: Object) -> Iterator[Object]:
    for part, states in (
        ("containers", "containerStatuses"),
        ("initContainers", "initContainerStatuses"),
        ("ephemeralContainers", "ephemeralContainerStatuses"),
    ):
        known = {text(each, "name"): each for each in listing(found, "status", states)}
        for each in listing(found, "spec", part):
            # A sidecar is an init container that is restarted always; it logs like the others.
            aside = part != "containers" and text(each, "restartPolicy") != "Always"
            status = known.get(text(each, "name"), {})
            yield {"name": text(each, "name"), "aside": aside, "status": _status(status)}


def _status(found: Object) -> Object:
    now, before = mapping(found, "state"), mapping(found, "lastState", "terminated")
    ended = mapping(now, "terminated") or before
    return {
        "waiting": text(now, "waiting", "reason") or ("?" if "waiting" in now else ""),
        "running": "running" in now,
        "restarts": number(found, "restartCount"),
        "exit": number(ended, "exitCode", default=-1),
        "reason": text(ended, "reason"),
        "at": text(ended, "finishedAt"),
        "ran": "running" in now or bool(ended) or number(found, "restartCount") > 0,
    }


def pod(kept: Object) -> Pod:
    """Read what `slim` kept."""
    direct = (text(kept, "kind"), text(kept, "owner"))
    return Pod(
        name=text(kept, "name"),
        owner=_workload(direct, text(kept, "hash")),
        direct=direct,
        placed=bool(text(kept, "node")),
        created=moment(text(kept, "created")),
        containers=tuple(_container(each) for each in listing(kept, "containers")),
    )


def _container(kept: Object) -> Container:
    status = mapping(kept, "status")
    return Container(
        name=text(kept, "name"),
        aside=kept.get("aside") is True,
        started=status.get("ran") is True,
        running=status.get("running") is True,
        waiting=text(status, "waiting"),
        restarts=number(status, "restarts"),
        exit=number(status, "exit", default=-1),
        reason=text(status, "reason"),
        at=moment(text(status, "at")),
    )


def _workload(direct: tuple[str, str], template: str) -> tuple[str, str]:
    """Tell the Deployment of a ReplicaSet and the CronJob of a Job by how they name theirs."""
    kind, name = direct
    if kind == "ReplicaSet" and template and name.endswith(f"-{template}"):
        return "Deployment", name.removesuffix(f"-{template}")
    if kind == "Job" and _RUN.search(name):
        return "CronJob", _RUN.sub("", name)
    return direct


def belongs(one: Pod, kind: str, name: str) -> bool:
    """Whether a pod is of a workload; an empty kind is any."""
    return any(
        found[1] == name and kind.split(".", maxsplit=1)[0] in ("", found[0])
        for found in (one.owner, one.direct)
    )
