"""What to do next: the smallest rule that opens what is shut, names that do not resolve, gaps."""

from collections.abc import Mapping, Sequence

from bailiwick_cluster.parts import named
from bailiwick_cluster.traffic.address import Share, span
from bailiwick_cluster.traffic.dialling import Ends
from bailiwick_cluster.traffic.evaluation import Dial, Peer, judge
from bailiwick_cluster.traffic.gathering import OWN_NAME, Found
from bailiwick_cluster.traffic.passage import GROUPS, alike
from bailiwick_cluster.traffic.pod import TCP, Pod
from bailiwick_cluster.traffic.world import World

_NOT_SEEN = "not looked at: whether anything listens, service meshes, node firewalls, DNS itself"
_NO_NAMES = (
    "DNS: no egress rule opens port 53 to the cluster's DNS, so names do not resolve there"
    " (addresses work)"
)
_TELLING = ("app.kubernetes.io/name", "app", "k8s-app", "component", "name")
_DNS = (
    (Peer(Pod("kube-system", "", {"k8s-app": "kube-dns"}), {OWN_NAME: "kube-system"}), 53),
    (Peer(Pod("openshift-dns", "", {"dns.operator.openshift.io/daemonset-dns": "default"}),
          {OWN_NAME: "openshift-dns"}), 5353),
    (Peer(outside=span("169.254.20.10")), 53),
)  # fmt: skip
"""Where names are looked up: the cluster's DNS, OpenShift's, a cache on each node."""


def hints(world: World, dials: Mapping[str, Ends]) -> list[str]:
    """Say what would open it, what else is in the way, and what was not looked at."""
    notes = [*_opening(world, dials), *_dns(world), *_undeclared(world, dials)]
    ends = [world.target, *([world.origin] if world.origin else [])]
    if world.origin and world.origin.imagined:
        notes.append(f"{world.origin.place.label} has no pods: judged by its template or namespace")
    notes += [note for each in ends for note in each.notes]
    for each in ends:
        judged = sum(count for _, count in alike(each.pods, by_address=world.by_address))
        if judged < len(each.pods):
            told = f"{judged} of {len(each.pods)} pods of {each.place.label}"
            notes.append(f"only {told} were judged: no more than {GROUPS} that differ")
    if world.by_address and world.origin and not world.source.anyone:
        notes.append("policies with ipBlock: some plugins (Cilium) do not match pods by address")
    notes += _addresses(world)
    if world.others:
        notes.append(f"not evaluated, and may shut it: {', '.join(world.others)}")
    return [*dict.fromkeys(notes), *_next(world), _NOT_SEEN]


def _addresses(world: World) -> list[str]:
    """Say whose address policies see of what comes from outside."""
    notes: list[str] = []
    service = world.target.service
    if world.origin or service is None:
        return notes
    if world.fronts and world.target.policies:
        kinds = ", ".join(dict.fromkeys(each.kind for each in world.fronts))
        notes.append(
            f"through {kinds} it comes from the controller's own pods: ask with source=<their"
            " namespace>"
        )
    outer = service.type in ("NodePort", "LoadBalancer")
    if outer and not service.local_outside and world.by_address:
        notes.append(
            "externalTrafficPolicy is Cluster: policies may see a node's address in place of the"
            " client's"
        )
    return notes


def _next(world: World) -> list[str]:
    """Offer the call that says why a pod is not ready, where none of them is."""
    pods = world.target.pods
    if world.target.imagined or any(pod.ready for pod in pods):
        return []
    return [
        f"next: diagnose_workload cluster={world.cluster} namespace={pod.namespace}"
        f" workload={named(pod.name)} kind=Pod"
        for pod in pods[:1]
    ]


def _opening(world: World, dials: Mapping[str, Ends]) -> list[str]:
    """Write the smallest rule that opens what is shut, side by side."""
    notes: list[str] = []
    target, origin = world.target, world.origin
    shut = {side for passage in world.passages for side, count in passage.shut.items() if count}
    closed = [dials[each.dial] for each in world.passages if each.share is not Share.ALL]
    ports = ", ".join(
        dict.fromkeys(f"{dial.protocol} {dial.number}" for ends in closed for _, _, dial in ends)
    )
    if "ingress" in shut:
        peer = _peer(origin) if origin else f"ipBlock {world.source.said}"
        notes.append(f"would let it in (nothing was changed): NetworkPolicy in"
                     f" {target.place.namespace} for pods {_common(target.pods)}, ingress from"
                     f" {peer}, ports {ports}")  # fmt: skip
    if "egress" in shut and origin:
        notes.append(f"would let it out (nothing was changed): NetworkPolicy in"
                     f" {origin.place.namespace} for pods {_common(origin.pods)}, egress to"
                     f" {_peer(target)}, ports {ports}")  # fmt: skip
    return notes


def _peer(found: Found) -> str:
    pods = "" if not found.place.name else f" + podSelector {_common(found.pods)}"
    return f"namespaceSelector {OWN_NAME}={found.place.namespace}{pods}"


def _common(pods: Sequence[Pod]) -> str:
    """Name the label that tells pods best and that all of them have."""
    shared = set(pods[0].labels.items()) if pods else set[tuple[str, str]]()
    for pod in pods:
        shared &= set(pod.labels.items())
    known = dict(shared)
    best = [key for key in _TELLING if key in known] or sorted(known)
    return named(f"{best[0]}={known[best[0]]}") if best else "all"


def _dns(world: World) -> list[str]:
    """Warn where a source may not look names up: then nothing works by name."""
    origin = world.origin
    if origin is None or not any(p.isolates("egress", pod.labels)
                                 for p in origin.policies for pod in origin.pods):  # fmt: skip
        return []
    for pod, _ in alike(origin.pods, by_address=False):
        asked = [
            judge(origin.policies, "egress", pod, peer, Dial(protocol, port, frozenset({name})))
            for peer, port in _DNS
            for protocol, name in (("UDP", "dns"), (TCP, "dns-tcp"))
        ]
        if all(each.share is Share.NONE for each in asked):
            return [_NO_NAMES]
    return []


def _undeclared(world: World, dials: Mapping[str, Ends]) -> list[str]:
    if world.target.service is not None:
        return []
    silent = [
        name
        for name, ends in dials.items()
        if not any(p.pod.declares(d.number, d.protocol) for p, _, d in ends if p.pod)
    ]
    return (
        [f"no container declares port {', '.join(silent)}: it may listen all the same"]
        if silent
        else []
    )
