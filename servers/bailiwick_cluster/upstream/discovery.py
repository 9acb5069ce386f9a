"""The API's aggregated discovery: which custom kinds are served, and where."""

from typing import Any

import orjson

from bailiwick.errors import Unreadable
from bailiwick_cluster.kinds import BUILTIN, KindInfo

DISCOVERY = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
)


def served(body: bytes) -> dict[str, KindInfo]:
    """Read APIGroupDiscoveryList into kinds by canonical name; the preferred version wins."""
    try:
        groups = orjson.loads(body)["items"]
        return {
            info.name: info
            for group in reversed(groups)
            for version in reversed(group["versions"])
            for info in _kinds(group["metadata"]["name"], version)
        }
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Unreadable("the API's discovery cannot be read") from error


def _kinds(group: str, version: dict[str, Any]) -> list[KindInfo]:
    found: list[KindInfo] = []
    for resource in version.get("resources", ()):
        kind = resource["responseKind"]["kind"]
        own = BUILTIN.get(kind)
        if own is not None and own.group == group:
            continue
        spaced = resource.get("scope") == "Namespaced"
        name = f"{kind}.{group}"
        found.append(KindInfo(name, group, version["version"], resource["resource"], spaced))
    return found
