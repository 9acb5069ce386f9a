"""The servers that stand on a ground, and how each is reached."""

from collections.abc import Callable
from typing import Any

from practice.facts import Ground

DESCRIBERS: dict[str, Callable[[Ground], dict[str, Any]]] = {}


def servers(ground: Ground) -> dict[str, Any]:
    """Describe the servers of a ground by name."""
    return {name: describe(ground) for name, describe in DESCRIBERS.items()}
