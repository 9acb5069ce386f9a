"""What of an object an approval is bound to: what people wrote, not what controllers report."""

import hashlib
from typing import Any

import orjson

from bailiwick_cluster.parts import mapping
from bailiwick_cluster.upstream import Object

_REPORTED = ("managedFields", "resourceVersion", "generation", "selfLink")


def fingerprint(found: Object) -> str:
    """Digest an object without its status: 32 hex digits.

    The resourceVersion alone would move with every restart of a failing pod, and an approval for
    just such a workload could never be used. The write itself is bound to the resourceVersion.
    """
    about: dict[str, Any] = {
        key: value for key, value in mapping(found, "metadata").items() if key not in _REPORTED
    }
    kept = {key: value for key, value in found.items() if key not in ("status", "metadata")}
    raw = orjson.dumps({**kept, "metadata": about}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(raw).hexdigest()[:32]
