"""What traffic goes to, and where it comes from, as people write it. Pure."""

import re
from dataclasses import dataclass

from bailiwick.errors import BadRequest
from bailiwick_cluster.kinds import BUILTIN, canonical
from bailiwick_cluster.traffic.address import Span, span

TO = r"^([A-Za-z]{1,40}/)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
SOURCE = r"^[A-Za-z0-9.:/-]{0,400}$"
_KINDS = ("Service", "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job",
          "CronJob", "ReplicationController")  # fmt: skip
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_HOW = "say `shop`, `deploy/web`, `shop/deploy/web`, `10.0.0.0/8`, or nothing for anyone"


@dataclass(frozen=True, slots=True)
class Place:
    """Where traffic starts or ends: an object, a whole namespace, addresses, or anyone."""

    namespace: str = ""
    kind: str = ""
    name: str = ""
    addresses: Span | None = None
    said: str = ""

    @property
    def anyone(self) -> bool:
        """Say whether nobody in particular is meant."""
        return not self.namespace and self.addresses is None

    @property
    def label(self) -> str:
        """Name it in a sentence of ours."""
        if self.name:
            return f"{self.kind} {self.namespace}/{self.name}"
        return self.said or f"namespace {self.namespace}" if not self.anyone else "anyone"


def target(said: str, namespace: str) -> Place:
    """Read `svc/checkout`, `deploy/web`, `pod/web-0`; a name alone is a Service's."""
    kind, slash, name = said.rpartition("/")
    return Place(namespace, _kind(kind) if slash else "Service", name)


def source(said: str, namespace: str) -> Place:
    """Read where traffic comes from; an object without a namespace is in the target's."""
    if not said:
        return Place()
    if (found := span(said)) is not None:
        return Place(addresses=found, said=said)
    parts = said.split("/")
    if len(parts) == 1 and _LABEL.fullmatch(said):
        return Place(said)
    if len(parts) == 2:
        parts = [namespace, *parts]
    if len(parts) != 3 or not _LABEL.fullmatch(parts[0]) or not _NAME.fullmatch(parts[2]):
        raise BadRequest(f"that is no source; {_HOW}")
    return Place(parts[0], _kind(parts[1]), parts[2])


def _kind(said: str) -> str:
    try:
        found = canonical(said)
    except ValueError:
        found = ""
    if found not in _KINDS or found not in BUILTIN:
        raise BadRequest(f"traffic has to do with one of {', '.join(_KINDS)}, not {said!r}")
    return found
