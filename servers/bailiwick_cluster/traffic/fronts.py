"""What leads from outside to a Service: Ingress, Gateway API routes, OpenShift Routes. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.parts import listing, mapping, number, text, words
from bailiwick_cluster.traffic.service import Service
from bailiwick_cluster.upstream import Object

GATEWAY = "gateway.networking.k8s.io"
KINDS = (
    *(f"{kind}.{GATEWAY}" for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")),
    "Route.route.openshift.io",
)
"""Kinds beside Ingress that a cluster may serve."""
GRANT = f"ReferenceGrant.{GATEWAY}"
"""What lets routes of another namespace lead to the Services of its own."""


def granted(grant: Object, service: Service) -> Iterator[tuple[str, str]]:
    """Give the kinds and namespaces of routes that a grant lets lead to a Service."""
    to = [
        each
        for each in listing(grant, "spec", "to")
        if text(each, "kind") == "Service"
        and not text(each, "group")
        and text(each, "name") in ("", service.name)
    ]
    for each in listing(grant, "spec", "from") if to else ():
        if text(each, "group") == GATEWAY:
            yield f"{text(each, 'kind')}.{GATEWAY}", text(each, "namespace")


@dataclass(frozen=True, slots=True)
class Front:
    """One way in. `trouble` says why it does not lead here now; texts are from outside."""

    kind: str
    name: str
    address: str
    port: str
    about: Sequence[str] = ()
    trouble: str = ""


def fronts(kind: str, found: Iterable[Object], service: Service) -> list[Front]:
    """Find what of some objects leads to a Service; those of other namespaces are named with it."""
    read = _READERS.get(kind.partition(".")[0], _gateway)
    return [front for each in found for front in read(kind.partition(".")[0], each, service)]


def slim(found: Object) -> Object | None:
    """Keep of such an object what is read here."""
    about = {key: text(found, "metadata", key) for key in ("name", "namespace")}
    kept = {key: mapping(found, key) for key in ("spec", "status")}
    return {"metadata": {**about, "annotations": _class(found)}, **kept}


def _class(found: Object) -> dict[str, str]:
    key = "kubernetes.io/ingress.class"
    said = text(found, "metadata", "annotations", key)
    return {key: said} if said else {}


def _ingress(kind: str, found: Object, service: Service) -> Iterator[Front]:
    spec = mapping(found, "spec")
    secure = {host for each in listing(spec, "tls") for host in words(each, "hosts")}
    led = [("", "", mapping(spec, "defaultBackend"))]
    led += [
        (text(rule, "host"), text(path, "path"), mapping(path, "backend"))
        for rule in listing(spec, "rules")
        for path in listing(rule, "http", "paths")
    ]
    for host, path, backend in led:
        if text(backend, "service", "name") != service.name:
            continue
        port = mapping(backend, "service", "port")
        said = text(port, "name") or str(number(port, "number"))
        yield Front(
            kind,
            text(found, "metadata", "name"),
            _url(host, path, secure=_covered(host, secure)),
            said,
            _balancer(found),
            _no_port(service, said),
        )


def _balancer(found: Object) -> list[str]:
    """Say the class of an Ingress, and its address, which a controller writes once it took it."""
    kind = text(found, "spec", "ingressClassName") or next(iter(_class(found).values()), "")
    named = [f"class {kind}"] if kind else ["default class"]
    given = listing(found, "status", "loadBalancer", "ingress")
    told = [text(each, "ip") or text(each, "hostname") for each in given[:2]]
    return [*named, f"at {', '.join(told)}" if told else "no controller gave it an address"]


def _covered(host: str, secure: set[str]) -> bool:
    return host in secure or f"*.{host.partition('.')[2]}" in secure


def _route(kind: str, found: Object, service: Service) -> Iterator[Front]:
    spec = mapping(found, "spec")
    backends = [mapping(spec, "to"), *listing(spec, "alternateBackends")]
    ours = [each for each in backends if text(each, "name") == service.name]
    for backend in ours[:1]:
        said = mapping(spec, "port").get("targetPort")
        port = str(said) if isinstance(said, str | int) else ""
        known = {p.name for p in service.ports} | {p.named or str(p.target) for p in service.ports}
        wrong = f"its port {port} is none of the Service" if port and port not in known else ""
        refused = [
            c
            for each in listing(found, "status", "ingress")
            for c in listing(each, "conditions")
            if c.get("type") == "Admitted" and c.get("status") != "True"
        ]
        ending = text(spec, "tls", "termination")
        yield Front(
            kind,
            text(found, "metadata", "name"),
            _url(text(spec, "host"), text(spec, "path"), secure=bool(ending)),
            port,
            [f"TLS {ending}"] if ending else [],
            wrong
            or _reason("not admitted", refused)
            or ("" if listing(found, "status", "ingress") else "no router took it")
            or ("its weight is 0" if backend.get("weight") == 0 else ""),
        )


def _gateway(kind: str, found: Object, service: Service) -> Iterator[Front]:
    spec = mapping(found, "spec")
    hosts = words(spec, "hostnames") or [""]
    parents = [text(each, "name") for each in listing(spec, "parentRefs")]
    own, name = text(found, "metadata", "namespace"), text(found, "metadata", "name")
    own = own or service.namespace
    shown = name if own == service.namespace else f"{own}/{name}"
    for rule in listing(spec, "rules"):
        ours = [each for each in listing(rule, "backendRefs") if _is(each, service, own)]
        for backend in ours[:1]:
            path = next((text(m, "path", "value") for m in listing(rule, "matches")), "")
            port = str(number(backend, "port") or "")
            yield Front(
                kind,
                shown,
                ", ".join(_url(host, path) for host in hosts[:3]),
                port,
                [f"gateway {', '.join(parents[:3])}"] if parents else [],
                _no_port(service, port)
                or ("its weight is 0" if backend.get("weight") == 0 else "")
                or _refused(found),
            )


def _is(backend: Mapping[str, Any], service: Service, own: str) -> bool:
    return (
        text(backend, "name") == service.name
        and (text(backend, "kind") or "Service") == "Service"
        and (text(backend, "namespace") or own) == service.namespace
    )


def _refused(found: Object) -> str:
    """Say what a gateway has against a route."""
    parents = listing(found, "status", "parents")
    bad = [
        c
        for parent in parents
        for c in listing(parent, "conditions")
        if c.get("type") in ("Accepted", "ResolvedRefs") and c.get("status") != "True"
    ]
    return _reason("refused", bad) or ("" if parents else "no gateway took it")


def _reason(said: str, conditions: Sequence[Mapping[str, Any]]) -> str:
    if not conditions:
        return ""
    why = text(conditions[0], "reason") or text(conditions[0], "message")
    return f"{said}: {why[:80]}" if why else said


def _no_port(service: Service, said: str) -> str:
    return "" if service.wanted(said) else f"its port {said} is none of the Service"


def _url(host: str, path: str, *, secure: bool = False) -> str:
    scheme = "https://" if secure else ""
    return f"{scheme}{host or '(any host)'}{path}"


_READERS = {"Ingress": _ingress, "Route": _route}
