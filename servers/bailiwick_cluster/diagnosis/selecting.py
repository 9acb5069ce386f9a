"""Label selectors, as Kubernetes reads them: a plain map, or matchLabels and matchExpressions."""

from collections.abc import Mapping
from typing import Any, cast

from bailiwick_cluster.parts import listing, mapping, text


def selects(selector: object, labels: Mapping[str, Any]) -> bool:
    """Say whether a selector chooses these labels. An empty one chooses everything, None nothing.

    Semantics of LabelSelector in meta/v1; a plain map is what a Service has. An operator that is
    not known chooses nothing.
    """
    if not isinstance(selector, Mapping):
        return False
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return _has(cast("Mapping[str, Any]", selector), labels)
    if not _has(mapping(selector, "matchLabels"), labels):
        return False
    return all(_holds(each, labels) for each in listing(selector, "matchExpressions"))


def _has(wanted: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _holds(rule: dict[str, Any], labels: Mapping[str, Any]) -> bool:
    key, found = text(rule, "key"), rule.get("values")
    values = cast("list[Any]", found) if isinstance(found, list) else []
    match text(rule, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False
