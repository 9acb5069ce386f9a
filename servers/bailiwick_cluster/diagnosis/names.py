"""How objects are named, in answers and in the diagnosis itself."""

import re
from dataclasses import dataclass

from bailiwick_cluster.parts import mapping, text
from bailiwick_cluster.upstream import Object

_PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9:._-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """Names an object: `Deployment shop/web`, `Node node-1`."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Write it as answers do."""
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {where}"


def plain(name: str) -> str:
    """Return a name if it is written like an object's, else `?`: our own words stay ours."""
    return name if _PLAIN.fullmatch(name) else "?"


def ref(found: Object, kind: str = "") -> Ref:
    """Name an object."""
    about = mapping(found, "metadata")
    named = plain(text(about, "name"))
    namespace = text(about, "namespace")
    return Ref(kind or text(found, "kind"), plain(namespace) if namespace else "", named)
