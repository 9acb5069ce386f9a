"""Whether a Service has what it needs behind it: ports, a selector that fits, ready endpoints."""

from collections.abc import Sequence

from bailiwick.wording import many
from bailiwick_cluster.parts import named
from bailiwick_cluster.traffic.finding import Finding, Level
from bailiwick_cluster.traffic.pod import Pod
from bailiwick_cluster.traffic.service import Endpoint, Near, Service, ServicePort

_SHOWN = 4


def check(
    service: Service,
    port: str,
    pods: Sequence[Pod],
    ends: Sequence[Endpoint] | None,
    missed: Near | None,
) -> list[Finding]:
    """Look at a Service with its pods and endpoints (None: those may not be read)."""
    name = f"Service {service.namespace}/{service.name}"
    if service.type == "ExternalName":
        return [_external(service, name)]
    ports = service.wanted(port)
    found = [_no_port(service, name, port)] if not ports else []
    if service.selector and not pods:
        return [*found, _nobody(service, name, missed)]
    found += _targets(ports, pods)
    found += _ready(service, pods, ends)
    found += _headless(service, ports) + _local(service, ends or ()) + _balancer(service)
    return found


def _external(service: Service, name: str) -> Finding:
    to = named(service.external)
    return Finding(
        Level.ODD,
        name,
        "ExternalName",
        f"a DNS alias of {to}",
        f"{name} is an alias of {to} outside: it has no endpoints, only the source's egress counts",
    )


def _no_port(service: Service, name: str, port: str) -> Finding:
    has = ", ".join(map(str, service.ports)) or "none"
    aims = [str(p.number) for p in service.ports if port in (str(p.target), p.named)]
    hint = f"; {port} is where its port {aims[0]} leads to" if aims else ""
    told = ", ".join(str(p.number) for p in service.ports[:6]) or "none"
    return Finding(
        Level.STOPS,
        name,
        f"no port {port}",
        f"has {has}",
        f"{name} has no port {named(port)}: it has {told}{hint}",
    )


def _nobody(service: Service, name: str, missed: Near | None) -> Finding:
    wants = ",".join(f"{key}={value}" for key, value in service.selector.items())
    if missed is None:
        return Finding(Level.STOPS, name, "selects no pod", wants,
                       f"the selector of {name} ({_told(service)}) fits no pod")  # fmt: skip
    pods = many(len(missed.pods), "pod")
    some = ", ".join(pod.name for pod in missed.pods[:2])
    return Finding(
        Level.STOPS,
        name,
        "selects no pod",
        f"wants {wants}; {pods} with {missed.has}: {some}",
        f"the selector of {name} fits no pod: it wants {named(missed.wanted)},"
        f" {pods} {'has' if len(missed.pods) == 1 else 'have'} {_spaced(missed.has)}",
    )


def _told(service: Service) -> str:
    return ", ".join(named(f"{key}={value}") for key, value in service.selector.items())


def _spaced(has: str) -> str:
    return f"no {named(has[3:])}" if has.startswith("no ") else named(has)


def _targets(ports: Sequence[ServicePort], pods: Sequence[Pod]) -> list[Finding]:
    """Look whether pods have the ports that the Service leads to."""
    found: list[Finding] = []
    for port in ports:
        without = [pod for pod in pods if not port.on(pod)]
        if without:
            which = f"port {port.number} leads to the pods' port {named(port.named)}"
            whole = len(without) == len(pods)
            have = sorted({p.name or str(p.number) for pod in without for p in pod.ports})
            some = f"; they declare {', '.join(map(named, have[:4]))}" if have else ""
            found.append(
                Finding(
                    Level.STOPS if whole else Level.PARTLY,
                    f"port {port}",
                    f"{len(without)} of {len(pods)} pods have no port of that name",
                    ", ".join(pod.name for pod in without[:2]),
                    f"{which}, which {len(without)} of {many(len(pods), 'pod')} lack{some}",
                )
            )
            continue
        silent = [pod for pod in pods if not pod.declares(port.on(pod), port.protocol)]
        if silent and any(pod.ports for pod in silent):
            found.append(
                Finding(
                    Level.ODD,
                    f"port {port}",
                    f"{len(silent)} of {len(pods)} pods do not declare it",
                    "which proves nothing: they may listen all the same",
                )
            )
    return found


def _ready(service: Service, pods: Sequence[Pod], ends: Sequence[Endpoint] | None) -> list[Finding]:
    """Count what is ready; of what is not, say why."""
    if ends is None:
        total, ready = len(pods), sum(pod.ready for pod in pods)
        serving = {pod.name for pod in pods if pod.ready}
    else:
        total = len({*(e.pod or e.address for e in ends), *(pod.name for pod in pods)})
        ready = sum(e.ready for e in ends)
        serving = {e.pod for e in ends if e.ready}
    off = [pod for pod in pods if pod.name not in serving]
    rows = [
        Finding(Level.ODD, f"Pod {pod.name}", "not ready", pod.why or "no endpoint")
        for pod in off[:_SHOWN]
    ]
    unready = [pod for pod in pods if not pod.ready and pod.name in serving]
    if unready and service.unready:
        served = f"{many(len(unready), 'pod')} not ready, and served all the same"
        rows.append(Finding(Level.ODD, "publishNotReadyAddresses", "true", served))
    if ready:
        told = f"{ready} of {many(total, 'endpoint')} ready"
        return [Finding(Level.FINE, "endpoints", told, "", told), *rows]
    why = sorted({pod.why for pod in off if pod.why})
    reason = f": {', '.join(why[:3])}" if why else ""
    where = f"Service {service.namespace}/{service.name}"
    told = f"0 of {many(total, 'endpoint')} of {where} ready{reason}"
    if not total:
        told = f"{where} has no endpoints" + ("" if service.selector else " and no selector")
    return [Finding(Level.STOPS, "endpoints", "none ready", "", told), *rows]


def _headless(service: Service, ports: Sequence[ServicePort]) -> list[Finding]:
    moved = [port for port in ports if port.named or port.target != port.number]
    if not service.headless or not moved:
        return []
    return [
        Finding(
            Level.ODD,
            f"port {moved[0]}",
            "headless: ports are not mapped",
            f"dial {moved[0].named or moved[0].target}, not {moved[0].number}",
        )
    ]


def _local(service: Service, ends: Sequence[Endpoint]) -> list[Finding]:
    nodes = sorted({e.node for e in ends if e.ready and e.node})
    some = f"{', '.join(nodes[:4])}{' …' if len(nodes) > 4 else ''}"
    found: list[Finding] = []
    if service.local_inside:
        found.append(Finding(Level.ODD, "internalTrafficPolicy", "Local",
                             f"from pods on these nodes only: {some}"))  # fmt: skip
    if service.local_outside and service.type in ("NodePort", "LoadBalancer"):
        found.append(Finding(Level.ODD, "externalTrafficPolicy", "Local",
                             f"node ports answer on these nodes only: {some}"))  # fmt: skip
    return found


def _balancer(service: Service) -> list[Finding]:
    if service.type == "NodePort":
        ports = ", ".join(str(p.node) for p in service.ports if p.node)
        return [Finding(Level.FINE, "node ports", ports, "on every node's address")]
    if service.type != "LoadBalancer":
        return []
    given = ", ".join(service.balanced[:3])
    ranges = f"from {', '.join(service.ranges[:4])} only" if service.ranges else ""
    if not given:
        return [Finding(Level.ODD, "load balancer", "has no address yet", ranges)]
    return [Finding(Level.FINE, "load balancer", given, ranges)]
