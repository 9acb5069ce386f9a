"""NetworkPolicies (networking.k8s.io/v1), read from JSON of any shape. Pure.

A policy isolates the pods it selects on the sides it is of; what its rules do not allow is then
shut. A rule without peers is open to all, one without ports to every port.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bailiwick_cluster.parts import listing, mapping, named, text, words
from bailiwick_cluster.selecting import selects, written
from bailiwick_cluster.traffic.address import Block, span
from bailiwick_cluster.traffic.pod import TCP
from bailiwick_cluster.upstream import Object

Side = Literal["ingress", "egress"]
_PEERS: Mapping[Side, str] = {"ingress": "from", "egress": "to"}


@dataclass(frozen=True, slots=True)
class PeerRule:
    """One entry of `from` or `to`. None: that part was not said."""

    pods: Any
    spaces: Any
    block: Block | None


@dataclass(frozen=True, slots=True)
class PortRule:
    """One entry of `ports`: a number, perhaps up to `last`, a name, or (None) all of a protocol."""

    protocol: str
    port: int | str | None
    last: int


@dataclass(frozen=True, slots=True)
class Rule:
    """Who (None: all), on which ports (None: all)."""

    peers: Sequence[PeerRule] | None
    ports: Sequence[PortRule] | None


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. `rules` has the sides on which it isolates, each perhaps with no rule at all."""

    namespace: str
    name: str
    selector: Any
    rules: Mapping[Side, Sequence[Rule]]

    def isolates(self, side: Side, labels: Mapping[str, str]) -> bool:
        """Say whether it shuts a pod of its namespace with these labels on a side."""
        return side in self.rules and selects(self.selector, labels)


def slim(found: Object) -> Object | None:
    """Keep of a policy what `policy` reads."""
    about = {key: text(found, "metadata", key) for key in ("namespace", "name")}
    return {"metadata": about, "spec": mapping(found, "spec")}


def policy(found: Object) -> Policy:
    """Read a policy."""
    spec = mapping(found, "spec")
    sides = words(spec, "policyTypes")
    if not sides:  # as the API fills it in
        sides = ["Ingress", *(["Egress"] if listing(spec, "egress") else [])]
    kept: dict[Side, Sequence[Rule]] = {}
    for side in _PEERS:
        if side.capitalize() in sides:
            kept[side] = tuple(_rule(each, _PEERS[side]) for each in listing(spec, side))
    about = mapping(found, "metadata")
    return Policy(text(about, "namespace"), text(about, "name"), mapping(spec, "podSelector"), kept)


def _rule(said: Mapping[str, Any], peers: str) -> Rule:
    return Rule(
        tuple(map(_peer, listing(said, peers))) if said.get(peers) else None,
        tuple(map(_port, listing(said, "ports"))) if said.get("ports") else None,
    )


def _peer(said: Mapping[str, Any]) -> PeerRule:
    return PeerRule(
        mapping(said, "podSelector") if said.get("podSelector") is not None else None,
        mapping(said, "namespaceSelector") if said.get("namespaceSelector") is not None else None,
        _block(mapping(said, "ipBlock")),
    )


def _block(said: Mapping[str, Any]) -> Block | None:
    whole = span(text(said, "cidr"))
    if whole is None:
        return None
    holes = {each: hole for each in words(said, "except") if (hole := span(each)) is not None}
    less = f" without {', '.join(holes)}" if holes else ""
    return Block(whole, tuple(holes.values()), f"{text(said, 'cidr')}{less}")


def _port(said: Mapping[str, Any]) -> PortRule:
    port, last = said.get("port"), said.get("endPort")
    known = port if isinstance(port, int | str) and not isinstance(port, bool) else None
    if known is None and port is not None:
        known = ""  # something that is no port fits none
    end = last if isinstance(last, int) and isinstance(known, int) else 0
    return PortRule(text(said, "protocol") or TCP, known, end)


def called(space: str, names: Sequence[str]) -> str:
    """Name policies of one namespace in a sentence of ours."""
    if len(names) == 1:
        return f"NetworkPolicy {named(space)}/{named(names[0])}"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"NetworkPolicies {', '.join(map(named, names[:3]))}{more} of {named(space)}"


def told(rule: Rule, side: Side) -> str:
    """Write a rule on one line: `from ns team=shop, pods app=web; TCP 8080`."""
    who = "all" if rule.peers is None else " or ".join(map(_told_peer, rule.peers)) or "nobody"
    ports = "all ports" if rule.ports is None else ", ".join(map(_told_port, rule.ports)) or "none"
    return f"{_PEERS[side]} {who}; {ports}"


def _told_peer(peer: PeerRule) -> str:
    if peer.block is not None:
        return f"addresses {peer.block.said}"
    parts = [f"ns {written(peer.spaces) or 'all'}"] if peer.spaces is not None else []
    parts += [f"pods {written(peer.pods) or 'all'}"] if peer.pods is not None else []
    return ", ".join(parts) or "nobody"


def _told_port(port: PortRule) -> str:
    if port.port is None:
        return f"all {port.protocol}"
    return f"{port.protocol} {port.port}{f'-{port.last}' if port.last else ''}"
