"""Finds an object, or says which names are near the one that is not there."""

import difflib
import re
from collections.abc import Sequence

from bailiwick.errors import Forbidden, Rejected, UpstreamError
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parameters import NAME
from bailiwick_cluster.upstream import Kubernetes, Object
from bailiwick_cluster.upstream.metadata import about, names

_NAME = re.compile(NAME)
_MOST = 5


async def find(kubernetes: Kubernetes, info: KindInfo, namespace: str | None, name: str) -> Object:
    """Read an object, redacted; where there is none, raise Rejected with names that are near."""
    try:
        return await kubernetes.read(info, namespace, name)
    except Forbidden:
        raise
    except Rejected as error:
        close = await _near(kubernetes, info, namespace, name)
        if not close:
            raise
        where = f" in {namespace}" if namespace else ""
        raise Rejected(
            f"{kubernetes.name} has no {info.plural} {name}{where}; near: {', '.join(close)}",
            detail=error.detail,
        ) from error


async def _near(
    kubernetes: Kubernetes, info: KindInfo, namespace: str | None, name: str
) -> list[str]:
    """Name what is near among what this caller may list; nothing where the object is there."""
    try:
        status, _ = await about(kubernetes, info, namespace, name)
        known = await names(kubernetes, info, namespace) if status == 404 else []
    except UpstreamError:
        return []
    return near(name, [each for each in known if _NAME.fullmatch(each)])


def near(name: str, known: Sequence[str]) -> list[str]:
    """Choose the names that begin with this one, then those that are written alike."""
    begin = sorted(each for each in known if each.startswith(f"{name}-"))
    alike = difflib.get_close_matches(name, known, _MOST, 0.6)
    return list(dict.fromkeys([*begin, *alike]))[:_MOST]
