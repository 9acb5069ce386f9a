"""What a refused rehearsal means for who asked: our words, and the API's beside them. Pure."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream.writing import Place, Written

_UNKNOWN = (
    re.compile(r"\.([A-Za-z0-9_.$\[\]=\"{}:,/-]{1,300}): field not declared in schema"),
    re.compile(r'unknown field "([^"]{1,300})"'),
)
_IMMUTABLE = re.compile(r"field is immutable|updates to .* are forbidden|may not be changed")
_RBAC = re.compile(r'User ".*" cannot [a-z]+ resource', re.DOTALL)
_TYPED = "failed to create typed patch object"
_PARTS = re.compile(r"[A-Za-z0-9_$-]+|\[[^\]]*\]")
_POD_SECURITY = "violates PodSecurity"
_QUOTA = "exceeded quota"
_FIELD = re.compile(r"[A-Za-z0-9_.\[\]=\"-]{1,160}")
_PATH = re.compile(r"[A-Za-z0-9_.$-]{1,120}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an object is refused. `why` is ours, `words` the API's; `field` is an unknown one."""

    place: Place
    why: str
    words: str
    field: str = ""
    forbidden: bool = False


def refusal(place: Place, told: Written) -> Refusal:
    """Say what a refusal means, and what to do about it."""
    words = told.message
    if field := _unknown(words):
        shown = field if _FIELD.fullmatch(field) else "a field"
        return Refusal(place, f"has {shown}, which its kind does not know", words, field)
    return Refusal(place, _why(told), words, forbidden=told.status == 403)


def _why(told: Written) -> str:
    words = told.message
    known = (
        (_POD_SECURITY, "its pods break the namespace's Pod Security level"),
        (_QUOTA, "the namespace's quota leaves no room for it"),
        ("admission webhook", "an admission webhook refuses it"),
        ("ValidatingAdmissionPolicy", "an admission policy refuses it"),
        (_TYPED, "a value in it has the wrong type"),
        ("LimitRange", "the namespace's limit range does not allow it"),
    )
    if _IMMUTABLE.search(words):
        return (
            "changes a field that cannot be changed: keep it as it is, or delete the object and"
            " make it anew (its pods or data go with it)"
        )
    for sign, why in known:
        if sign in words:
            return why
    if _RBAC.search(words):
        return "is refused by the cluster's RBAC"
    return {
        403: "is refused by an admission rule of the cluster",
        404: "is not there, or its namespace is not",
        409: "is already there, or was changed while we looked",
        422: "is not valid",
    }.get(told.status, "is refused")


def _unknown(words: str) -> str:
    for pattern in _UNKNOWN:
        if found := pattern.search(words):
            return found[1]
    return ""


def near(schemas: Mapping[str, Any], place: Place, field: str) -> str:
    """Say which fields there are in the place of an unknown one, the nearest first."""
    said = [str(each) for each in _PARTS.findall(field)]
    parts = [each for each in said if not each.startswith("[")]
    node = _root(schemas, place)
    for part in parts[:-1]:
        node = _inner(schemas, node, part)
    known = _fields(schemas, node)
    if not parts or not known:
        return ""
    close = difflib.get_close_matches(parts[-1], known, 3, 0.6)
    told = ", ".join(each for each in (close or sorted(known)[:12]) if _PATH.fullmatch(each))
    return f"did you mean {told}?" if close else f"there are {told}"


def _root(schemas: Mapping[str, Any], place: Place) -> Any:
    wanted = (place.kind.group, place.kind.version, place.kind.name.split(".")[0])
    for each in schemas.values():
        for known in listing(each, "x-kubernetes-group-version-kind"):
            if (text(known, "group"), text(known, "version"), text(known, "kind")) == wanted:
                return each
    return {}


def _resolved(schemas: Mapping[str, Any], node: Any) -> Any:
    for _ in range(8):
        inner: Iterable[Any] = listing(node, "allOf")
        target = text(node, "$ref") or next((text(one, "$ref") for one in inner), "")
        if not target:
            break
        node = schemas.get(target.rpartition("/")[2], {})
    return node


def _inner(schemas: Mapping[str, Any], node: Any, part: str) -> Any:
    found = _resolved(schemas, mapping(_resolved(schemas, node), "properties").get(part))
    for key in ("items", "additionalProperties"):
        if isinstance(inner := mapping(found).get(key), dict):
            found = _resolved(schemas, cast("Any", inner))
    return found


def _fields(schemas: Mapping[str, Any], node: Any) -> list[str]:
    return [str(name) for name in mapping(_resolved(schemas, node), "properties")]
