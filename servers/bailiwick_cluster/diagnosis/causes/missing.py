"""A ConfigMap, a Secret or a key of one that a container needs is not there.

The kubelet says so (CreateContainerConfigError, FailedMount); the names are taken from the pod's
own spec, and what it says is evidence.
"""

import re
from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import containers
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object

_NAMED = re.compile(r'\b(configmap|secret)s? "([^"]{1,253})" not found', re.IGNORECASE)
_KEYED = re.compile(
    r"couldn't find key (\S{1,253}) in (ConfigMap|Secret) ([^\s/]{1,63})/(\S{1,253})"
)
_KEY_MISSING = re.compile(r"references non-existent (?:config|secret) key: (\S{1,253})")
_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}
_WAITS = frozenset({"CreateContainerConfigError", "ContainerCreating", "PodInitializing"})


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each pod and each thing that it lacks."""
    for pod in snapshot.troubled:
        told = list(_told(snapshot, pod))
        if not told:
            continue
        seen: set[tuple[Ref, str]] = set()
        for line in told:
            for about, key in _lacking(pod, line):
                if (about, key) not in seen:
                    seen.add((about, key))
                    yield _sign(snapshot, pod, about, key, line)


def _told(snapshot: Snapshot, pod: Object) -> Iterator[str]:
    """Give what the kubelet says of a pod that waits for its parts."""
    waiting = [each for each in containers(pod) if each.waiting in _WAITS]
    for container in waiting:
        if container.message:
            yield container.message
    if waiting or not listing(pod, "status", "containerStatuses"):
        for event in snapshot.events(ref(pod, "Pod")):
            if event.reason in ("FailedMount", "Failed"):
                yield event.message


def _lacking(pod: Object, line: str) -> Iterator[tuple[Ref, str]]:
    namespace = text(pod, "metadata", "namespace")
    if found := _KEYED.search(line):
        yield Ref(found[2], namespace, plain(found[4])), plain(found[1])
    elif found := _NAMED.search(line):
        yield Ref(_KINDS[found[1].lower()], namespace, plain(found[2])), ""
    elif found := _KEY_MISSING.search(line):
        for name, kind in _mounted(pod):
            yield Ref(kind, namespace, plain(name)), plain(found[1])


def _mounted(pod: Object) -> Iterator[tuple[str, str]]:
    """Give what a pod mounts keys of: an event does not say from which."""
    for volume in listing(pod, "spec", "volumes"):
        if mapping(volume, "configMap", "items") or listing(volume, "configMap", "items"):
            yield text(volume, "configMap", "name"), "ConfigMap"
        if listing(volume, "secret", "items"):
            yield text(volume, "secret", "secretName"), "Secret"


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
        evidence=(line,),
        since=moment(text(pod, "metadata", "creationTimestamp")),
        step=Step(
            "read_resource",
            {"namespace": owner.namespace, "kind": owner.kind, "name": owner.name, "part": "spec"},
        ),
    )


CAUSE = Cause("missing", Layer.PARTS, ("Pod",), look)
