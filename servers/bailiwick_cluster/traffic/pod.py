"""Pods as far as traffic is concerned: labels, addresses, ports, readiness. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.selecting import labels
from bailiwick_cluster.upstream import Object

TCP = "TCP"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9:/._-]{0,60}")


@dataclass(frozen=True, slots=True)
class PodPort:
    """A port that a container declares."""

    number: int
    protocol: str
    name: str


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod, or (without addresses) one that a workload would make."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    addresses: Sequence[str] = ()
    ports: Sequence[PodPort] = ()
    node: str = ""
    host: bool = False
    ready: bool = False
    why: str = ""
    ended: bool = False

    def port(self, name: str, protocol: str) -> int:
        """Find the number that a container gives a named port; 0: none does."""
        found = (p.number for p in self.ports if p.name == name and p.protocol == protocol)
        return next(found, 0)

    def names(self, number_: int, protocol: str) -> frozenset[str]:
        """Return the names that its containers give a port."""
        return frozenset(
            p.name for p in self.ports if p.number == number_ and p.protocol == protocol and p.name
        )

    def declares(self, number_: int, protocol: str) -> bool:
        """Say whether a container declares a port. It may listen on one it does not declare."""
        return any(p.number == number_ and p.protocol == protocol for p in self.ports)


def slim(found: Object) -> Object | None:
    """Keep of a pod what `pod` reads."""
    about = mapping(found, "metadata")
    spec, status = mapping(found, "spec"), mapping(found, "status")
    keys = ("namespace", "name", "labels", "deletionTimestamp")
    return {
        "metadata": {key: about[key] for key in keys if key in about},
        "spec": {
            **{key: spec[key] for key in ("nodeName", "hostNetwork") if key in spec},
            "readinessGates": listing(spec, "readinessGates"),
            "containers": [{"ports": each.get("ports")} for each in _serving(spec)],
        },
        "status": {
            **{key: status[key] for key in ("phase", "reason", "podIP") if key in status},
            "podIPs": listing(status, "podIPs"),
            "conditions": listing(status, "conditions"),
            "containerStatuses": [
                {"state": each.get("state"), "ready": each.get("ready")}
                for each in listing(status, "containerStatuses")
            ],
        },
    }


def pod(found: Object) -> Pod:
    """Read a pod of any shape."""
    spec, status = mapping(found, "spec"), mapping(found, "status")
    several = [text(each, "ip") for each in listing(status, "podIPs")]
    addresses = tuple(ip for ip in dict.fromkeys([*several, text(status, "podIP")]) if ip)
    gone = text(found, "metadata", "deletionTimestamp") != ""
    ready = _condition(status, "Ready") and not gone
    return Pod(
        text(found, "metadata", "namespace"),
        text(found, "metadata", "name"),
        labels(found, "metadata", "labels"),
        addresses,
        _ports(listing(spec, "containers")),
        text(spec, "nodeName"),
        spec.get("hostNetwork") is True,
        ready,
        "" if ready else "terminating" if gone else _why(spec, status),
        text(status, "phase") in ("Succeeded", "Failed"),
    )


def template(workload: Object, namespace: str, name: str) -> Pod:
    """Read the pod that a workload would make."""
    made = mapping(workload, "spec", "template") or mapping(
        workload, "spec", "jobTemplate", "spec", "template"
    )
    spec = mapping(made, "spec")
    return Pod(
        namespace,
        name,
        labels(made, "metadata", "labels"),
        ports=_ports(_serving(spec)),
        host=spec.get("hostNetwork") is True,
        why="there is no pod yet",
    )


def _serving(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the containers that run side by side: sidecars are init containers that stay."""
    stay = [c for c in listing(spec, "initContainers") if c.get("restartPolicy") == "Always"]
    return [*listing(spec, "containers"), *stay]


def _ports(containers: Sequence[Mapping[str, Any]]) -> tuple[PodPort, ...]:
    return tuple(
        PodPort(number(p, "containerPort"), text(p, "protocol") or TCP, text(p, "name"))
        for container in containers
        for p in listing(container, "ports")
    )


def _condition(status: Mapping[str, Any], kind: str) -> bool:
    return any(c.get("type") == kind and c.get("status") == "True" for c in _conditions(status))


def _conditions(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    return listing(status, "conditions")


def _why(spec: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    """Say in a word or two why a pod is not ready."""
    for each in listing(status, "containerStatuses"):
        for state in ("waiting", "terminated"):
            if reason := _word(text(each, "state", state, "reason")):
                return reason
    gates = [text(each, "conditionType") for each in listing(spec, "readinessGates")]
    shut = [_word(gate) or "?" for gate in gates if not _condition(status, gate)]
    if shut and _condition(status, "ContainersReady"):
        return f"readiness gate {shut[0]}"
    if text(status, "phase") == "Running":
        return "running, and its probe says not ready"
    return _word(text(status, "reason")) or _word(text(status, "phase")) or "not ready"


def _word(said: str) -> str:
    return said if _WORD.fullmatch(said) else ""
