"""Which ports of which pods are meant, once a Service's own ports are taken apart. Pure."""

from collections.abc import Mapping, Sequence

from bailiwick.errors import BadRequest
from bailiwick_cluster.selecting import Labels
from bailiwick_cluster.traffic.address import Span, span
from bailiwick_cluster.traffic.evaluation import Dial, Peer
from bailiwick_cluster.traffic.passage import alike
from bailiwick_cluster.traffic.pod import TCP, Pod
from bailiwick_cluster.traffic.service import Endpoint, Service, ServicePort

Ends = Sequence[tuple[Peer, int, Dial]]
ANYWHERE = Span(4, 0, 2**32 - 1)
_UDP = "UDP"


def of_service(
    service: Service,
    port: str,
    pods: Sequence[Pod],
    space: Labels,
    ends: Sequence[Endpoint],
    *,
    by_address: bool,
) -> Mapping[str, Ends]:
    """Return, by the port as people say it, what stands behind a Service."""
    if service.type == "ExternalName":
        number = int(port) if port.isdigit() else 443
        return {f"port {number}": [(Peer(outside=ANYWHERE), 1, Dial(TCP, number))]}
    found: dict[str, Ends] = {}
    for each in service.wanted(port):
        if pods:
            groups = alike([pod for pod in pods if each.on(pod)], by_address=by_address)
            made = [(Peer(pod, space), count, _dial(each, pod)) for pod, count in groups]
        else:
            made = _outside(each, ends)
        if made:
            found[called(each)] = made
    return found


def called(port: ServicePort) -> str:
    """Name a port in a sentence: `80→8080`, `53/UDP`."""
    target = str(port.target or port.number)
    way = f"{port.number}→{target}" if target != str(port.number) else str(port.number)
    return way if port.protocol == TCP else f"{way}/{port.protocol}"


def _dial(port: ServicePort, pod: Pod) -> Dial:
    number = port.on(pod)
    return Dial(port.protocol, number, pod.names(number, port.protocol))


def _outside(port: ServicePort, ends: Sequence[Endpoint]) -> Ends:
    """Take addresses that are of no pod: a Service without a selector may name any."""
    made: list[tuple[Peer, int, Dial]] = []
    for each in ends:
        at = span(each.address)
        numbers = [number for name, number in each.ports if name == port.name]
        if at is not None and numbers and not each.pod:
            made.append((Peer(outside=at), 1, Dial(port.protocol, numbers[0])))
    return made


def of_pods(
    pods: Sequence[Pod], port: str, space: Labels, *, by_address: bool
) -> Mapping[str, Ends]:
    """Return, by port, the pods themselves: one that is named or numbered, or all they declare."""
    found: dict[str, list[tuple[Peer, int, Dial]]] = {}
    for pod, count in alike(pods, by_address=by_address):
        for protocol, number in _ports(pod, port):
            label = str(number) if protocol == TCP else f"{number}/{protocol}"
            dial = Dial(protocol, number, pod.names(number, protocol))
            found.setdefault(label, []).append((Peer(pod, space), count, dial))
    if not found:
        have = sorted({p.name or str(p.number) for pod in pods for p in pod.ports})
        if port:
            raise BadRequest(f"its pods have no port of that name; they declare {_list(have)}")
        raise BadRequest("its pods declare no port: say which, `port=8080`")
    return found


def _list(have: Sequence[str]) -> str:
    return ", ".join(have[:6]) or "none"


def _ports(pod: Pod, port: str) -> list[tuple[str, int]]:
    if not port:
        return list(dict.fromkeys((p.protocol, p.number) for p in pod.ports if p.number))
    if not port.isdigit():
        return [(p.protocol, p.number) for p in pod.ports if p.name == port and p.number]
    number = int(port)
    only_udp = pod.declares(number, _UDP) and not pod.declares(number, TCP)
    return [(_UDP if only_udp else TCP, number)]
