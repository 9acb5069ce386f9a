"""What a container needs is not there: a ConfigMap, a Secret, a key of one, a service account.

The kubelet says so (CreateContainerConfigError, FailedMount), and so does the list of what there
is, where it could be read. Names are taken from the pod's own spec; what others say is evidence.
"""

import re
from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import containers
from bailiwick_cluster.diagnosis.falling import present
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign
from bailiwick_cluster.diagnosis.referring import uses
from bailiwick_cluster.diagnosis.refusing import Refusal, refusals
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import spec
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Object

_NAMED = re.compile(r'\b(configmap|secret)s? "([^"]{1,253})" not found', re.IGNORECASE)
_KEYED = re.compile(
    r"couldn't find key (\S{1,253}) in (ConfigMap|Secret) ([^\s/]{1,63})/([^\s,\]]{1,253})"
)
_KEY_MISSING = re.compile(r"references non-existent (?:config|secret) key: ([^\s,\]]{1,253})")
_VOLUME = re.compile(r'for volume "([^"]{1,253})"')
_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}
_WAITS = frozenset(
    {"CreateContainerConfigError", "CreateContainerError", "ContainerCreating", "PodInitializing"}
)
_REFUSED = (
    ("ServiceAccount", re.compile(r"error looking up service account ([^\s/]{1,63})/([^\s:]+):")),
    ("PriorityClass", re.compile(r"no PriorityClass with name ()(\S{1,253}) was found")),
    ("RuntimeClass", re.compile(r'RuntimeClass ()"([^"]{1,253})" not found')),
)


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each pod and each thing that it lacks."""
    for pod in present(snapshot):
        if _waits(pod):
            for (about, key), line in _lacked(snapshot, pod).items():
                yield _sign(snapshot, pod, about, key, line)
    for refusal in refusals(snapshot, "missing"):
        yield from _refused(refusal)


def _waits(pod: Object) -> bool:
    """Say whether a pod was given to a node, and something of it has never started."""
    if not text(pod, "spec", "nodeName") or text(pod, "status", "phase") not in ("Pending", ""):
        return any(each.waiting == "CreateContainerConfigError" for each in containers(pod))
    return not listing(pod, "status", "containerStatuses") or any(
        each.waiting in _WAITS for each in containers(pod)
    )


def _lacked(snapshot: Snapshot, pod: Object) -> dict[tuple[Ref, str], str]:
    """Return what a pod lacks: an object, or a key of one; each with what was said of it."""
    found: dict[tuple[Ref, str], str] = {}
    for line in _told(snapshot, pod):
        for lack in lacking(pod, line):
            found.setdefault(lack, line)
    for use in uses(pod):
        if snapshot.lacks(use.about.kind, use.about.namespace, use.about.name):
            found.setdefault((use.about, ""), "")
    return found


def _told(snapshot: Snapshot, pod: Object) -> Iterator[str]:
    """Give what the kubelet says of a pod that waits for its parts."""
    for container in containers(pod):
        if container.waiting in _WAITS and container.message:
            yield container.message
    for event in snapshot.events(ref(pod, "Pod")):
        if event.reason in ("FailedMount", "Failed"):
            yield event.message


def lacking(pod: Object, line: str) -> Iterator[tuple[Ref, str]]:
    """Give what a kubelet says is not there: an object, or a key of one."""
    namespace = text(pod, "metadata", "namespace")
    for found in _KEYED.finditer(line):
        yield Ref(found[2], namespace, plain(found[4])), plain(found[1])
    for found in _NAMED.finditer(line):
        yield Ref(_KINDS[found[1].lower()], namespace, plain(found[2])), ""
    for found in _KEY_MISSING.finditer(line):
        yield from _mounted(pod, found[1], line)


def _mounted(pod: Object, key: str, line: str) -> Iterator[tuple[Ref, str]]:
    """Give what a pod mounts a key of: the kubelet says from which volume, not from what."""
    named = _VOLUME.search(line)
    for use in uses(pod):
        here = named is None or use.volume == named[1]
        if use.volume and here and key in use.keys:
            yield use.about, plain(key)


def _sign(snapshot: Snapshot, pod: Object, about: Ref, key: str, line: str) -> Sign:
    owner = snapshot.owner(pod)
    what = f"{about} has no key {key}" if key else f"{about} is missing"
    there = snapshot.find(about.kind, about.namespace, about.name) is not None
    if there and not key:
        what = f"{about} was missing; it is there now, and the kubelet tries again"
    return Sign(
        about=about,
        key=key,
        what=what,
        shown=ref(pod, "Pod"),
        owner=owner,
        effect="cannot start",
        evidence=(line,) if line else (),
        since=moment(text(pod, "metadata", "creationTimestamp")),
        step=spec(owner),
    )


def _refused(refusal: Refusal) -> Iterator[Sign]:
    for kind, pattern in _REFUSED:
        if found := pattern.search(refusal.message):
            namespace = refusal.shown.namespace if kind == "ServiceAccount" else ""
            about = Ref(kind, namespace, plain(found[2]))
            yield Sign(
                about=about,
                what=f"{about} is missing",
                shown=refusal.shown,
                owner=refusal.owner,
                effect="cannot make pods",
                evidence=(refusal.message,),
                since=refusal.since,
                step=spec(refusal.owner),
            )


CAUSE = Cause("missing", Layer.PARTS, ("Pod",), look)
