"""A probe fails: a container is kept out of traffic, or restarted, though its process runs.

How probes are judged: Kubernetes, "Configure Liveness, Readiness and Startup Probes". What a
kubelet says of a failing one (event Unhealthy) is read for how it fails; the rest is in the spec.
"""

import re
from collections.abc import Iterator
from typing import Any

from bailiwick_cluster.diagnosis.containers import Container, containers
from bailiwick_cluster.diagnosis.falling import fallen, killer, present
from bailiwick_cluster.diagnosis.finding import Cause, Layer, LogOf, Severity, Sign
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import logs, spec
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object

_PATH = re.compile(r"/[A-Za-z0-9._~/-]{0,80}")
_STATUS = re.compile(r"statuscode: ([1-5][0-9]{2})\b")
_SLACK = 30.0
"""Seconds beside a probe's own patience for which a container that is not ready just starts."""
_REFUSED = "connection refused"
_HOW = (
    ("it speaks plain HTTP, and the probe HTTPS", r"server gave HTTP response to HTTPS"),
    ("it speaks TLS, and the probe plain HTTP", r"malformed HTTP resp|HTTP request to an HTTPS"),
    ("it says that it is not serving (gRPC)", r"NOT_SERVING|service unhealthy"),
    ("its name is not known", r"no such host"),
    ("its address cannot be reached", r"no route to host|network is unreachable"),
    ("it ends the connection without an answer", r"EOF|connection reset"),
    ("the probe's command is not in the image", r"executable file not found|no such file or dir"),
)  # fmt: skip
_TIMEOUT = re.compile(r"deadline exceeded|timed out|timeout|Timeout exceeded")


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each container that a failing probe restarts, or keeps unready."""
    for fall in fallen(snapshot, "probe"):
        probe = killer(snapshot, fall.pod, fall.container)
        yield _sign(snapshot, fall.pod, fall.container, probe, _said(snapshot, fall.pod, probe))
    for pod in present(snapshot):
        for container in containers(pod):
            probe = _unready(snapshot, pod, container)
            if probe:
                yield _sign(snapshot, pod, container, probe, _said(snapshot, pod, probe))


def _unready(snapshot: Snapshot, pod: Object, container: Container) -> str:
    """Name the probe that a running container has not passed in all its time, or nothing."""
    fell = container.last is not None and container.last.code != 0
    if container.ready or not container.running or fell:
        return ""
    startup = "startupProbe" in container.spec and not container.started
    probe = "startup" if startup else "readiness"
    set_ = mapping(container.spec, f"{probe}Probe")
    runs = snapshot.now - container.since if container.since else _SLACK
    if not set_ or runs < _patience(set_) + (_patience(_startup(container)) if not startup else 0):
        return ""
    return probe if _said(snapshot, pod, probe) or runs > 2 * _patience(set_) else ""


def _startup(container: Container) -> dict[str, Any]:
    return {} if container.started else mapping(container.spec, "startupProbe")


def _patience(probe: dict[str, Any]) -> float:
    """Return how many seconds a probe may fail from the start before it means anything."""
    if not probe:
        return 0.0
    tries = number(probe, "failureThreshold", default=3)
    every = number(probe, "periodSeconds", default=10)
    return number(probe, "initialDelaySeconds") + tries * every + _SLACK


def _said(snapshot: Snapshot, pod: Object, probe: str) -> str:
    """Return what the kubelet said last of a probe."""
    for event in snapshot.events(ref(pod, "Pod")):
        if event.reason == "Unhealthy" and event.message.lower().startswith(f"{probe} probe"):
            return event.message
    return ""


def _sign(snapshot: Snapshot, pod: Object, container: Container, probe: str, said: str) -> Sign:
    shown, owner = ref(pod, "Pod"), snapshot.owner(pod)
    how = failing(pod, container, mapping(container.spec, f"{probe}Probe"), said)
    kept = probe == "readiness"
    effect = "kept out of traffic" if kept else f"restarted up to {container.restarts} times"
    return Sign(
        about=owner,
        key=f"{container.name} {probe} {how}",
        what=f"the {probe} probe of container {plain(container.name)} fails{how}",
        shown=shown,
        owner=owner,
        effect=effect if kept or container.restarts else "not started yet",
        evidence=(said,) if said else (),
        severity=Severity.DEGRADED if container.ready else Severity.DOWN,
        since=container.since or (container.last.at if container.last else 0.0),
        step=spec(owner) if _REFUSED in said else logs(owner, previous=not kept),
        log=LogOf(shown.namespace, shown.name, container.name, previous=not container.running),
    )


def failing(pod: Object, container: Container, probe: dict[str, Any], said: str) -> str:
    """Say in our words how a probe fails, or nothing where nobody said."""
    port, where = _port(container, probe), _where(probe)
    if isinstance(port, str):
        return f": it goes to a port named {plain(port)}, which the container does not have"
    if found := _STATUS.search(said):
        return f": HTTP {found[1]}{where}"
    if _REFUSED in said:
        return f": nobody listens on port {port}{_declared(pod, port)}" if port else f": {_REFUSED}"
    for how, pattern in _HOW:
        if re.search(pattern, said):
            return f": {how}"
    if _TIMEOUT.search(said):
        return f": no answer within {number(probe, 'timeoutSeconds', default=1)} s{where}"
    return ": its command fails" if "exec" in probe and said else ""


def _port(container: Container, probe: dict[str, Any]) -> int | str:
    """Return the port a probe goes to; its name where the container has none of that name."""
    found = next(
        (mapping(probe, kind)["port"] for kind in ("httpGet", "tcpSocket", "grpc")
         if "port" in mapping(probe, kind)),
        0,
    )  # fmt: skip
    if isinstance(found, int):
        return found
    named = {text(each, "name"): number(each, "containerPort") for each in _ports(container.spec)}
    return named.get(str(found), str(found))


def _ports(spec_: dict[str, Any]) -> list[dict[str, Any]]:
    return listing(spec_, "ports")


def _where(probe: dict[str, Any]) -> str:
    path = text(probe, "httpGet", "path")
    return f" from {path}" if _PATH.fullmatch(path) else ""


def _declared(pod: Object, port: int) -> str:
    """Say which ports the pod declares, where that one is not among them."""
    known = {
        number(each, "containerPort")
        for container in listing(pod, "spec", "containers")
        for each in _ports(container)
    }
    if not known or port in known:
        return ""
    return f"; its containers declare {', '.join(str(each) for each in sorted(known)[:4])}"


CAUSE = Cause("probes", Layer.PROCESS, ("Pod",), look)
