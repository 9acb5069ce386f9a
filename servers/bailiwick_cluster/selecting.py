"""Label selectors, as Kubernetes reads them: a plain map, or matchLabels and matchExpressions.

Pure. Written so they are a query of the API. One that cannot be read whole chooses nothing: what
was lost might have limited it.
"""

from collections.abc import Mapping, Sized
from typing import Any, cast

from bailiwick_cluster.parts import listing, mapping, text, words

Labels = Mapping[str, str]
_PARTS = ("matchLabels", "matchExpressions")


def labels(found: Any, *path: str) -> dict[str, str]:
    """Return the labels at `path`; what is not text is left out."""
    said = mapping(found, *path).items()
    return {key: value for key, value in said if isinstance(value, str)}


def selects(selector: object, those: Mapping[str, Any]) -> bool:
    """Say whether a selector chooses these labels. An empty one chooses everything, None nothing.

    Semantics of LabelSelector in meta/v1; a plain map is what a Service has. An operator that is
    not known chooses nothing.
    """
    if not isinstance(selector, Mapping):
        return False
    said = cast("Mapping[str, Any]", selector)
    if not any(part in said for part in _PARTS):
        return _has(said, those)
    wanted, rules = mapping(said, "matchLabels"), listing(said, "matchExpressions")
    if not (
        _whole(said.get("matchLabels"), wanted) and _whole(said.get("matchExpressions"), rules)
    ):
        return False
    return _has(wanted, those) and all(_holds(each, those) for each in rules)


def equal(wanted: Mapping[str, Any], those: Mapping[str, Any]) -> bool:
    """Say whether labels are as a plain selector wants them; one that wants nothing chooses none.

    So do Services: without a selector their endpoints are somebody else's business.
    """
    return bool(wanted) and _has(wanted, those)


def written(selector: Any) -> str:
    """Write a LabelSelector as a list request takes it: `app=web,tier in (a,b),!old`."""
    plain = [f"{key}={said}" for key, said in sorted(mapping(selector, "matchLabels").items())]
    return ",".join([*plain, *(_rule(each) for each in listing(selector, "matchExpressions"))])


def _has(wanted: Mapping[str, Any], those: Mapping[str, Any]) -> bool:
    return all(those.get(key) == value for key, value in wanted.items())


def _whole(said: Any, read: Sized) -> bool:
    return said is None or (isinstance(said, list | dict) and len(cast("Sized", said)) == len(read))


def _holds(rule: Mapping[str, Any], those: Mapping[str, Any]) -> bool:
    key, values = text(rule, "key"), words(rule, "values")
    match text(rule, "operator"):
        case "In":
            return those.get(key) in values
        case "NotIn":
            return those.get(key) not in values
        case "Exists":
            return key in those
        case "DoesNotExist":
            return key not in those
        case _:
            return False


def _rule(rule: Mapping[str, Any]) -> str:
    key, values = text(rule, "key"), ",".join(words(rule, "values"))
    known = {
        "In": f"{key} in ({values})",
        "NotIn": f"{key} notin ({values})",
        "Exists": key,
        "DoesNotExist": f"!{key}",
    }
    return known.get(text(rule, "operator"), f"{key} ?")
