"""How many pods a rolling update may add and take away, as the controllers reckon it. Pure."""

import math
import re
from dataclasses import dataclass

from bailiwick_cluster.parts import mapping, text
from bailiwick_cluster.upstream import Object

_PERCENT = re.compile(r"(\d{1,4})%")
_USUAL = "25%"


@dataclass(frozen=True, slots=True)
class Moves:
    """Pods that there may be beyond those that are wanted, and how many of those may be missing."""

    surge: int
    missing: int


def moves(deployment: Object, total: int) -> Moves | None:
    """Read what a Deployment (apps/v1) of `total` replicas allows; None where all stop first.

    A share is rounded up for pods beyond and down for missing ones; where both are none, one may
    be missing.
    """
    if text(deployment, "spec", "strategy", "type") == "Recreate":
        return None
    rolling = mapping(deployment, "spec", "strategy", "rollingUpdate")
    surge = share(rolling.get("maxSurge", _USUAL), total, 1, up=True)
    missing = share(rolling.get("maxUnavailable", _USUAL), total, 0, up=False)
    return Moves(surge, missing if surge or missing else 1)


def share(said: object, total: int, default: int, *, up: bool) -> int:
    """Read a number or a percentage, as controllers do (IntOrString)."""
    if isinstance(said, int) and not isinstance(said, bool):
        return max(said, 0)
    found = _PERCENT.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        return default
    exact = int(found[1]) * total / 100
    return math.ceil(exact) if up else math.floor(exact)
