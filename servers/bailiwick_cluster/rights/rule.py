"""One rule of a Role, and whether it allows a request. As the API's own RBAC authorizer does. Pure.

A `*` stands for every verb, group, resource or path; `*/scale` for one subresource of every
resource; `/healthz/*` for every path that begins so. A rule that names objects allows nothing
that names none: neither lists nor creations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.parts import words
from bailiwick_cluster.upstream.reviews import Attributes

ALL = "*"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule lists. `names` empty: any object; `urls`: paths that are no resources."""

    verbs: Sequence[str]
    groups: Sequence[str] = ()
    resources: Sequence[str] = ()
    names: Sequence[str] = ()
    urls: Sequence[str] = ()


def read(said: Any) -> Rule:
    """Read a rule of any shape; what is not as it should be lists nothing."""
    return Rule(
        tuple(words(said, "verbs")),
        tuple(words(said, "apiGroups")),
        tuple(words(said, "resources")),
        tuple(words(said, "resourceNames")),
        tuple(words(said, "nonResourceURLs")),
    )


def allows(rule: Rule, asked: Attributes) -> bool:
    """Say whether a rule allows a request."""
    if not _holds(rule.verbs, asked.verb):
        return False
    if asked.path:
        return any(_leads(url, asked.path) for url in rule.urls)
    return (
        _holds(rule.groups, asked.group)
        and any(_covers(resource, asked) for resource in rule.resources)
        and (not rule.names or asked.name in rule.names)
    )


def matched(rule: Rule, asked: Attributes) -> str:
    """Write the part of a rule that allows a request: `* pods/*`, `get secrets [db]`."""
    if asked.path:
        what = next((url for url in rule.urls if _leads(url, asked.path)), "")
    else:
        what = next((each for each in rule.resources if _covers(each, asked)), "")
    verb = asked.verb if asked.verb in rule.verbs else ALL
    names = f" [{', '.join(rule.names[:6])}]" if rule.names else ""
    return f"{verb} {what}{names}"


def _holds(listed: Sequence[str], one: str) -> bool:
    return ALL in listed or one in listed


def _covers(listed: str, asked: Attributes) -> bool:
    if listed in (ALL, asked.combined):
        return True
    return bool(asked.subresource) and listed == f"*/{asked.subresource}"


def _leads(url: str, path: str) -> bool:
    if url in (ALL, path):
        return True
    return url.endswith(ALL) and path.startswith(url.rstrip(ALL))
