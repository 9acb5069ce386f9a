"""What the containers of a pod do and did, read out of its status (PodStatus, core/v1). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object


@dataclass(frozen=True, slots=True)
class Ended:
    """How a container ended. `signal` is 0 where it ended by itself; `at` in seconds, or 0."""

    reason: str
    code: int
    signal: int
    message: str
    at: float
    lasted: float


@dataclass(frozen=True, slots=True)
class Container:
    """One container: its part of the spec, and how it is. `waiting` is the reason it waits for.

    `since` is when it began to run, in seconds, 0 where it does not run.
    """

    name: str
    init: bool
    spec: dict[str, Any]
    image: str
    ready: bool
    started: bool
    running: bool
    waiting: str
    message: str
    restarts: int
    ended: Ended | None
    before: Ended | None
    since: float = 0.0

    @property
    def last(self) -> Ended | None:
        """How it ended most lately."""
        return self.ended or self.before


def containers(pod: Object) -> Iterator[Container]:
    """Give a pod's containers, the init ones first."""
    for init, part, state in (
        (True, "initContainers", "initContainerStatuses"),
        (False, "containers", "containerStatuses"),
    ):
        known = {text(each, "name"): each for each in listing(pod, "status", state)}
        for spec in listing(pod, "spec", part):
            yield _container(init, spec, known.get(text(spec, "name"), {}))


def _container(init: bool, spec: dict[str, Any], status: dict[str, Any]) -> Container:
    state = mapping(status, "state")
    return Container(
        name=text(spec, "name"),
        init=init,
        spec=spec,
        image=text(spec, "image") or text(status, "image"),
        ready=status.get("ready") is True,
        started=status.get("started") is True,
        running="running" in state,
        waiting=text(state, "waiting", "reason"),
        message=text(state, "waiting", "message"),
        restarts=number(status, "restartCount"),
        ended=_ended(mapping(state, "terminated")) if "terminated" in state else None,
        before=_ended(mapping(status, "lastState", "terminated")),
        since=moment(text(state, "running", "startedAt")),
    )


def _ended(state: dict[str, Any]) -> Ended | None:
    if not state:
        return None
    code = number(state, "exitCode")
    at = moment(text(state, "finishedAt"))
    begun = moment(text(state, "startedAt"))
    return Ended(
        reason=text(state, "reason"),
        code=code,
        signal=number(state, "signal") or (code - 128 if 128 < code < 160 else 0),
        message=text(state, "message"),
        at=at,
        lasted=max(at - begun, 0.0) if at and begun else 0.0,
    )


def ready(pod: Object) -> bool:
    """Say whether a pod takes traffic."""
    status = mapping(pod, "status")
    if status.get("ready") is True:  # of a pod that is well no more is kept
        return True
    return any(
        text(each, "type") == "Ready" and text(each, "status") == "True"
        for each in listing(status, "conditions")
    )
