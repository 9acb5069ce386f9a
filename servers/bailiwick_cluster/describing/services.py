"""Summaries of what leads to pods: Service, Ingress, NetworkPolicy. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bailiwick.wording import many
from bailiwick_cluster.describing import about
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.lines import Lines, name, pairs, some, value
from bailiwick_cluster.parts import listing, mapping, text, words
from bailiwick_cluster.selecting import written

_SERVICE = "kubernetes.io/service-name"


@dataclass(slots=True)
class Endpoints:
    """Addresses behind a Service, by whether they take traffic."""

    ready: list[str] = field(default_factory=list[str])
    waiting: list[str] = field(default_factory=list[str])

    @property
    def told(self) -> str:
        """Say how many are ready: `2 of 3 ready`."""
        return f"{len(self.ready)} of {len(self.ready) + len(self.waiting)} ready"


def endpoints(around: Around, service: str) -> Endpoints:
    """Collect the endpoints of a Service from its EndpointSlices."""
    found = Endpoints()
    for each in around.of("EndpointSlice"):
        if mapping(each, "metadata", "labels").get(_SERVICE) != service:
            continue
        for one in listing(each, "endpoints"):
            pod = text(one, "targetRef", "name") or some(words(one, "addresses"))
            # As kube-proxy reads it: what does not say that it is not ready, is.
            taking = mapping(one, "conditions").get("ready") is not False
            (found.ready if taking else found.waiting).append(pod)
    return found


def service(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a Service."""
    about.head(lines, around, found)
    spec = mapping(found, "spec")
    kind = text(spec, "type") or "ClusterIP"
    lines.add("type", kind, some(words(spec, "clusterIPs")), text(spec, "externalName"))
    lines.add("outside", some(_outside(found)))
    lines.under("ports", (_port(each) for each in listing(spec, "ports")))
    selector = mapping(spec, "selector")
    lines.add("selector", pairs(selector) or ("" if kind == "ExternalName" else "none"))
    lines.add("sessions", text(spec, "sessionAffinity").replace("None", ""))
    behind = endpoints(around, name(found))
    if around.has("EndpointSlice") and kind != "ExternalName":
        lines.add("endpoints", behind.told)
        lines.add("ready", some(behind.ready))
        lines.add("not ready", some(behind.waiting))
    about.pods(lines, around)
    leading = [name(each) for each in around.of("Ingress") if name(found) in set(_backends(each))]
    lines.add("Ingress", some(leading))
    return _answers(found, around, behind)


def _answers(found: Any, around: Around, behind: Endpoints) -> str:
    """Say whether a Service leads anywhere."""
    if text(found, "spec", "type") == "ExternalName":
        return "leads out of the cluster by name"
    if not around.has("EndpointSlice"):
        return "its endpoints are not known"
    if behind.ready or behind.waiting:
        return f"{behind.told} of its endpoints".replace(
            " ready of its endpoints", " endpoints ready"
        )
    if not mapping(found, "spec", "selector"):
        return "no endpoints, and no selector that would choose any"
    chosen = len(around.of("Pod"))
    return (
        f"no endpoints: its selector chooses {many(chosen, 'pod')}"
        if around.has("Pod")
        else "no endpoints"
    )


def _outside(found: Any) -> Iterator[str]:
    for each in listing(found, "status", "loadBalancer", "ingress"):
        yield text(each, "ip") or text(each, "hostname")
    yield from words(found, "spec", "externalIPs")


def _port(port: Any) -> str:
    node = value(port, "nodePort")
    told = f"{value(port, 'port')}/{text(port, 'protocol') or 'TCP'} to {value(port, 'targetPort')}"
    label = f"{text(port, 'name')} " if text(port, "name") else ""
    return f"{label}{told}{f', on nodes {node}' if node not in ('', '0') else ''}"


def ingress(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of an Ingress."""
    about.head(lines, around, found)
    chosen = text(found, "spec", "ingressClassName")
    gone = " (MISSING)" if around.standing("IngressClass", chosen) == "MISSING" else ""
    lines.add("class", f"{chosen}{gone}" if chosen else "the cluster's default")
    lines.add("address", some(_outside(found)) or "none yet")
    rules = list(_rules(found, around))
    lines.under("rules", [told for told, _ in rules], 20)
    lines.under("TLS", [_tls(each, around) for each in listing(found, "spec", "tls")])
    broken = sum(not works for _, works in rules)
    told = many(len(rules), "route")
    return f"{broken} of {told} lead nowhere" if broken else f"{told}, all with a backend"


def _rules(found: Any, around: Around) -> Iterator[tuple[str, bool]]:
    if default := mapping(found, "spec", "defaultBackend"):
        told, works = _backend(default, around)
        yield f"everything else to {told}", works
    for rule in listing(found, "spec", "rules"):
        host = text(rule, "host") or "*"
        for path in listing(rule, "http", "paths"):
            told, works = _backend(mapping(path, "backend"), around)
            how = " (exact)" if text(path, "pathType") == "Exact" else ""
            yield f"{host}{text(path, 'path') or '/'}{how} to {told}", works


def _backend(backend: Any, around: Around) -> tuple[str, bool]:
    own = text(backend, "service", "name")
    if not own:
        resource = mapping(backend, "resource")
        return f"{text(resource, 'kind')} {text(resource, 'name')}", True
    port = value(backend, "service", "port", "number") or text(backend, "service", "port", "name")
    told = f"Service {own}:{port}"
    if not around.has("Service"):
        return told, True
    known = next((each for each in around.of("Service") if name(each) == own), None)
    if known is None:
        return f"{told} MISSING", False
    if not _serves(known, port):
        return f"{told}, a port it does not have", False
    behind = endpoints(around, own)
    known_ends = around.has("EndpointSlice") and text(known, "spec", "type") != "ExternalName"
    return (f"{told}, {behind.told}", bool(behind.ready)) if known_ends else (told, True)


def _serves(known: Any, port: str) -> bool:
    ports = listing(known, "spec", "ports")
    return any(port in (value(each, "port"), text(each, "name")) for each in ports)


def _tls(each: Any, around: Around) -> str:
    secret = text(each, "secretName")
    told = around.standing("Secret", secret)
    hosts = some(words(each, "hosts")) or "all hosts"
    return f"{hosts}: Secret {secret or 'of the controller'}{f', {told}' if told else ''}"


def _backends(found: Any) -> Iterator[str]:
    yield text(found, "spec", "defaultBackend", "service", "name")
    for rule in listing(found, "spec", "rules"):
        for path in listing(rule, "http", "paths"):
            yield text(path, "backend", "service", "name")


def network_policy(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a NetworkPolicy."""
    about.head(lines, around, found)
    spec = mapping(found, "spec")
    lines.add("chooses", written(mapping(spec, "podSelector")) or "every pod of the namespace")
    about.pods(lines, around)
    for way in ("ingress", "egress"):
        if way.capitalize() in words(spec, "policyTypes") or way in spec:
            rules = [_allowed(each, way) for each in listing(spec, way)]
            lines.under(f"{way} is let through", rules or ["nothing"])
    return f"{many(len(around.of('Pod')), 'pod')} chosen" if around.has("Pod") else ""


def _allowed(rule: Any, way: str) -> str:
    peers = listing(rule, "from" if way == "ingress" else "to")
    ports = some(
        f"{text(each, 'protocol') or 'TCP'} {value(each, 'port')}".strip()
        for each in listing(rule, "ports")
    )
    return f"{some(map(_peer, peers), 4) or 'anybody'}{f', ports {ports}' if ports else ''}"


def _peer(peer: Any) -> str:
    if block := mapping(peer, "ipBlock"):
        out = some(words(block, "except"))
        return f"{text(block, 'cidr')}{f' but {out}' if out else ''}"
    pods, spaces = (
        written(mapping(peer, "podSelector")),
        written(mapping(peer, "namespaceSelector")),
    )
    where = f"namespaces {spaces or 'all'}" if "namespaceSelector" in peer else "this namespace"
    return f"pods {pods or 'all'} of {where}"
