"""A pod waits for its volume: the claim is not bound, or the volume cannot be attached or mounted.

How claims are bound: Kubernetes, "Persistent Volumes", "Storage Classes" (volumeBindingMode). A
claim that waits for its first consumer is no trouble; the pod that gets no node for it is
`scheduling`'s.
"""

import re
from collections.abc import Iterator

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.binding import unmatched
from bailiwick_cluster.diagnosis.causes.scheduling import waits
from bailiwick_cluster.diagnosis.falling import present
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign
from bailiwick_cluster.diagnosis.referring import claims
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import happened, spec
from bailiwick_cluster.happening import Event
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, named, text
from bailiwick_cluster.upstream import Object

KIND = "PersistentVolumeClaim"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_STATIC = "kubernetes.io/no-provisioner"
_SLOW = 120.0
"""Seconds after which a provisioner that says nothing is told of."""
_MOUNTS = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume"})
_MULTI = re.compile(r"Multi-Attach error")
_UNMOUNTED = re.compile(r"unmounted volumes=\[([^\]]{1,500})\]")
_MISSING = re.compile(r"configmap|secret|references non-existent", re.IGNORECASE)
_VOLUME = re.compile(r'for volume "([^"]{1,253})"')
_HOW = (
    ("its driver is not on the node", r"driver name \S+ not found in the list of registered CSI"),
    ("its file system is damaged", r"fsck|wrong fs type|bad superblock"),
    ("the server refuses it", r"access denied|Permission denied|permission denied"),
    ("the server cannot be reached", r"No route to host|Connection refused|Connection timed out"),
    ("it is not there any more", r"[Nn]ot ?[Ff]ound|does not exist|no such file"),
    ("the path on the node is of another type", r"hostPath type check failed"),
    ("nothing answered in time", r"timed out|deadline exceeded"),
)


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each claim that is not bound, and each volume that is not mounted."""
    users = _users(snapshot)
    for claim in snapshot.of(KIND):
        about = ref(claim, KIND)
        pods = users.get(about, [])
        if text(claim, "status", "phase") == "Pending":
            yield from _pending(snapshot, claim, about, pods)
        elif text(claim, "status", "phase") == "Lost":
            yield from _shown(snapshot, claim, about, about, f"the volume of {about} is lost", pods)
        yield from _resized(snapshot, about)
    for about, pods in users.items():
        if snapshot.lacks(about.kind, about.namespace, about.name):
            yield from _shown(snapshot, {}, about, about, f"{about} is missing", pods)
    for pod in present(snapshot):
        yield from _unmounted(snapshot, pod)


def _users(snapshot: Snapshot) -> dict[Ref, list[Object]]:
    """Say which pods wait for which claims."""
    known: dict[Ref, list[Object]] = {}
    for pod in present(snapshot):
        if text(pod, "status", "phase") == "Pending":
            for _, about in claims(pod):
                known.setdefault(about, []).append(pod)
    return known


def _shown(
    snapshot: Snapshot, claim: Object, about: Ref, named_: Ref, what: str, pods: list[Object]
) -> Iterator[Sign]:
    """Give a sign for each pod that waits, or for the claim where none does yet."""
    said = next((e for e in snapshot.events(named_) if e.type == "Warning"), None)
    suffering = [(ref(pod, "Pod"), snapshot.owner(pod)) for pod in pods]
    for shown, owner in suffering or [(named_, named_)]:
        yield Sign(
            about=about,
            key=what if about != named_ else "",
            what=what,
            shown=shown,
            owner=owner,
            effect="cannot start" if suffering else "cannot be bound",
            evidence=(said.message,) if said else (),
            severity=Severity.DOWN if suffering else Severity.DEGRADED,
            explains=(named_,),
            since=moment(text(claim, "metadata", "creationTimestamp")),
            step=happened(named_) if said else spec(named_ if claim else owner),
        )


def _pending(snapshot: Snapshot, claim: Object, about: Ref, pods: list[Object]) -> Iterator[Sign]:
    given = mapping(claim, "spec").get("storageClassName")
    if isinstance(given, str) and given:
        yield from _classed(snapshot, claim, about, pods, given)
    elif given == "":
        why = unmatched(snapshot, claim)
        yield from _shown(snapshot, claim, about, about, f"{about} finds no volume: {why}", pods)
    elif snapshot.has("StorageClass") and not any(map(_defaults, snapshot.of("StorageClass"))):
        fault = Ref("StorageClass", "", "default")
        what = "no StorageClass is marked as the default, and claims name none"
        yield from _shown(snapshot, claim, fault, about, what, pods)


def _defaults(found: Object) -> bool:
    return text(found, "metadata", "annotations", _DEFAULT) == "true"


def _classed(
    snapshot: Snapshot, claim: Object, about: Ref, pods: list[Object], given: str
) -> Iterator[Sign]:
    fault = Ref("StorageClass", "", plain(given))
    found = snapshot.find("StorageClass", "", given)
    if found is None:
        if snapshot.lacks("StorageClass", "", given):
            why = unmatched(snapshot, claim)
            what = f"{fault} is missing" + (
                f", and {why}" if snapshot.of("PersistentVolume") else ""
            )
            yield from _shown(snapshot, claim, fault, about, what, pods)
        return
    if waits(snapshot, claim) and not _failed(snapshot, about):
        return
    provisioner = text(found, "provisioner")
    if provisioner == _STATIC:
        what = f"{about} finds no volume: {unmatched(snapshot, claim)}"
        yield from _shown(snapshot, claim, about, about, what, pods)
    elif _failed(snapshot, about):
        what = f"provisioner {named(provisioner)} of {fault} fails to make volumes"
        yield from _shown(snapshot, claim, fault, about, what, pods)
    elif snapshot.now - moment(text(claim, "metadata", "creationTimestamp")) > _SLOW:
        what = f"provisioner {named(provisioner)} of {fault} makes no volumes: is it running?"
        yield from _shown(snapshot, claim, fault, about, what, pods)


def _failed(snapshot: Snapshot, about: Ref) -> bool:
    return any(event.reason == "ProvisioningFailed" for event in snapshot.events(about))


def _resized(snapshot: Snapshot, about: Ref) -> Iterator[Sign]:
    failed = next((e for e in snapshot.events(about) if e.reason == "VolumeResizeFailed"), None)
    if failed is not None:
        yield Sign(
            about=about,
            key="resize",
            what=f"{about} cannot be made larger",
            evidence=(failed.message,),
            severity=Severity.DEGRADED,
            since=failed.first,
            step=happened(about),
        )


def _unmounted(snapshot: Snapshot, pod: Object) -> Iterator[Sign]:
    """Tell of the newest failure to attach or mount; of what is missing `missing` tells."""
    started = listing(pod, "status", "containerStatuses")
    if not text(pod, "spec", "nodeName") or any("running" in mapping(e, "state") for e in started):
        return
    failed = [e for e in snapshot.events(ref(pod, "Pod")) if e.reason in _MOUNTS]
    multi = [event for event in failed if _MULTI.search(event.message)]
    telling = multi or [event for event in failed if not _parts(event)]
    if telling:
        yield _mount(snapshot, pod, telling[0], bool(multi))


def _parts(event: Event) -> bool:
    """Say whether an event is about a ConfigMap or Secret, which are no storage."""
    return bool(_MISSING.search(event.message))


def _mount(snapshot: Snapshot, pod: Object, event: Event, multi: bool) -> Sign:
    owner, about = snapshot.owner(pod), _claim(snapshot, pod, event.message)
    if multi:
        holder = _holder(snapshot, pod, about)
        what = f"the volume of {about or owner} is attached to another node{holder}"
    else:
        why = next((how for how, said in _HOW if re.search(said, event.message)), "")
        verb = "attached" if event.reason == "FailedAttachVolume" else "mounted"
        what = f"a volume of {about or owner} cannot be {verb}{f': {why}' if why else ''}"
    return Sign(
        about=about or owner,
        key=f"{event.reason} {multi}",
        what=what,
        shown=ref(pod, "Pod"),
        owner=owner,
        effect="cannot start",
        evidence=(event.message,),
        since=event.first,
        step=happened(ref(pod, "Pod")) if not multi else spec(about or owner),
    )


def _claim(snapshot: Snapshot, pod: Object, message: str) -> Ref | None:
    """Find the claim a message is about: by the volume's name in the pod, or its own name."""
    known = dict(claims(pod))
    told = _UNMOUNTED.search(message)
    names = told[1].replace(",", " ").split() if told else []
    one = _VOLUME.search(message)
    names += [one[1]] if one else []
    for name in names:
        if name in known:
            return known[name]
        for about in known.values():
            claim = snapshot.find(about.kind, about.namespace, about.name) or {}
            if text(claim, "spec", "volumeName") == name:
                return about
    return next(iter(known.values())) if len(known) == 1 else None


def _holder(snapshot: Snapshot, pod: Object, about: Ref | None) -> str:
    """Say who has a volume, and where."""
    own = text(pod, "metadata", "name")
    others = [
        other
        for other in snapshot.selected(text(pod, "metadata", "namespace"), {})
        if about is not None
        and text(other, "metadata", "name") != own
        and text(other, "spec", "nodeName")
        and about in dict(claims(other)).values()
    ]
    if not others:
        return ""
    node = plain(text(others[0], "spec", "nodeName"))
    rest = f" and {many(len(others) - 1, 'other pod')}" if len(others) > 1 else ""
    return f": a pod of {snapshot.owner(others[0])} on {node}{rest} has it"


CAUSE = Cause("volume", Layer.PARTS, (KIND, "Pod"), look)
