"""A namespace has no room: a ResourceQuota is used up, or a LimitRange refuses what is asked.

What was asked, used and limited stands in the refusal (admission plugins ResourceQuota and
LimitRanger); numbers are told only where they are written as quantities are.
"""

import re
from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign, Step
from bailiwick_cluster.diagnosis.refusing import Refusal, refusals
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import spec
from bailiwick_cluster.parts import listing, mapping, text

_EXCEEDED = re.compile(
    r"exceeded quota: ([a-z0-9.-]{1,253}), requested: (\S+), used: (\S+), limited: (\S+)"
)
_UNSAID = re.compile(r"failed quota: ([a-z0-9.-]{1,253}): must specify ([a-z0-9.,/-]{1,200})")
_AMOUNT = re.compile(r"([a-z0-9./-]{1,120})=([0-9.]{1,20}(?:[kMGTPEmunKi]{0,2}))")
_RANGE = re.compile(
    r"(maximum|minimum) ([a-z0-9./-]{1,100}) usage per (Container|Pod) is ([0-9.]+[A-Za-z]{0,2}),"
    r" but (?:(limit|request) is ([0-9.]+[A-Za-z]{0,2})|no (limit|request) is specified)"
)
_RATIO = re.compile(
    r"([a-z0-9./-]{1,100}) max limit to request ratio per (Container|Pod) is ([0-9.]+[A-Za-z]{0,2})"
)


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each controller whose pods a quota or a limit range refuses."""
    for refusal in refusals(snapshot, "quota", "limits"):
        about, key, what = _read(snapshot, refusal)
        yield Sign(
            about=about,
            key=key,
            what=what,
            shown=refusal.shown,
            owner=refusal.owner,
            effect="cannot make pods",
            evidence=(refusal.message,),
            since=refusal.since,
            step=_step(about, refusal),
        )


def _step(about: Ref, refusal: Refusal) -> Step:
    return spec(refusal.owner) if about.kind == "LimitRange" else _usage(about.namespace)


def _usage(namespace: str) -> Step:
    return Step("query_usage", {"namespace": namespace, "by": "workload"})


def _read(snapshot: Snapshot, refusal: Refusal) -> tuple[Ref, str, str]:
    namespace, message = refusal.shown.namespace, refusal.message
    if found := _EXCEEDED.search(message):
        about = Ref("ResourceQuota", namespace, found[1])
        asked, used, most = (dict(_AMOUNT.findall(found[n])) for n in (2, 3, 4))
        return about, ",".join(sorted(asked)), _exceeded(about, asked, used, most)
    if found := _UNSAID.search(message):
        about = Ref("ResourceQuota", namespace, found[1])
        named = found[2].rstrip(".").replace(",", ", ")
        return about, named, f"{about} takes only pods that say their {named}"
    if refusal.by == "limits":
        return _ranged(snapshot, namespace, message)
    about = Ref("ResourceQuota", namespace, "?")
    return about, "", f"a ResourceQuota of namespace {namespace} has no room"


def _exceeded(about: Ref, asked: dict[str, str], used: dict[str, str], most: dict[str, str]) -> str:
    short = [
        f"{key} ({used.get(key, '?')} of {most.get(key, '?')} used, {value} more asked)"
        for key, value in sorted(asked.items())
    ]
    return f"{about} has no room for {', '.join(short) or 'what is asked'}"


def _ranged(snapshot: Snapshot, namespace: str, message: str) -> tuple[Ref, str, str]:
    told: list[str] = []
    resource, scope, bound = "", "Container", "max"
    for found in _RANGE.finditer(message):
        which, resource, scope, limit, kind, given, absent = found.groups()
        bound = "max" if which == "maximum" else "min"
        said = f"the {kind} is {given}" if kind else f"no {absent} is set"
        told.append(f"a {scope.lower()} has {which} {resource} {limit}, and {said}")
    if found := _RATIO.search(message):
        resource, scope, bound = found[1], found[2], "maxLimitRequestRatio"
        told.append(f"{resource} may have a limit of at most {found[3]} times its request")
    about = Ref("LimitRange", namespace, _which(snapshot, namespace, scope, bound, resource))
    return about, " ".join(told), f"{about} refuses the pods: {'; '.join(told) or 'see below'}"


def _which(snapshot: Snapshot, namespace: str, scope: str, bound: str, resource: str) -> str:
    """Name the limit range that bounds a resource, where there is one only."""
    names = [
        ref(found, "LimitRange").name
        for found in snapshot.of("LimitRange")
        if text(found, "metadata", "namespace") == namespace
        for each in listing(found, "spec", "limits")
        if text(each, "type") == scope and resource in mapping(each, bound)
    ]
    return plain(names[0]) if len(names) == 1 else "?"


CAUSE = Cause("quota", Layer.NAMESPACE, (), look)
