"""Containers of a pod or a template: state, amounts, probes, what they need. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bailiwick.wording import age, many
from bailiwick_cluster.demand import stays
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.lines import Lines, cut, resources, some, value
from bailiwick_cluster.describing.references import OWN_VOLUME, POD, references
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text, words

_MOST_LINES = 36
_COMMAND = 120


def containers(lines: Lines, found: Any, *path: str) -> None:
    """Write the containers of the pod specification at `path`, with their state where there is."""
    spec = mapping(found, *(path or POD))
    every = [
        *((one, "init") for one in listing(spec, "initContainers")),
        *((one, "") for one in listing(spec, "containers")),
        *((one, "ephemeral") for one in listing(spec, "ephemeralContainers")),
    ]
    statuses = _statuses(found)
    entries = [
        entry
        for one, role in every
        for entry in _container(lines, one, role, statuses.get(text(one, "name")))
    ]
    lines.under("containers", entries, _MOST_LINES)


def _statuses(found: Any) -> dict[str, Mapping[str, Any]]:
    lists = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    return {text(one, "name"): one for where in lists for one in listing(found, "status", where)}


def _container(
    lines: Lines, one: Any, role: str, status: Mapping[str, Any] | None
) -> Iterator[str]:
    role = "sidecar" if role == "init" and stays(one) else role
    yield f"{text(one, 'name')}{f' ({role})' if role else ''}: {text(one, 'image')}"
    if status is not None:
        yield from (f"  {each}" for each in states(lines, status))
    yield f"  {_amounts(one)}"
    if role != "init" and (probes := _probes(one)):
        yield f"  {probes}"
    if ports := some(_port(each) for each in listing(one, "ports")):
        yield f"  ports {ports}"
    if command := " ".join([*words(one, "command"), *words(one, "args")]):
        yield f"  runs {cut(command, _COMMAND)}"


def states(lines: Lines, status: Mapping[str, Any]) -> Iterator[str]:
    """Say how a container is, how often it was restarted, and how it ended before."""
    again = number(status, "restartCount")
    restarted = f"; {many(again, 'restart')}" if again else ""
    yield f"{_state(lines, status)}{restarted}"
    before = mapping(status, "lastState", "terminated")
    if before:
        yield f"before: {_ended(lines, before)}"


def _state(lines: Lines, status: Mapping[str, Any]) -> str:
    waiting, running = mapping(status, "state", "waiting"), mapping(status, "state", "running")
    if waiting:
        message = text(waiting, "message")
        return f"waiting: {text(waiting, 'reason')}{f': {message}' if message else ''}"
    if ended := mapping(status, "state", "terminated"):
        return f"ended: {_ended(lines, ended)}"
    if running:
        unready = "" if status.get("ready") is True else ", NOT READY"
        return f"running for {lines.age(text(running, 'startedAt')) or '?'}{unready}"
    return "no state told"


def _ended(lines: Lines, ended: Mapping[str, Any]) -> str:
    started, finished = text(ended, "startedAt"), text(ended, "finishedAt")
    ran = moment(finished) - moment(started) if moment(started) and moment(finished) else -1
    signal = number(ended, "signal")
    parts = (
        text(ended, "reason"),
        f"exit {number(ended, 'exitCode')}",
        f"signal {signal}" if signal else "",
        f"ran {age(ran)}" if ran >= 0 else "",
        lines.ago(finished),
        text(ended, "message"),
    )
    return ", ".join(part for part in parts if part)


def _amounts(one: Any) -> str:
    asked, most = mapping(one, "resources", "requests"), mapping(one, "resources", "limits")
    asks = f"requests {resources(asked)}" if asked else "no requests"
    return f"{asks}; {f'limits {resources(most)}' if most else 'no limits'}"


def _probes(one: Any) -> str:
    kinds = ("startup", "readiness", "liveness")
    told = [f"{kind} {_probe(each)}" for kind in kinds if (each := mapping(one, f"{kind}Probe"))]
    if not told:
        return "no probes"
    return f"probes: {', '.join(told)}"


def _probe(probe: Mapping[str, Any]) -> str:
    every = number(probe, "periodSeconds", default=10)
    fails = number(probe, "failureThreshold", default=3)
    return f"{_asks(probe)} every {every} s, fails at {fails}"


def _asks(probe: Mapping[str, Any]) -> str:
    if http := mapping(probe, "httpGet"):
        return f"GET :{value(http, 'port')}{text(http, 'path')}"
    if "tcpSocket" in probe:
        return f"tcp :{value(probe, 'tcpSocket', 'port')}"
    if "grpc" in probe:
        return f"grpc :{value(probe, 'grpc', 'port')}"
    return f"exec {cut(' '.join(words(probe, 'exec', 'command')), 60)}"


def _port(port: Mapping[str, Any]) -> str:
    name = text(port, "name")
    told = f"{number(port, 'containerPort')}/{text(port, 'protocol') or 'TCP'}"
    return f"{name} {told}" if name else told


def needs(lines: Lines, around: Around, found: Any, *path: str) -> None:
    """Write what a pod specification refers to and whether it is there; then its other volumes."""
    ways: dict[tuple[str, str], list[str]] = {}
    optional: dict[tuple[str, str], bool] = {}
    for each in references(found, *path):
        key = (each.kind, each.name)
        ways.setdefault(key, []).append(each.how)
        optional[key] = optional.get(key, True) and each.optional
    entries = [
        f"{kind} {name} ({some(dict.fromkeys(how), 3)})"
        f"{_standing(around, kind, name, optional=optional[kind, name])}"
        for (kind, name), how in ways.items()
    ]
    lines.under("needs", sorted(entries, key=lambda entry: "MISSING" not in entry))
    spec = mapping(found, *(path or POD))
    lines.add("other volumes", some(_others(listing(spec, "volumes")), 8))


def _standing(around: Around, kind: str, name: str, *, optional: bool) -> str:
    told = around.standing(kind, name)
    if told == "MISSING" and optional:
        return ": not there, which is allowed"
    return f": {told}" if told else ""


def _others(volumes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    referring = {"configMap", "secret", "persistentVolumeClaim", "projected", "name"}
    for volume in volumes:
        name = text(volume, "name")
        kinds = [key for key in volume if key not in referring]
        if kinds and not name.startswith(OWN_VOLUME):
            where = text(volume, "hostPath", "path")
            yield f"{name} {kinds[0]}{f' {where}' if where else ''}"
