"""Label selectors (meta/v1 LabelSelector) over labels. Pure; one that cannot be read fits none."""

from collections.abc import Mapping, Sized
from typing import Any, cast

from bailiwick_cluster.parts import listing, mapping, text, words

Labels = Mapping[str, str]


def labels(found: Any, *path: str) -> dict[str, str]:
    """Return the labels at `path`; what is not text is left out."""
    said = mapping(found, *path).items()
    return {key: value for key, value in said if isinstance(value, str)}


def fits(selector: Any, those: Labels) -> bool:
    """Say whether a selector fits labels; an empty one fits all."""
    said = mapping(selector)
    wanted, known = mapping(said, "matchLabels"), listing(said, "matchExpressions")
    if not _whole(said.get("matchLabels"), wanted) or not _whole(
        said.get("matchExpressions"), known
    ):
        return False
    if any(those.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(each, those) for each in known)


def _whole(said: Any, read: Sized) -> bool:
    """Say whether all that was said could be read: what was lost might have limited it."""
    return said is None or (isinstance(said, list | dict) and len(cast("Sized", said)) == len(read))


def _holds(expression: Mapping[str, Any], those: Labels) -> bool:
    key, values = text(expression, "key"), words(expression, "values")
    match text(expression, "operator"):
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


def written(selector: Any) -> str:
    """Write a selector as the API's own query does: `app=web,tier in (a,b),!old`."""
    parts = [f"{key}={value}" for key, value in mapping(selector, "matchLabels").items()]
    for each in listing(selector, "matchExpressions"):
        key, values = text(each, "key"), ",".join(words(each, "values"))
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": key,
                "DoesNotExist": f"!{key}",
            }.get(text(each, "operator"), f"{key} ?")
        )
    return ",".join(parts) or "all"
