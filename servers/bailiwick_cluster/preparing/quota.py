"""What a change leaves of a ResourceQuota, and what a LimitRange adds to its pods. Pure.

Counted as the quota admission does: pods that have not ended, the sums of their requests and
limits, and objects of a kind. What a LimitRange sets by default is counted as if it were written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bailiwick_cluster.demand import Amount, Bound, limited, requested
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import listing, mapping, named, text
from bailiwick_cluster.preparing.workload import Workload, replicas, template
from bailiwick_cluster.quantities import cpu, memory, parse
from bailiwick_cluster.upstream import Object

_COUNTED = ("services", "configmaps", "secrets", "persistentvolumeclaims", "resourcequotas",
            "replicationcontrollers")  # fmt: skip
_AGAIN = {"cpu": "requests.cpu", "memory": "requests.memory"}
"""Quota's other names for the same."""


@dataclass(slots=True)
class Use:
    """What a change adds, by the names that quotas have for it; `meanwhile` only while it rolls."""

    more: dict[str, float] = field(default_factory=dict[str, float])
    meanwhile: dict[str, float] = field(default_factory=dict[str, float])
    silent: dict[str, str] = field(default_factory=dict[str, str])

    def pods(self, workload: Workload, ranges: Sequence[Object]) -> None:
        """Add what a workload's pods take more, or less, than before."""
        before, after = _each(workload.before, ranges), _each(workload.after, ranges)
        for name, size in after.items():
            _add(self.more, name, size * replicas(workload.after))
            _add(self.meanwhile, name, size * workload.surge)
        for name, size in before.items():
            _add(self.more, name, -size * replicas(workload.before))
        if workload.after is not None:
            for name in ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory"):
                if name not in after and replicas(workload.after):
                    self.silent.setdefault(name, workload.told)

    def object(self, kind: KindInfo, found: Object) -> None:
        """Add one object that is made."""
        if kind.name == "Pod":
            return  # counted with what it takes
        _add(self.more, f"count/{kind.plural}{'.' + kind.group if kind.group else ''}", 1)
        if not kind.group and kind.plural in _COUNTED:
            _add(self.more, kind.plural, 1)
        if kind.name == "PersistentVolumeClaim":
            size = parse(mapping(found, "spec", "resources", "requests").get("storage"))
            _add(self.more, "requests.storage", size or 0.0)


def told(quotas: Iterable[Object], use: Use) -> tuple[list[str], list[str]]:
    """Say what is left of each quota that the change touches, and which ones it goes beyond."""
    lines: list[str] = []
    beyond: list[str] = []
    for quota in quotas:
        name = named(text(quota, "metadata", "name"))
        spec = mapping(quota, "spec")
        if spec.get("scopes") or spec.get("scopeSelector"):
            lines.append(f"ResourceQuota {name} holds for some pods only; not reckoned")
            continue
        found = [one for key in mapping(quota, "status", "hard") if (one := _one(quota, key, use))]
        if found:
            lines.append(f"ResourceQuota {name} then has left: {', '.join(t for t, _ in found)}")
        beyond += [f"{name} ({t})" for t, over in found if over]
    return lines, beyond


def _one(quota: Object, key: str, use: Use) -> tuple[str, bool] | None:
    """Say what is left under one name of a quota, and whether that is less than nothing."""
    hard = parse(mapping(quota, "status", "hard").get(key))
    used = parse(mapping(quota, "status", "used").get(key)) or 0.0
    same = _AGAIN.get(key, key)
    more, extra = use.more.get(same, 0.0), use.meanwhile.get(same, 0.0)
    if hard is None:
        return None
    if same in use.silent and use.more.get("pods", 0) > 0:
        return f"{key}: its pods must say it, and {use.silent[same]} does not", True
    if not more and not (extra and round(used + extra, 6) > hard):
        return None
    left = round(hard - used - more, 6)
    said = f"{key} {_size(same, max(left, 0))} of {_size(same, hard)}"
    if left < 0 < more:
        return f"{key} {_size(same, -left)} beyond {_size(same, hard)}", True
    if extra and left < extra:
        return f"{said}, and rolling needs {_size(same, extra)} more meanwhile", True
    return said, False


def _each(found: Object | None, ranges: Sequence[Object]) -> dict[str, float]:
    """Count what one pod takes, by the names that quotas have for it."""
    if found is None:
        return {}
    pod = defaulted(template(found), ranges)
    asks: Amount = requested(pod)
    most: Bound = limited(pod)
    use: dict[str, float] = {"pods": 1.0, "count/pods": 1.0}
    if asks.cpu:
        use["requests.cpu"] = asks.cpu
    if asks.memory:
        use["requests.memory"] = asks.memory
    if most.cpu is not None:
        use["limits.cpu"] = most.cpu
    if most.memory is not None:
        use["limits.memory"] = most.memory
    return use


def defaulted(pod: Object, ranges: Sequence[Object]) -> Object:
    """Give containers that say nothing what the namespace's limit ranges say for them."""
    spec = dict(mapping(pod, "spec"))
    for key in ("containers", "initContainers"):
        if spec.get(key):
            spec[key] = [_filled(one, ranges) for one in listing(spec, key)]
    return {**pod, "spec": spec}


def _filled(container: Object, ranges: Sequence[Object]) -> Object:
    said = mapping(container, "resources")
    limits, requests = dict(mapping(said, "limits")), dict(mapping(said, "requests"))
    for each in (one for found in ranges for one in listing(found, "spec", "limits")):
        if text(each, "type") == "Container":
            requests = {**mapping(each, "defaultRequest"), **limits, **requests}
            limits = {**mapping(each, "default"), **limits}
    requests = {**limits, **requests}  # what has a limit alone asks for just that
    return {**container, "resources": {"limits": limits, "requests": requests}}


def bounds(pod: Object, ranges: Iterable[Object]) -> list[str]:
    """Name what containers ask for that a limit range does not allow: no such pod is made."""
    wrong: list[str] = []
    for each in (one for found in ranges for one in listing(found, "spec", "limits")):
        if text(each, "type") == "Container":
            for one in listing(pod, "spec", "containers"):
                wrong += _outside(one, each)
    return wrong


def _outside(container: Object, allowed: Object) -> list[str]:
    name = named(text(container, "name"))
    wrong: list[str] = []
    for which, key, sign in (("limits", "max", 1), ("requests", "min", -1)):
        for resource, size in mapping(allowed, key).items():
            said = parse(mapping(container, "resources", which).get(resource))
            edge = parse(size)
            if said is not None and edge is not None and (said - edge) * sign > 0:
                wrong.append(f"container {name}: {which} {resource} is beyond the {key} allowed")
    return wrong


def _add(sums: dict[str, float], name: str, size: float) -> None:
    """Add up in millionths, so that 0.1 and 0.2 cores are 0.3."""
    sums[name] = round(sums.get(name, 0.0) + size, 6)


def _size(name: str, size: float) -> str:
    if name.endswith("cpu"):
        return cpu(size)
    if name.endswith(("memory", "storage")):
        return memory(size)
    return f"{size:g}"
