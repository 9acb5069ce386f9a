"""No node takes a pod: the scheduler's own arithmetic, told by reason with the number that counts.

Which filters there are: Kubernetes, "Scheduling Framework"; each is worked out in `fitting` and
`spreading` from the nodes and pods that were seen, and not read out of the scheduler's message,
which is only evidence. Claims that are not bound are `volume`'s.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.falling import present
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign, Step
from bailiwick_cluster.diagnosis.fitting import Reason, Room, chosen, reasons, rooms
from bailiwick_cluster.diagnosis.referring import claims
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.spreading import spread
from bailiwick_cluster.diagnosis.steps import spec
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, named, text
from bailiwick_cluster.quantities import memory
from bailiwick_cluster.upstream import Object

_DEFAULT = "default-scheduler"
_SLOW = 60.0
"""Seconds after which a pod that no scheduler has looked at is no longer new."""
_SHOWN = 4
_SICK = frozenset(
    {
        "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable",
        "node.kubernetes.io/memory-pressure", "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/pid-pressure", "node.kubernetes.io/network-unavailable",
    }
)  # fmt: skip
_BYTES = ("memory", "ephemeral-storage", "hugepages")


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each pod that waits for a node, worked out once for pods that are alike."""
    known: dict[tuple[Ref, str], _Verdict] = {}
    every: list[Room] | None = None
    for pod in present(snapshot):
        if text(pod, "spec", "nodeName") or text(pod, "status", "phase") not in ("Pending", ""):
            continue
        if held := _held(snapshot, pod):
            yield _sign(snapshot, pod, held)
        elif _refused(pod) and not _unbound(snapshot, pod):
            every = rooms(snapshot) if every is None else every
            alike = snapshot.owners(pod)[1:2] or [ref(pod, "Pod")]
            key = alike[0], str(sorted(claims(pod))) if alike[0].kind == "StatefulSet" else ""
            if key not in known:
                known[key] = _judged(snapshot, pod, every)
            yield _sign(snapshot, pod, known[key])


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Why a pod has no node, in our words; `depends` are nodes whose own trouble it is."""

    key: str
    what: str
    depends: tuple[Ref, ...] = ()
    step: Step | None = None


def _sign(snapshot: Snapshot, pod: Object, verdict: _Verdict) -> Sign:
    owner, said = snapshot.owner(pod), _condition(pod)
    message = text(said, "message")
    return Sign(
        about=owner,
        key=verdict.key,
        what=verdict.what,
        shown=ref(pod, "Pod"),
        owner=owner,
        effect="cannot be scheduled",
        evidence=(message,) if message else (),
        depends=verdict.depends,
        since=moment(text(pod, "metadata", "creationTimestamp")),
        step=verdict.step or spec(owner),
    )


def _condition(pod: Object) -> Object:
    for said in listing(pod, "status", "conditions"):
        if text(said, "type") == "PodScheduled" and text(said, "status") == "False":
            return said
    return {}


def _refused(pod: Object) -> bool:
    return text(_condition(pod), "reason") == "Unschedulable"


def _held(snapshot: Snapshot, pod: Object) -> _Verdict | None:
    """Say what keeps a pod from being looked at by a scheduler at all."""
    gates = [named(text(gate, "name")) for gate in listing(pod, "spec", "schedulingGates")]
    if gates:
        what = f"the pods wait for {many(len(gates), 'scheduling gate')} to be lifted: "
        return _Verdict("gates", what + ", ".join(gates[:_SHOWN]))
    age = snapshot.now - moment(text(pod, "metadata", "creationTimestamp"))
    if _condition(pod) or age < _SLOW:
        return None
    scheduler = text(pod, "spec", "schedulerName") or _DEFAULT
    if scheduler != _DEFAULT:
        return _Verdict("scheduler", f"no scheduler named {plain(scheduler)} looks after the pods")
    return _Verdict("silent", "the scheduler has not looked at the pods: is it running?")


def _unbound(snapshot: Snapshot, pod: Object) -> bool:
    """Say whether a claim is at fault, which is not there or should be bound by now."""
    for _, about in claims(pod):
        claim = snapshot.find(about.kind, about.namespace, about.name)
        if claim is None:
            return snapshot.has(about.kind)
        if text(claim, "status", "phase") == "Pending" and not waits(snapshot, claim):
            return True
    return False


def waits(snapshot: Snapshot, claim: Object) -> bool:
    """Say whether a claim is bound only once a pod has a node (WaitForFirstConsumer)."""
    named_ = text(claim, "spec", "storageClassName")
    found = snapshot.find("StorageClass", "", named_) if named_ else None
    return found is not None and text(found, "volumeBindingMode") == "WaitForFirstConsumer"


def _judged(snapshot: Snapshot, pod: Object, every: Sequence[Room]) -> _Verdict:
    if not snapshot.has("Node"):
        return _Verdict("unknown", "the scheduler finds no node for it")
    if not every:
        return _Verdict("none", "the cluster has no nodes")
    apart, bound = spread(snapshot, pod, every), _volumes(snapshot, pod)
    all_: list[list[Reason]] = []
    for room in every:
        found = [*reasons(room, pod), *apart.reasons(room)]
        found += [
            Reason("volume", claim)
            for claim, required in bound
            if not chosen(required, room.labels, room.name)
        ]
        all_.append(found)
    return _told(snapshot, pod, every, all_)


def _volumes(snapshot: Snapshot, pod: Object) -> list[tuple[str, Mapping[str, object]]]:
    """Return the claims that are bound to a volume which only some nodes reach."""
    found: list[tuple[str, Mapping[str, object]]] = []
    for _, about in claims(pod):
        claim = snapshot.find(about.kind, about.namespace, about.name) or {}
        volume = snapshot.find("PersistentVolume", "", text(claim, "spec", "volumeName")) or {}
        if required := mapping(volume, "spec", "nodeAffinity", "required"):
            found.append((about.name, required))
    return found


def _told(
    snapshot: Snapshot, pod: Object, every: Sequence[Room], found: Sequence[Sequence[Reason]]
) -> _Verdict:
    free = sum(not each for each in found)
    if free:
        what = f"the scheduler found no node for it, though {free} of {len(every)} look free now"
        return _Verdict("free", what)
    first = Counter((each[0].what, each[0].detail) for each in found)
    asked = mapping(pod, "requests")
    parts = [
        _part(what, detail, count, asked, every, found)
        for (what, detail), count in first.most_common(_SHOWN)
    ]
    rest = len(first) - len(parts)
    more = f" and {many(rest, 'other reason')}" if rest > 0 else ""
    (top, _), _ = first.most_common(1)[0]
    lead = f"no node has {_amount(top, asked[top], 'free ')} for it" if top in asked else _NONE
    hint = _fits(asked, found)
    gap = "" if snapshot.counted else "; pods that were not seen leave less"
    numbers = any(each.resource for reasons_ in found for each in reasons_)
    return _Verdict(
        key=" ".join(sorted(f"{what} {detail}" for what, detail in first)),
        what=f"{lead}: {many(len(every), 'node refuses', 'nodes refuse')}, {', '.join(parts)}"
        f"{more}{hint}{gap if numbers else ''}",
        depends=_sick(every, found),
        step=Step("query_usage", {"by": "node"}) if top in asked else None,
    )


_NONE = "no node takes it"


def _part(
    what: str,
    detail: str,
    count: int,
    asked: Mapping[str, float],
    every: Sequence[Room],
    found: Sequence[Sequence[Reason]],
) -> str:
    """Say one reason, for how many nodes, with the number or name that counts."""
    if what in asked:
        has = max((room.has.get(what, 0.0) for room in every), default=0.0)
        if asked[what] > has:
            return f"{count} for {named(what)} (no node has more than {_size(what, has)})"
        largest = max(each.free for own in found for each in own if each.what == what)
        return f"{count} for {named(what)} (largest free {_size(what, largest)})"
    if what == "pods":
        return f"{count} for being full of pods"
    if what == "cordoned":
        return f"{count} for being cordoned"
    said = f" {named(detail)}" if detail else ""
    return f"{count} for {_WORDS.get(what, what)}{said}"


_WORDS = {
    "label": "want of the label",
    "affinity": "its node affinity",
    "volume": "the place of its volume",
    "spread": "its spread over",
    "pod affinity": "its pod affinity within",
    "pod anti-affinity": "its pod anti-affinity within",
}


def _fits(asked: Mapping[str, float], found: Sequence[Sequence[Reason]]) -> str:
    """Say with how much it would fit, where that is all that some node lacks."""
    best: dict[str, float] = {}
    for own in found:
        if len(own) == 1 and own[0].resource and own[0].what in asked:
            best[own[0].what] = max(best.get(own[0].what, 0.0), own[0].free)
    fits = [_amount(what, free) for what, free in sorted(best.items()) if free > 0]
    return f"; it would fit with at most {' or '.join(fits)}" if fits else ""


def _sick(every: Sequence[Room], found: Sequence[Sequence[Reason]]) -> tuple[Ref, ...]:
    """Name the nodes, where all refuse for trouble of their own or a cordon."""
    if not all(own[0].what == "cordoned" or _ill(own[0]) for own in found):
        return ()
    return tuple(Ref("Node", "", plain(room.name)) for room in every)


def _ill(reason: Reason) -> bool:
    return reason.what == "taint" and reason.detail.split("=", maxsplit=1)[0] in _SICK


def _size(resource: str, value: float) -> str:
    return memory(value) if resource.startswith(_BYTES) else f"{round(value, 2):g}"


def _amount(resource: str, value: float, how: str = "") -> str:
    """Write an amount with what it is of: `3.2 free cores`, `16Gi of free memory`."""
    size = _size(resource, value)
    if resource == "cpu":
        return f"{size} {how}{'core' if size == '1' else 'cores'}"
    part = "of " if resource.startswith(_BYTES) else ""
    return f"{size} {part}{how}{named(resource)}"


CAUSE = Cause("scheduling", Layer.PARTS, ("Pod",), look)
