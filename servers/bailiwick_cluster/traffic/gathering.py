"""Read what stands at both ends of some traffic, as far as policy and RBAC let the caller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bailiwick.errors import Denied, Forbidden, Rejected
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.selecting import Labels, labels, selects
from bailiwick_cluster.traffic import fronts, pod, policy
from bailiwick_cluster.traffic.fronts import Front
from bailiwick_cluster.traffic.place import Place
from bailiwick_cluster.traffic.pod import Pod
from bailiwick_cluster.traffic.policy import Policy
from bailiwick_cluster.traffic.service import Endpoint, Near, Service, endpoints, near, service
from bailiwick_cluster.upstream import Kubernetes, Object, Target, Upstream

MOST = 5_000
"""Pods of one end that are looked at."""
_MOST_GRANTED = 10
"""Kinds of routes in other namespaces that are looked at."""
OWN_NAME = "kubernetes.io/metadata.name"
_OTHERS = (
    "CiliumNetworkPolicy.cilium.io",
    "CiliumClusterwideNetworkPolicy.cilium.io",
    "NetworkPolicy.crd.projectcalico.org",
    "GlobalNetworkPolicy.crd.projectcalico.org",
    "AdminNetworkPolicy.policy.networking.k8s.io",
    "BaselineAdminNetworkPolicy.policy.networking.k8s.io",
    "ClusterNetworkPolicy.policy.networking.k8s.io",
    "EgressFirewall.k8s.ovn.org",
    "AuthorizationPolicy.security.istio.io",
    "PeerAuthentication.security.istio.io",
)
"""What may shut traffic, too, and is counted only."""


@dataclass(slots=True)
class Found:
    """One end: its pods (perhaps imagined ones), its namespace's labels and policies."""

    place: Place
    pods: Sequence[Pod] = ()
    space: Labels = field(default_factory=dict[str, str])
    policies: Sequence[Policy] = ()
    service: Service | None = None
    imagined: bool = False
    blind: bool = False
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads from one cluster in one call; what RBAC refuses is noted."""

    call: Call[Upstream]
    kubernetes: Kubernetes

    async def end(self, place: Place, namespace: str) -> Found:
        """Read one end. Another namespace than the one that was judged is judged first."""
        if place.namespace != namespace and not self.call.sees("Namespace", place.namespace):
            raise Denied(f"the policy does not let you look into namespace {place.namespace}")
        found = Found(place)
        await self._pods(found)
        found.space = await self._space(found)
        await self._policies(found)
        return found

    async def _pods(self, found: Found) -> None:
        place = found.place
        if place.kind == "Pod":
            one = await self.kubernetes.read(BUILTIN["Pod"], place.namespace, place.name)
            found.pods = [pod.pod(one)]
        elif place.kind == "Service":
            said = await self.kubernetes.read(BUILTIN["Service"], place.namespace, place.name)
            found.service = service(said)
            if found.service.selector:
                found.pods = await self._list(found, {"matchLabels": found.service.selector})
        elif place.kind:
            said = await self.kubernetes.read(BUILTIN[place.kind], place.namespace, place.name)
            await self._workload(found, said)
        else:
            found.pods = await self._list(found, {})
            if not found.pods:
                found.imagined = True
                found.pods = [Pod(place.namespace, "", {})]

    async def _workload(self, found: Found, said: Object) -> None:
        """Find a workload's pods, or imagine the one that it would make."""
        selector = mapping(said, "spec", "selector")
        if found.place.kind == "ReplicationController":
            selector = {"matchLabels": selector}
        found.pods = await self._list(found, selector) if selector else []
        if not found.pods:
            found.imagined = True
            found.pods = [pod.template(said, found.place.namespace, "")]

    async def _list(self, found: Found, selector: Mapping[str, Any]) -> list[Pod]:
        """List running pods that a selector fits; the API narrows by what it can."""
        exact = ",".join(f"{k}={v}" for k, v in mapping(selector, "matchLabels").items())
        target = Target(BUILTIN["Pod"], found.place.namespace, labels=exact)
        listed = await self.kubernetes.objects(target, pod.slim, MOST)
        if listed.full:
            found.notes.append(f"only the first {MOST} pods of {found.place.label} were looked at")
        made = [pod.pod(each) for each in listed.items]
        return [each for each in made if not each.ended and selects(selector, each.labels)]

    async def _space(self, found: Found) -> Labels:
        name = found.place.namespace
        own = {OWN_NAME: name}  # the API itself puts it on every namespace
        try:
            said = await self.kubernetes.read(BUILTIN["Namespace"], None, name)
        except Forbidden:
            found.notes.append(f"you may not read namespace {name}: its labels are not known")
            return own
        return {**own, **labels(said, "metadata", "labels")}

    async def _policies(self, found: Found) -> None:
        """Read the policies of an end's namespace; where RBAC refuses, the end is blind to them."""
        target = Target(BUILTIN["NetworkPolicy"], found.place.namespace)
        try:
            said = (await self.kubernetes.objects(target, policy.slim, MOST)).items
        except Forbidden:
            found.blind = True
            return
        found.policies = [policy.policy(each) for each in said]

    async def backing(self, found: Found) -> tuple[Sequence[Endpoint] | None, Near | None]:
        """Read a Service's endpoints, and where it selects nothing what it may have meant."""
        own = found.service
        if own is None or own.type == "ExternalName":
            return [], None
        missed = None
        if own.selector and not found.pods:
            missed = near(own.selector, await self._list(found, {}))
        owned = f"kubernetes.io/service-name={own.name}"
        target = Target(BUILTIN["EndpointSlice"], own.namespace, labels=owned)
        try:
            slices = (await self.kubernetes.objects(target, _whole, MOST)).items
        except Forbidden:
            found.notes.append("endpoints may not be read: readiness is that of the pods")
            return None, missed
        return endpoints(slices), missed

    async def served(self) -> Sequence[KindInfo]:
        """Find out which kinds of fronts and of other policies are served."""
        try:
            return await self.kubernetes.served((*fronts.KINDS, fronts.GRANT, *_OTHERS))
        except Forbidden:
            return ()

    async def fronts(self, found: Found, served: Sequence[KindInfo]) -> list[Front]:
        """Find what leads to the Service from outside."""
        own = found.service
        if own is None:
            return []
        kinds = {k.name: k for k in served if k.name in fronts.KINDS}
        wanted = [(each, own.namespace) for each in (BUILTIN["Ingress"], *kinds.values())]
        wanted += await self._granted(found, own, kinds, served)
        made: list[Front] = []
        for kind, space in wanted:
            where = "" if space == own.namespace else f" of {space}"
            if where and not self.call.sees("Namespace", space):
                found.notes.append(f"not looked at, the policy closes it: {kind.plural}{where}")
                continue
            try:
                listed = await self.kubernetes.objects(Target(kind, space), fronts.slim, MOST)
            except Rejected:  # also a kind that is served no more
                found.notes.append(f"not looked at, the cluster refuses: {kind.plural}{where}")
                continue
            made += fronts.fronts(kind.name, listed.items, own)
        return made

    async def _granted(
        self,
        found: Found,
        own: Service,
        kinds: Mapping[str, KindInfo],
        served: Sequence[KindInfo],
    ) -> list[tuple[KindInfo, str]]:
        """Find out which routes of other namespaces may lead to the Service (ReferenceGrant)."""
        grant = next((each for each in served if each.name == fronts.GRANT), None)
        if grant is None:
            return []
        try:
            listed = await self.kubernetes.objects(Target(grant, own.namespace), _spec, MOST)
        except Rejected:
            found.notes.append("routes of other namespaces were not looked at: no ReferenceGrants")
            return []
        told = dict.fromkeys(each for one in listed.items for each in fronts.granted(one, own))
        spaces = [(kinds[kind], space) for kind, space in told if kind in kinds and space]
        if len(spaces) > _MOST_GRANTED:
            found.notes.append(
                f"routes of {len(spaces) - _MOST_GRANTED} more grants: not looked at"
            )
        return spaces[:_MOST_GRANTED]

    async def others(self, spaces: Sequence[str], served: Sequence[KindInfo]) -> list[str]:
        """Count what else may shut traffic and is not evaluated."""
        told: list[str] = []
        for kind in (each for each in served if each.name in _OTHERS):
            try:
                count = sum([await self._count(kind, space) for space in _of(kind, spaces)])
            except Rejected:
                told.append(f"{kind.name}: served, may not be listed")
                continue
            told += [f"{count} {kind.name}"] if count else []
        return told

    async def _count(self, kind: KindInfo, space: str) -> int:
        target = Target(kind, space or None, bare=True)
        return (await self.kubernetes.objects(target, _none, MOST)).looked


def _of(kind: KindInfo, spaces: Sequence[str]) -> Sequence[str]:
    return tuple(dict.fromkeys(spaces)) if kind.namespaced else ("",)


def _whole(found: Object) -> Object | None:
    return {key: found[key] for key in ("endpoints", "ports") if key in found}


def _spec(found: Object) -> Object | None:
    return {"spec": mapping(found, "spec")}


def _none(_found: Object) -> Object | None:
    return None
