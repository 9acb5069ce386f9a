"""Services and their endpoints, read from JSON of any shape. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from bailiwick_cluster.parts import listing, mapping, number, text, words
from bailiwick_cluster.selecting import Labels, labels
from bailiwick_cluster.traffic.pod import TCP, Pod
from bailiwick_cluster.upstream import Object

_CLOSE = 0.7


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service, and where on the pod it leads: a number, or a name (`named`)."""

    name: str
    number: int
    protocol: str
    target: int
    named: str
    node: int = 0

    def on(self, pod: Pod) -> int:
        """Return the number on a pod; 0: the pod has no port of that name."""
        return pod.port(self.named, self.protocol) if self.named else self.target

    def __str__(self) -> str:
        """Write it as `http 80→8080`."""
        target = self.named or str(self.target)
        way = f"{self.number}→{target}" if target != str(self.number) else str(self.number)
        return f"{self.name} {way}".strip() + ("" if self.protocol == TCP else f"/{self.protocol}")


@dataclass(frozen=True, slots=True)
class Service:
    """A Service. `policy` is how it treats nodes: `internal` and `external` traffic stay local."""

    namespace: str
    name: str
    type: str
    selector: Labels
    ports: Sequence[ServicePort]
    headless: bool = False
    unready: bool = False
    external: str = ""
    local_inside: bool = False
    local_outside: bool = False
    balanced: Sequence[str] = ()
    ranges: Sequence[str] = ()

    def wanted(self, port: str) -> list[ServicePort]:
        """Find the ports that are meant: by number or name, or all."""
        return [p for p in self.ports if port in ("", p.name, str(p.number))]


def service(found: Object) -> Service:
    """Read a Service."""
    spec = mapping(found, "spec")
    balanced = listing(found, "status", "loadBalancer", "ingress")
    return Service(
        text(found, "metadata", "namespace"),
        text(found, "metadata", "name"),
        text(spec, "type") or "ClusterIP",
        labels(spec, "selector"),
        tuple(_port(each) for each in listing(spec, "ports")),
        text(spec, "clusterIP") == "None",
        spec.get("publishNotReadyAddresses") is True,
        text(spec, "externalName"),
        text(spec, "internalTrafficPolicy") == "Local",
        text(spec, "externalTrafficPolicy") == "Local",
        tuple(text(each, "ip") or text(each, "hostname") for each in balanced),
        tuple(words(spec, "loadBalancerSourceRanges")),
    )


def _port(said: Mapping[str, object]) -> ServicePort:
    own = number(said, "port")
    named = text(said, "targetPort")
    return ServicePort(
        text(said, "name"),
        own,
        text(said, "protocol") or TCP,
        0 if named else number(said, "targetPort") or own,
        named,
        number(said, "nodePort"),
    )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address behind a Service. `pod` is empty where it is none of a pod."""

    address: str
    pod: str
    ready: bool
    terminating: bool
    node: str
    ports: Sequence[tuple[str, int]]


def endpoints(slices: Iterable[Object]) -> list[Endpoint]:
    """Read EndpointSlices; a pod that stands in several is one endpoint, with all its ports."""
    found: dict[str, Endpoint] = {}
    for each in slices:
        ports = tuple((text(p, "name"), number(p, "port")) for p in listing(each, "ports"))
        for said in listing(each, "endpoints"):
            for address in words(said, "addresses")[:1]:
                made = _endpoint(said, address, ports)
                known = found.get(made.pod or address)
                if known is not None:
                    made = replace(made, ports=tuple(dict.fromkeys((*known.ports, *ports))))
                found[made.pod or address] = made
    return list(found.values())


def _endpoint(
    said: Mapping[str, object], address: str, ports: Sequence[tuple[str, int]]
) -> Endpoint:
    conditions = mapping(said, "conditions")
    kind, name = text(said, "targetRef", "kind"), text(said, "targetRef", "name")
    return Endpoint(
        address,
        name if kind == "Pod" else "",
        conditions.get("ready") is not False,  # not told means ready
        conditions.get("terminating") is True,
        text(said, "nodeName"),
        ports,
    )


@dataclass(frozen=True, slots=True)
class Near:
    """Pods that a selector misses by one label: what it wants, and what they have."""

    wanted: str
    has: str
    pods: Sequence[Pod]


def near(selector: Labels, pods: Iterable[Pod]) -> Near | None:
    """Find the pods that a selector most probably meant."""
    alike: dict[tuple[str, str], list[Pod]] = {}
    for pod in pods:
        if (missed := _missed(selector, pod.labels)) is not None:
            alike.setdefault(missed, []).append(pod)
    if not alike:
        return None
    (wanted, has), those = max(alike.items(), key=lambda item: len(item[1]))
    return Near(wanted, has, those)


def _missed(selector: Labels, own: Labels) -> tuple[str, str] | None:
    """Say which one label keeps a selector from fitting, if labels are close to it otherwise."""
    off = [key for key, value in selector.items() if own.get(key) != value]
    if len(off) != 1:
        return None
    [key] = off
    wanted, has = selector[key], own.get(key)
    if has is not None and (len(selector) > 1 or _close(wanted, has)):
        return f"{key}={wanted}", f"{key}={has}"
    other = next((k for k, value in own.items() if value == wanted), "")
    if other:
        return f"{key}={wanted}", f"{other}={wanted}"
    return (f"{key}={wanted}", f"no {key}") if len(selector) > 1 else None


def _close(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other).ratio() >= _CLOSE
