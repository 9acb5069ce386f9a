"""A container's process ends again and again: CrashLoopBackOff, or failing runs of late.

Exit codes as shells and kubelets give them: 128 + n is signal n (POSIX, `kill -l`), 126 a file
that cannot be run, 127 one that is not there (POSIX XCU 2.8.2). Memory is `memory`'s.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import Container, Ended, containers
from bailiwick_cluster.diagnosis.finding import Cause, Layer, LogOf, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.upstream import Object

SIGNALS = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
}  # fmt: skip
_UNSTARTED = frozenset({"StartError", "ContainerCannotRun", "RunContainerError"})
OUT_OF_MEMORY = "OOMKilled"


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each container that fell, and that memory does not explain."""
    for pod in snapshot.troubled:
        for container in containers(pod):
            if container.last is not None and _falls(container):
                yield _sign(snapshot, pod, container, container.last)


def _falls(container: Container) -> bool:
    last = container.last
    if last is None or last.reason == OUT_OF_MEMORY:
        return False
    if container.waiting == "CrashLoopBackOff":
        return True
    return last.code != 0 and not container.ready and not (container.running and container.init)


def _sign(snapshot: Snapshot, pod: Object, container: Container, last: Ended) -> Sign:
    shown, owner = ref(pod, "Pod"), snapshot.owner(pod)
    part = "init container" if container.init else "container"
    effect = f"restarted up to {container.restarts} times" if container.restarts else "failed"
    return Sign(
        about=owner,
        key=f"{container.name} {last.code} {last.reason}",
        what=f"{part} {plain(container.name)} {ending(last)}",
        shown=shown,
        owner=owner,
        effect=effect,
        evidence=tuple(line for line in (last.message,) if line),
        since=last.at,
        step=Step(
            "read_logs",
            {
                "namespace": shown.namespace,
                "name": owner.name,
                "kind": owner.kind,
                "previous": True,
            },
        ),
        log=LogOf(shown.namespace, shown.name, container.name, previous=not container.ended),
    )


def ending(last: Ended) -> str:
    """Say in our words how a process ended."""
    if last.code == 127 or (last.reason in _UNSTARTED and "not found" in last.message):
        return f"cannot start: its command is not there (exit code {last.code})"
    if last.code == 126 or (last.reason in _UNSTARTED and "permission denied" in last.message):
        return f"cannot start: it is not permitted to run its command (exit code {last.code})"
    if last.signal:
        name = SIGNALS.get(last.signal, f"signal {last.signal}")
        why = "; a failing liveness probe or a node ends it so" if last.signal in (9, 15) else ""
        return f"is ended by {name} (exit code {last.code}){why}"
    if last.code == 0:
        return "ends at once with exit code 0, where it should go on running"
    soon = f" after {last.lasted:.0f} s" if last.lasted else ""
    return f"exits with code {last.code}{soon}"


CAUSE = Cause("crash", Layer.PROCESS, ("Pod",), look)
