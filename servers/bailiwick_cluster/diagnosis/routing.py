"""What lets traffic in, and to which Services it leads: Ingress, Gateway API, OpenShift Route."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.diagnosis.finding import Ref
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object


@dataclass(frozen=True, slots=True)
class Backend:
    """A Service that is led to, and the port by number or name; empty where none is named."""

    service: Ref
    port: str


def backends(ingress: Object) -> Iterator[Backend]:
    """Give the Services that an Ingress (networking.k8s.io/v1) leads to."""
    namespace = text(ingress, "metadata", "namespace")
    parts = [mapping(ingress, "spec", "defaultBackend")]
    for rule in listing(ingress, "spec", "rules"):
        parts += [mapping(path, "backend") for path in listing(rule, "http", "paths")]
    for part in parts:
        if name := text(part, "service", "name"):
            port = mapping(part, "service", "port")
            yield Backend(
                _service(namespace, name), str(port.get("name") or port.get("number") or "")
            )


def referred(route: Object) -> Iterator[Backend]:
    """Give the Services that an HTTPRoute (gateway.networking.k8s.io/v1) leads to."""
    namespace = text(route, "metadata", "namespace")
    for rule in listing(route, "spec", "rules"):
        for each in listing(rule, "backendRefs"):
            if text(each, "kind") in ("", "Service"):
                where = text(each, "namespace") or namespace
                yield Backend(_service(where, text(each, "name")), str(each.get("port") or ""))


def routed(route: Object) -> Iterator[Backend]:
    """Give the Services that a Route (route.openshift.io/v1) leads to."""
    namespace = text(route, "metadata", "namespace")
    wanted = mapping(route, "spec", "port").get("targetPort", "")
    for each in (mapping(route, "spec", "to"), *listing(route, "spec", "alternateBackends")):
        if text(each, "kind") in ("", "Service") and text(each, "name"):
            yield Backend(
                _service(namespace, text(each, "name")), "" if _any(wanted) else str(wanted)
            )


def _any(port: Any) -> bool:
    """Say whether a Route's port is of the pods rather than of the Service, and so not checked."""
    return not isinstance(port, str) or not port


def _service(namespace: str, name: str) -> Ref:
    return Ref("Service", plain(namespace), plain(name))


def trouble(snapshot: Snapshot, backend: Backend) -> str:
    """Say why a backend leads nowhere, or nothing where it exists and has the port."""
    where = backend.service
    service = snapshot.find(where.kind, where.namespace, where.name)
    if service is None:
        return (
            "which is not there" if snapshot.lacks("Service", where.namespace, where.name) else ""
        )
    if text(service, "spec", "type") == "ExternalName" or not backend.port:
        return ""
    ports = listing(service, "spec", "ports")
    known = {text(port, "name") for port in ports} | {str(port.get("port", "")) for port in ports}
    return "" if backend.port in known else f"which has no port {plain(backend.port)}"
