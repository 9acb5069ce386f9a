"""What the API itself says about rights: authorization.k8s.io/v1 and authentication.k8s.io/v1.

These questions are asked by POST and change nothing, so that a call that only reads may ask them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick.errors import Forbidden, Rejected
from bailiwick_cluster.parts import listing, mapping, text, words
from bailiwick_cluster.upstream import JSON, Kubernetes, Object
from bailiwick_cluster.upstream.listing import whole

_RIGHTS = "authorization.k8s.io/v1"
_PEOPLE = "authentication.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Who:
    """A user as the API's authorizers see one: a name, perhaps none, and all groups."""

    name: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Attributes:
    """One request as the API's authorizers see it.

    A `path` makes it one for no resource. No `namespace` means all of them, or none there is.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def combined(self) -> str:
        """The resource as rules name it: `pods/exec`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Verdict:
    """The API's answer. `reason` and `trouble` are its own words: text from outside."""

    allowed: bool
    reason: str = ""
    trouble: str = ""


async def whoami(kubernetes: Kubernetes) -> Who | None:
    """Ask as whom the API knows the caller; None where it does not say (before 1.28)."""
    try:
        said = await _asked(kubernetes, _PEOPLE, "", "SelfSubjectReview", {})
    except Rejected:
        return None
    name = text(said, "status", "userInfo", "username")
    groups = frozenset(words(said, "status", "userInfo", "groups"))
    return Who(name, groups) if name else None


async def review(kubernetes: Kubernetes, who: Who | None, asked: Attributes) -> Verdict | None:
    """Ask whether somebody may, or the caller where `who` is None. None: it may not be asked."""
    if who is None:
        return await _judged(kubernetes, "", "SelfSubjectAccessReview", _spec(asked))
    spec = {**_spec(asked), "user": who.name, "groups": sorted(who.groups)}
    found = await _judged(kubernetes, "", "SubjectAccessReview", spec)
    if found is None and asked.namespace and not asked.path:
        inside = f"/namespaces/{asked.namespace}"
        found = await _judged(kubernetes, inside, "LocalSubjectAccessReview", spec)
    return found


async def own_rules(kubernetes: Kubernetes, namespace: str) -> tuple[Sequence[Object], bool]:
    """Ask for the rules that hold for the caller in a namespace, and whether those are all.

    The rules look like those of a Role. Raises Forbidden where even this may not be asked.
    """
    said = await _asked(
        kubernetes, _RIGHTS, "", "SelfSubjectRulesReview", {"spec": {"namespace": namespace}}
    )
    rules = listing(said, "status", "resourceRules") + listing(said, "status", "nonResourceRules")
    return rules, mapping(said, "status").get("incomplete") is not True


async def _judged(
    kubernetes: Kubernetes, inside: str, kind: str, spec: dict[str, Any]
) -> Verdict | None:
    try:
        said = await _asked(kubernetes, _RIGHTS, inside, kind, {"spec": spec})
    except Forbidden:
        return None
    status = mapping(said, "status")
    allowed = status.get("allowed") is True
    return Verdict(allowed, text(status, "reason"), text(status, "evaluationError"))


async def _asked(
    kubernetes: Kubernetes, api: str, inside: str, kind: str, more: dict[str, Any]
) -> Object:
    path = f"/apis/{api}{inside}/{kind.lower()}s"
    body = {"apiVersion": api, "kind": kind, **more}
    return whole(await kubernetes.raw("POST", path, body=body, content=JSON), kubernetes.name)


def _spec(asked: Attributes) -> dict[str, Any]:
    if asked.path:
        return {"nonResourceAttributes": {"path": asked.path, "verb": asked.verb}}
    told = {
        "namespace": asked.namespace,
        "verb": asked.verb,
        "group": asked.group,
        "resource": asked.resource,
        "subresource": asked.subresource,
        "name": asked.name,
    }
    return {"resourceAttributes": {key: value for key, value in told.items() if value}}
