"""Whether NetworkPolicies let one thing reach another on a port. Exactly as the API means it. Pure.

Traffic passes where both sides let it: the source's egress and the target's ingress. A side that
no policy isolates is open. What uses a node's own network is outside of what policies say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bailiwick_cluster.selecting import selects
from bailiwick_cluster.traffic.address import Block, Share, Span, share, span
from bailiwick_cluster.traffic.pod import Pod
from bailiwick_cluster.traffic.policy import PeerRule, Policy, PortRule, Rule, Side


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end: a pod with the labels of its namespace, or a range of addresses outside."""

    pod: Pod | None = None
    space: Mapping[str, str] | None = None
    outside: Span | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """A port of the target pod, and the names that pod gives it."""

    protocol: str
    number: int
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one side says: how much passes, which policies isolate it, and which rules let pass.

    `near` are rules that let the peer pass on other ports, or others on this port.
    """

    share: Share
    isolating: Sequence[Policy] = ()
    passing: Sequence[tuple[Policy, Rule]] = ()
    near: Sequence[tuple[Policy, Rule, str]] = ()


def judge(policies: Iterable[Policy], side: Side, pod: Pod, peer: Peer, dial: Dial) -> Judgement:
    """Judge one side: of `pod`, towards or from `peer`. The policies are of the pod's namespace."""
    if pod.host:
        return Judgement(Share.ALL)
    isolating = [each for each in policies if each.isolates(side, pod.labels)]
    if not isolating or itself(pod, peer):
        return Judgement(Share.ALL, isolating)
    passing: list[tuple[Policy, Rule]] = []
    near: list[tuple[Policy, Rule, str]] = []
    for policy in isolating:
        for rule in policy.rules[side]:
            port, who = opens(rule, dial), _meets(rule, policy, peer)
            if port and who is not Share.NONE:
                passing.append((policy, rule))
            elif port or who is not Share.NONE:
                near.append((policy, rule, "other peers" if port else "other ports"))
    return Judgement(_sum(passing, peer), isolating, passing, near)


def itself(pod: Pod, peer: Peer) -> bool:
    """Say whether a pod speaks to itself, which no policy can stop. One of many has no name."""
    other = peer.pod
    return bool(pod.name) and other is not None and (
        (other.namespace, other.name) == (pod.namespace, pod.name)
    )  # fmt: skip


def _sum(passing: Sequence[tuple[Policy, Rule]], peer: Peer) -> Share:
    if peer.outside is None or not passing:
        return Share.ALL if passing else Share.NONE
    if any(rule.peers is None for _, rule in passing):
        return Share.ALL
    return share(peer.outside, _blocks(rule for _, rule in passing))


def _blocks(rules: Iterable[Rule]) -> list[Block]:
    return [each.block for rule in rules for each in rule.peers or () if each.block is not None]


def _meets(rule: Rule, policy: Policy, peer: Peer) -> Share:
    """Say how much of a peer a rule is about."""
    if rule.peers is None:
        return Share.ALL
    if peer.outside is not None:
        return share(peer.outside, _blocks([rule]))
    return Share.ALL if any(_is(each, policy, peer) for each in rule.peers) else Share.NONE


def _is(rule: PeerRule, policy: Policy, peer: Peer) -> bool:
    if peer.pod is None:
        return False
    if rule.block is not None:
        at = [found for ip in peer.pod.addresses if (found := span(ip)) is not None]
        return any(share(each, [rule.block]) is Share.ALL for each in at)
    if rule.spaces is None:
        if rule.pods is None or peer.pod.namespace != policy.namespace:
            return False
    elif not selects(rule.spaces, peer.space or {}):
        return False
    return rule.pods is None or selects(rule.pods, peer.pod.labels)


def opens(rule: Rule, dial: Dial) -> bool:
    """Say whether a rule is about a port."""
    return rule.ports is None or any(_fits(port, dial) for port in rule.ports)


def _fits(port: PortRule, dial: Dial) -> bool:
    if port.protocol != dial.protocol:
        return False
    if port.port is None:
        return True
    if isinstance(port.port, str):
        return port.port in dial.names
    return port.port <= dial.number <= max(port.last, port.port)


def passes(out: Judgement, into: Judgement) -> Share:
    """Say how much passes both sides."""
    return min(out.share, into.share)


def uses_blocks(policies: Iterable[Policy]) -> bool:
    """Say whether any rule looks at addresses, which plugins treat in different ways for pods."""
    return bool(
        _blocks(rule for policy in policies for rules in policy.rules.values() for rule in rules)
    )
