"""A container's process ends again and again, or cannot be started at all.

Exit codes as shells and kubelets give them: 128 + n is signal n (POSIX, `kill -l`), 126 a file
that cannot be run, 127 one that is not there (POSIX XCU 2.8.2), 128 what the runtime could not
start. What is ended for memory is `memory`'s, what a failing probe ends `probes`'.
"""

import re
from collections.abc import Iterator

from bailiwick_cluster.diagnosis.causes.missing import lacking
from bailiwick_cluster.diagnosis.containers import Container, Ended, containers
from bailiwick_cluster.diagnosis.falling import fallen, present
from bailiwick_cluster.diagnosis.finding import Cause, Layer, LogOf, Sign
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import logs, spec
from bailiwick_cluster.parts import text
from bailiwick_cluster.upstream import Object

SIGNALS = {
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
}  # fmt: skip
_UNSTARTED = frozenset({"StartError", "ContainerCannotRun", "RunContainerError"})
_WAITS = frozenset({"RunContainerError", "CreateContainerError", "CreateContainerConfigError"})
_SOON = 60.0
_COMMON = {
    1: "an error of its own", 2: "wrong usage, or an error of its own", 255: "an error of its own",
    78: "wrong configuration (EX_CONFIG)", 77: "no permission (EX_NOPERM)",
}  # fmt: skip
_STARTING = (
    ("it has the wrong architecture for its node, or no interpreter", r"exec format error"),
    ("its command is a folder", r"is a directory"),
    ("its working directory is not there", r"chdir to cwd|mkdir cwd"),
    (
        "a file is mounted where the image has a folder, or the other way round",
        r"not a directory|mount a directory onto a file",
    ),
    ("its user is not in the image", r"unable to find (user|group)|no matching entries in passwd"),
    (
        "it must not run as root (runAsNonRoot), and its image does",
        r"image will run as root|runAsUser breaks non-root policy",
    ),
    (
        "it must not run as root (runAsNonRoot), and its image names its user by name, not number",
        r"non-numeric user",
    ),
    ("it names no command, and neither does its image", r"no command specified"),
    ("its subPath cannot be prepared", r"failed to prepare subPath|subPath"),
    ("it is not permitted to run its command", r"permission denied|operation not permitted"),
    ("its command is not there", r"executable file not found|no such file or directory|not found"),
    ("the runtime gave up waiting", r"deadline exceeded|timed out"),
)
_PATTERNS = tuple((why, re.compile(pattern, re.IGNORECASE)) for why, pattern in _STARTING)


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each container that fell by itself, or never came to run."""
    for fall in fallen(snapshot, "process"):
        last = fall.container.last
        if last is not None:
            yield _sign(snapshot, fall.pod, fall.container, last)
    for pod in present(snapshot):
        for container in containers(pod):
            unstarted = container.waiting in _WAITS and container.last is None
            if unstarted and not any(lacking(pod, container.message)):
                yield _unstarted(snapshot, pod, container)


def _sign(snapshot: Snapshot, pod: Object, container: Container, last: Ended) -> Sign:
    shown, owner = ref(pod, "Pod"), snapshot.owner(pod)
    effect = f"restarted up to {container.restarts} times" if container.restarts else "failed"
    begins = last.reason not in _UNSTARTED
    return Sign(
        about=owner,
        key=f"{container.name} {last.code} {last.reason}",
        what=f"{_part(container)} {ending(last, _policy(pod, container))}",
        shown=shown,
        owner=owner,
        effect=effect,
        evidence=(last.message,) if last.message else (),
        since=last.at,
        step=logs(owner, previous=not container.ended) if begins else spec(owner),
        log=LogOf(shown.namespace, shown.name, container.name, previous=not container.ended)
        if begins
        else None,
    )


def _unstarted(snapshot: Snapshot, pod: Object, container: Container) -> Sign:
    owner = snapshot.owner(pod)
    why = starting(container.message)
    return Sign(
        about=owner,
        key=f"{container.name} {container.waiting} {why}",
        what=f"{_part(container)} cannot be started{f': {why}' if why else ''}"
        f" ({container.waiting})",
        shown=ref(pod, "Pod"),
        owner=owner,
        effect="cannot start",
        evidence=(container.message,),
        step=spec(owner),
    )


def _part(container: Container) -> str:
    return f"{'init container' if container.init else 'container'} {plain(container.name)}"


def _policy(pod: Object, container: Container) -> str:
    """Return the restart policy of a container: its own, or its pod's."""
    own = text(container.spec, "restartPolicy") if container.init else ""
    return own or text(pod, "spec", "restartPolicy") or "Always"


def starting(message: str) -> str:
    """Say in our words why a runtime could not start a container, or nothing."""
    return next((why for why, pattern in _PATTERNS if pattern.search(message)), "")


def ending(last: Ended, policy: str = "Always") -> str:
    """Say in our words how a process ended."""
    code = f"(exit code {last.code})"
    if last.reason in _UNSTARTED:
        why = starting(last.message)
        return f"cannot be started{f': {why}' if why else ''} {code}"
    if last.code == 127:
        return f"cannot run: a command or library it needs is not there {code}"
    if last.code == 126:
        return f"cannot run: it is not permitted to run its command {code}"
    if last.signal:
        why = "; a node, a probe or the program itself sends it" if last.signal in (9, 15) else ""
        return f"is ended by {SIGNALS.get(last.signal, f'signal {last.signal}')} {code}{why}"
    lasted = f" after {last.lasted:.0f} s" if last.lasted else ""
    if last.code == 0:
        again = f", and is started again (restartPolicy {policy})" if policy == "Always" else ""
        job = "; what is to end is a Job" if last.lasted < _SOON and again else ""
        return f"ends{lasted} with exit code 0{again}{job}"
    meant = f": {_COMMON[last.code]}" if last.code in _COMMON else ""
    return f"exits with code {last.code}{lasted}{meant}"


CAUSE = Cause("crash", Layer.PROCESS, ("Pod",), look)
