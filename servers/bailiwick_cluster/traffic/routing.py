"""What beside policies decides whether packets arrive: nodes, load balancers, fronts. Pure."""

from bailiwick_cluster.traffic.address import Block, Share, share, span
from bailiwick_cluster.traffic.finding import Finding, Level
from bailiwick_cluster.traffic.world import World


def around(world: World) -> list[Finding]:
    """Look at all of it."""
    return [*_hosts(world), *_local(world), *_ranges(world), *_fronts(world)]


def _hosts(world: World) -> list[Finding]:
    """Warn of pods on their node's own network."""
    found: list[Finding] = []
    if any(pod.host for pod in world.target.pods):
        told = "NetworkPolicies do not hold for its pods"
        found.append(Finding(Level.ODD, world.target.place.label, "hostNetwork", told))
    if world.origin and any(pod.host for pod in world.origin.pods):
        told = "it comes from its node's address: selectors may not fit it"
        found.append(Finding(Level.ODD, world.origin.place.label, "hostNetwork", told))
    return found


def _local(world: World) -> list[Finding]:
    """Find pods whose node has no ready endpoint, where traffic does not leave the node."""
    service = world.target.service
    if service is None or not service.local_inside or world.origin is None:
        return []
    nodes = {end.node for end in world.ends or () if end.ready}
    pods = world.origin.pods
    far = [pod for pod in pods if pod.node and pod.node not in nodes]
    if not far:
        return []
    told = f"{len(far)} of {len(pods)} pods of the source are on other nodes"
    level = Level.STOPS if len(far) == len(pods) else Level.PARTLY
    says = f"internalTrafficPolicy is Local and {told} than ready endpoints"
    return [Finding(level, "internalTrafficPolicy", "Local", told, says)]


def _ranges(world: World) -> list[Finding]:
    """Compare addresses outside with those that a load balancer takes traffic from."""
    service, asked = world.target.service, world.source.addresses
    if service is None or asked is None or not service.ranges:
        return []
    blocks = [Block(found) for each in service.ranges if (found := span(each)) is not None]
    let = share(asked, blocks)
    if let is Share.ALL:
        return []
    level, some = (Level.PARTLY, "a part") if let is Share.SOME else (Level.STOPS, "nothing")
    name, said = world.target.place.label, world.source.said
    says = f"loadBalancerSourceRanges of {name} let {some} of {said} in"
    told = ", ".join(service.ranges[:6])
    return [Finding(level, "loadBalancerSourceRanges", "leave it out", told, says)]


def _fronts(world: World) -> list[Finding]:
    return [
        Finding(
            Level.ODD if each.trouble else Level.FINE,
            f"{each.kind} {each.name}",
            each.trouble or "leads here",
            "; ".join([f"{each.address} → {each.port or 'any port'}", *each.about]),
        )
        for each in world.fronts
    ]
