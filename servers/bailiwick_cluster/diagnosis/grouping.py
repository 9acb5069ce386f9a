"""From signs to findings: what is alike becomes one, and what follows from another goes under it.

A cause outranks its consequences: where other findings touch everything that a finding depends on,
it is one of their consequences and no cause of its own. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.finding import Cause, Finding, Layer, Ref, Severity, Sign
from bailiwick_cluster.diagnosis.snapshot import Snapshot

_EVIDENCE = 3
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})


def diagnose(snapshot: Snapshot, causes: Iterable[Cause]) -> list[Finding]:
    """Find all causes in a snapshot, the root ones first; consequences are inside them."""
    found: list[Finding] = []
    for cause in causes:
        if all(snapshot.has(kind) for kind in cause.needs):
            found += _grouped(snapshot, cause)
    return _ranked(_folded(found))


def _grouped(snapshot: Snapshot, cause: Cause) -> list[Finding]:
    groups: dict[tuple[Ref, str], Finding] = {}
    for sign in cause.look(snapshot):
        if (sign.shown or sign.about).namespace in snapshot.going:
            continue
        key = sign.about, sign.key
        if key not in groups:
            groups[key] = Finding(cause.name, cause.layer, sign, sign.severity)
        _add(snapshot, groups[key], sign)
    for group in groups.values():
        group.severity = min(group.severity, _hurt(snapshot, group))
    return list(groups.values())


def _add(snapshot: Snapshot, group: Finding, sign: Sign) -> None:
    group.severity = max(group.severity, sign.severity)
    group.explained.update(sign.explains)
    group.depends.update(sign.depends)
    if sign.since:
        group.since = min(group.since or sign.since, sign.since)
    for line in sign.evidence:
        if line and line not in group.evidence and len(group.evidence) < _EVIDENCE:
            group.evidence.append(line)
    if sign.shown is not None and sign.shown not in group.shown:
        group.shown.add(sign.shown)
        pod = snapshot.find(sign.shown.kind, sign.shown.namespace, sign.shown.name)
        chain = snapshot.owners(pod, sign.shown.kind) if pod is not None else [sign.shown]
        group.explained.update(chain[1:])
        group.owners[sign.owner or chain[-1]] += 1


def _hurt(snapshot: Snapshot, group: Finding) -> Severity:
    """Say how bad it is for workloads whose other pods still serve: degraded, not down."""
    workloads = [owner for owner in group.owners if owner.kind in _WORKLOADS]
    if not workloads or len(workloads) < len(group.owners):
        return Severity.DOWN
    serving = all(any(ready(pod) for pod in snapshot.pods_of(owner)) for owner in workloads)
    return Severity.DEGRADED if serving else Severity.DOWN


def _folded(found: Sequence[Finding]) -> list[Finding]:
    """Put every finding that others explain under the one that explains most of it."""
    touching: dict[Ref, list[Finding]] = {}
    for finding in found:
        for each in finding.touched:
            touching.setdefault(each, []).append(finding)
    above: dict[int, Finding] = {}
    for finding in sorted(found, key=_depth):
        parent = _explaining(finding, touching, above)
        if parent is not None:
            above[id(finding)] = parent
            parent.consequences.append(finding)
    return [each for each in found if id(each) not in above and not each.sign.follows]


def _explaining(
    finding: Finding, touching: Mapping[Ref, Sequence[Finding]], above: Mapping[int, Finding]
) -> Finding | None:
    """Return the finding to put this one under: others explain all that it depends on, or None."""
    explains: dict[int, int] = {}
    others: dict[int, Finding] = {}
    for each in finding.depends:
        free = [one for one in touching.get(each, ()) if not _follows(one, finding, above)]
        if not free:
            return None
        for one in free:
            others[id(one)] = one
            explains[id(one)] = explains.get(id(one), 0) + 1
    if not others:
        return None
    return max(
        others.values(), key=lambda one: (explains[id(one)], -one.layer, str(one.sign.about))
    )


def _follows(one: Finding, other: Finding, above: Mapping[int, Finding]) -> bool:
    """Say whether one finding is the other, or stands under it: nothing explains itself."""
    at: Finding | None = one
    while at is not None:
        if at is other:
            return True
        at = above.get(id(at))
    return False


def _depth(finding: Finding) -> tuple[int, int]:
    return finding.layer, -len(finding.shown)


def _ranked(found: Sequence[Finding]) -> list[Finding]:
    """Order findings as somebody on call would take them."""
    return sorted(found, key=_urgency)


def _urgency(finding: Finding) -> tuple[bool, int, int, int, str]:
    harmless = finding.layer is Layer.ADVICE
    reach = len(finding.shown) + len(finding.consequences)
    return harmless, -finding.severity, -reach, finding.layer, str(finding.sign.about)


def counted(found: Iterable[Finding]) -> Counter[Severity]:
    """Count findings by how bad they are."""
    return Counter(finding.severity for finding in found)
