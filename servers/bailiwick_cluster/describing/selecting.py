"""Label selectors: as the API is asked with them, and as they choose among labels. Pure."""

from collections.abc import Mapping
from typing import Any

from bailiwick_cluster.parts import listing, mapping, text, words

_SIGNS = {"In": "in", "NotIn": "notin"}


def asking(selector: Any) -> str:
    """Write a LabelSelector as a list request takes it: `app=web,tier in (a,b),!old`."""
    plain = [f"{key}={said}" for key, said in sorted(mapping(selector, "matchLabels").items())]
    return ",".join([*plain, *(_rule(each) for each in listing(selector, "matchExpressions"))])


def _rule(rule: Mapping[str, Any]) -> str:
    key, sign = text(rule, "key"), text(rule, "operator")
    if sign in _SIGNS:
        return f"{key} {_SIGNS[sign]} ({','.join(words(rule, 'values'))})"
    return key if sign == "Exists" else f"!{key}"


def equal(wanted: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Say whether labels are as a plain selector wants them; one that wants nothing chooses none.

    So do Services: without a selector their endpoints are somebody else's business.
    """
    return bool(wanted) and all(labels.get(key) == said for key, said in wanted.items())


def chooses(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Say whether a LabelSelector chooses these labels; an empty one chooses all."""
    if not isinstance(selector, Mapping):
        return False
    wanted = mapping(selector, "matchLabels")
    if any(labels.get(key) != said for key, said in wanted.items()):
        return False
    return all(_holds(each, labels) for each in listing(selector, "matchExpressions"))


def _holds(rule: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, said = text(rule, "key"), words(rule, "values")
    match text(rule, "operator"):
        case "In":
            return labels.get(key) in said
        case "NotIn":
            return labels.get(key) not in said
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False
