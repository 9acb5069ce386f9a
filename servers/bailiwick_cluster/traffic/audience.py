"""Who may come in at all, where no source is named: nobody's policy, or whom the rules name."""

from collections.abc import Mapping, Sequence

from bailiwick_cluster.traffic.address import Share
from bailiwick_cluster.traffic.dialling import ANYWHERE, Ends
from bailiwick_cluster.traffic.evaluation import Peer, judge, opens
from bailiwick_cluster.traffic.finding import Finding, Level
from bailiwick_cluster.traffic.pod import Pod
from bailiwick_cluster.traffic.policy import Policy, called, told

_SHOWN = 6


def audience(policies: Sequence[Policy], namespace: str, dial: str, ends: Ends) -> list[Finding]:
    """Say of one port who is let in, by trying strangers, and list the rules that name others."""
    shut = {policy.name: policy for policy in policies for pod, _ in _pods(ends)
            if not pod.host and policy.isolates("ingress", pod.labels)}  # fmt: skip
    if not shut:
        return []
    rules = [
        (policy.name, told(rule, "ingress"))
        for policy in shut.values()
        for rule in policy.rules["ingress"]
        if any(opens(rule, each) for _, _, each in ends)
    ]
    strangers = _strangers(policies, namespace, ends)
    if all(share is Share.ALL for share in strangers.values()):
        return [_row(name, namespace, Level.FINE, "lets in", rule) for name, rule in rules[:_SHOWN]]
    those = called(namespace, list(shut))
    if not rules:
        lets = "lets" if len(shut) == 1 else "let"
        first = f"{those} (ingress) {lets} nobody in on {dial}"
        return [
            Finding(Level.STOPS, f"NetworkPolicy {namespace}/{name} (ingress)", f"shuts {dial}",
                    "no rule for it", first)
            for name in list(shut)[:_SHOWN]
        ]  # fmt: skip
    let = [
        f"{'a part of ' if share is Share.SOME else ''}{who}"
        for who, share in strangers.items()
        if share is not Share.NONE
    ]
    lets = "lets in" if len(shut) == 1 else "let in"
    whom = f"{lets} {', '.join(let)}, and else" if let else f"{lets}"
    which = "1 rule names" if len(rules) == 1 else f"{len(rules)} rules name"
    says = f"{those} (ingress) {whom} only whom {which}"
    rows = [
        _row(name, namespace, Level.PARTLY, f"lets in on {dial}", rule)
        for name, rule in rules[:_SHOWN]
    ]
    return [Finding(Level.PARTLY, rows[0].check, rows[0].result, rows[0].detail,
                    f"{says} on {dial}; ask with `source`"), *rows[1:]]  # fmt: skip


def _row(name: str, namespace: str, level: Level, result: str, rule: str) -> Finding:
    return Finding(level, f"NetworkPolicy {namespace}/{name} (ingress)", result, rule)


def _pods(ends: Ends) -> list[tuple[Pod, int]]:
    return [(peer.pod, count) for peer, count, _ in ends if peer.pod is not None]


def _strangers(policies: Sequence[Policy], namespace: str, ends: Ends) -> dict[str, Share]:
    """Try somebody of whom no rule can know: a pod here, a pod elsewhere, addresses outside."""
    spaces = [peer.space for peer, _, _ in ends if peer.space]
    own: Mapping[str, str] = spaces[0] if spaces else {}
    tried = {
        f"every pod of {namespace}": Peer(Pod(namespace, "", {}), own),
        "every pod of other namespaces": Peer(Pod("", "", {}), {}),
        "addresses outside": Peer(outside=ANYWHERE),
    }
    return {
        who: min(
            judge(policies, "ingress", peer.pod, stranger, dial).share
            for peer, _, dial in ends
            if peer.pod is not None
        )
        for who, stranger in tried.items()
    }
