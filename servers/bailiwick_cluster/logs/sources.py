"""Which logs of which pods are read, which are not, and why. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bailiwick.errors import BadRequest
from bailiwick_cluster.logs.pods import Container, Pod
from bailiwick_cluster.parts import named
from bailiwick_cluster.upstream.excuses import known
from bailiwick_cluster.upstream.logs import Log

MOST = 48
"""Logs that are read in one call."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Source:
    """One log that is read: of a container's present run, or of the one before."""

    pod: Pod
    container: Container
    previous: bool = False

    @property
    def log(self) -> Log:
        """What the API is asked for."""
        return Log(self.pod.name, self.container.name, self.previous)


@dataclass(slots=True)
class Unread:
    """Logs that were not read, by why."""

    why: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def add(self, reason: str, name: str) -> None:
        """Note one."""
        names = self.why.setdefault(reason, [])
        if name not in names:
            names.append(name)

    def told(self) -> list[str]:
        """Say of whom, and why."""
        return [f"not read: {some(names)}: {reason}" for reason, names in self.why.items()]


def some(names: Sequence[str]) -> str:
    """Name a few of many."""
    shown = ", ".join(map(named, names[:_NAMED]))
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


def sources(pods: Iterable[Pod], container: str, *, previous: bool) -> tuple[list[Source], Unread]:
    """Choose the logs to read, those of the most troubled pods first.

    Raises BadRequest for a container that no pod has.
    """
    chosen: list[Source] = []
    unread = Unread()
    every = list(pods)
    for pod in every:
        for each in pod.containers:
            if each.name == container if container else each.told:
                _choose(Source(pod, each, previous), chosen, unread)
    if container and not chosen and not unread.why and every:
        names = sorted({each.name for pod in every for each in pod.containers})
        raise BadRequest(f"no container is called {container}; there are: {some(names)}")
    for source in chosen[MOST:]:
        unread.add(f"only {MOST} logs are read in one call; name a pod", source.pod.name)
    return chosen[:MOST], unread


def _choose(source: Source, chosen: list[Source], unread: Unread) -> None:
    """Take a log, or say why there cannot be one."""
    pod, each = source.pod, source.container
    if not pod.placed:
        unread.add("is on no node yet", pod.name)
    elif each.waiting and not each.started:
        why = known(each.waiting)
        unread.add(f"has not started{f': {why}' if why else ''}", pod.name)
    elif source.previous and not each.restarts:
        unread.add("has no earlier run: it was never restarted", pod.name)
    else:
        chosen.append(source)


def labels(chosen: Sequence[Source]) -> Mapping[int, str]:
    """Name logs as shortly as tells them apart: by pod, by container, or by both."""
    pods = {source.pod.name for source in chosen}
    alone = len({(source.pod.name, source.container.name) for source in chosen}) == len(pods)
    found: dict[int, str] = {}
    for number, source in enumerate(chosen):
        container, pod = source.container.name, source.pod.name
        found[number] = pod if alone else container if len(pods) == 1 else f"{pod}/{container}"
    return found
