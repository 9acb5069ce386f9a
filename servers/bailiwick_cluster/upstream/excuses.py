"""Why a log cannot be read, in our words: what the API, a kubelet or a runtime says is theirs."""

import re

EXCUSE = re.compile(
    rb"(?:unable to retrieve container logs|failed to (?:try resolving symlinks|get))"
)
"""What a kubelet answers with 200 in place of a log. Lines of a log would begin with a time."""
_REASONS = re.compile(
    "ContainerCreating|PodInitializing|ErrImagePull|ImagePullBackOff|ErrImageNeverPull"
    "|InvalidImageName|ImageInspectError|RegistryUnavailable|CreateContainerConfigError"
    "|CreateContainerError|RunContainerError|CrashLoopBackOff|StartError|OOMKilled|Error"
    "|Completed|ContainerCannotRun|DeadlineExceeded|ContainerStatusUnknown|Evicted|Preempting"
    "|NodeLost|NodeShutdown|Terminated|SchedulingGated|Unschedulable"
)
"""What kubelets and schedulers call it. A word that is not among these is not repeated."""
_WAITING = re.compile(r"is waiting to start: ([A-Za-z]+)")
_SAID = (
    (re.compile(r"failing to pull image"), "has not started: its image cannot be pulled"),
    (_WAITING, "has not started"),
    (re.compile(r"previous terminated container"), "has no earlier run that is kept"),
    (re.compile(r"a container name must be specified"), "has several containers: say `container`"),
    (re.compile(r"is not valid for pod"), "has no such container"),
    (re.compile(r"does not have a host assigned"), "is on no node yet"),
    (re.compile(r"is not running|is terminated|not available"), "has no log any more"),
    (re.compile(r"unable to retrieve|resolving symlinks|failed to get"), "has no log any more"),
)


def known(reason: str) -> str:
    """Return a reason of Kubernetes' own as it is, and an empty one for any other word."""
    return reason if _REASONS.fullmatch(reason) else ""


def excuse(status: int, told: str) -> str:
    """Say why there is no log, as the rest of a sentence that begins with whose."""
    if status in (401, 403):
        return "is refused by the cluster's RBAC (get pods/log)"
    for pattern, words in _SAID:
        if found := pattern.search(told):
            why = known(found[1]) if pattern is _WAITING else ""
            return f"{words}: {why}" if why else words
    if status == 404:
        return "is gone"
    if status >= 500 or not status:
        return "its node does not answer"
    return f"was refused ({status})"
