"""What NetworkPolicies let pass between many pods on both ends, counted by pods that are alike."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bailiwick.wording import many
from bailiwick_cluster.traffic.address import Share, Span
from bailiwick_cluster.traffic.evaluation import Dial, Judgement, Peer, itself, judge
from bailiwick_cluster.traffic.finding import Finding, Level
from bailiwick_cluster.traffic.pod import Pod
from bailiwick_cluster.traffic.policy import Policy, Side, called, told

GROUPS = 100
_SHOWN = 4
_OPEN = Judgement(Share.ALL)
SIDES: tuple[Side, Side] = ("ingress", "egress")


@dataclass(frozen=True, slots=True)
class End:
    """One end: pods that are alike with how many they are, or a range of addresses outside.

    The policies are those of the pods' namespace, whose labels `space` has.
    """

    label: str
    pods: Sequence[tuple[Pod, int]] = ()
    space: Mapping[str, str] = field(default_factory=dict[str, str])
    policies: Sequence[Policy] = ()
    outside: Span | None = None

    def peers(self) -> list[tuple[Peer, int]]:
        """Return what the other side sees of it."""
        if self.outside is not None:
            return [(Peer(outside=self.outside), 1)]
        return [(Peer(pod, self.space), count) for pod, count in self.pods]


def alike(pods: Iterable[Pod], *, by_address: bool) -> list[tuple[Pod, int]]:
    """Put pods together that no policy can tell apart; of several, the one shown has no name.

    Returns at most GROUPS of them.
    """
    groups: dict[object, list[Pod]] = {}
    for pod in pods:
        own = tuple(sorted(pod.labels.items()))
        key = own, tuple(pod.ports), pod.host, tuple(pod.addresses) if by_address else ()
        groups.setdefault(key, []).append(pod)
    return [
        (each[0] if len(each) == 1 else replace(each[0], name=""), len(each))
        for each in list(groups.values())[:GROUPS]
    ]


@dataclass(slots=True)
class Passage:
    """Pairs of pods (weighed by how many are alike) that may speak on a port, and those not."""

    dial: str
    total: int = 0
    open: int = 0
    part: int = 0
    pairs: list[tuple[int, int, Share]] = field(default_factory=list[tuple[int, int, Share]])
    shut: Counter[Side] = field(default_factory=Counter[Side])
    isolating: dict[tuple[Side, str, str], Policy] = field(
        default_factory=dict[tuple[Side, str, str], Policy]
    )
    passing: dict[tuple[Side, str, str], str] = field(
        default_factory=dict[tuple[Side, str, str], str]
    )
    near: dict[tuple[Side, str, str], str] = field(default_factory=dict[tuple[Side, str, str], str])

    def add(self, number: int, out: Judgement, into: Judgement, weight: tuple[int, int]) -> None:
        """Count one pair: the `number` of its source, and how many are alike on both ends."""
        share = min(out.share, into.share)
        self.pairs.append((number, weight[0], share))
        both = weight[0] * weight[1]
        self.total += both
        self.open += both * (share is Share.ALL)
        self.part += both * (share is Share.SOME)
        self._keep("egress", out, both)
        self._keep("ingress", into, both)

    def _keep(self, side: Side, found: Judgement, weight: int) -> None:
        if found.share is not Share.ALL:
            self.shut[side] += weight
        for policy in found.isolating:
            self.isolating[side, policy.namespace, policy.name] = policy
        for policy, rule in found.passing:
            self.passing.setdefault((side, policy.namespace, policy.name), told(rule, side))
        for policy, rule, why in found.near:
            self.near.setdefault(
                (side, policy.namespace, policy.name), f"{told(rule, side)} ({why})"
            )

    @property
    def share(self) -> Share:
        """Say whether all pairs may speak, some, or none."""
        if self.open == self.total:
            return Share.ALL
        return Share.SOME if self.open or self.part else Share.NONE

    @property
    def counted(self) -> str:
        """Say which part may: how many pods of the source where each may all or nothing."""
        many_: dict[int, int] = {}
        shares: dict[int, set[Share]] = {}
        for number, count, share in self.pairs:
            many_[number] = count
            shares.setdefault(number, set()).add(share)
        if any(len(each) > 1 for each in shares.values()):
            return f"{self.open} of {self.total} pairs of pods"
        free = sum(many_[number] for number, each in shares.items() if each == {Share.ALL})
        return f"{free} of {sum(many_.values())} pods of the source"


def judged(source: End, target: End, dial: str, ends: Sequence[tuple[Peer, int, Dial]]) -> Passage:
    """Judge every pair on one port. `ends` are the targets, each with its own number."""
    made = Passage(dial)
    peers = source.peers()
    alone = len(peers) * len(ends) == 1
    for there, many_there, port in ends:
        for number, (here, many_here) in enumerate(peers):
            if here.pod is not None and itself(here.pod, there) and not alone:
                continue  # a pod reaches itself whatever is said: that answers nothing
            out = into = _OPEN
            if here.pod is not None:
                out = judge(source.policies, "egress", here.pod, there, port)
            if there.pod is not None:
                into = judge(target.policies, "ingress", there.pod, here, port)
            made.add(number, out, into, (many_here, many_there))
    return made


def findings(passage: Passage, source: str) -> list[Finding]:
    """Say what the policies do on a port: what shuts it, or what lets it pass."""
    if passage.share is Share.ALL:
        return _letting(passage)
    level = Level.STOPS if passage.share is Share.NONE else Level.PARTLY
    rows: list[Finding] = []
    for side in SIDES:
        guilty = [key for key in passage.isolating if key[0] == side and passage.shut[side]]
        shut = [_shutting(passage, key, level) for key in guilty[:_SHOWN]]
        rows += [replace(each, says=_says(passage, guilty, source)) for each in shut[:1]]
        rows += shut[1:]
    return [*rows, *_letting(passage)]


def _shutting(passage: Passage, key: tuple[Side, str, str], level: Level) -> Finding:
    side, space, name = key
    rules = passage.isolating[key].rules.get(side, ())
    some = passage.passing.get(key)
    detail = passage.near.get(key, f"{many(len(rules), 'rule')}")
    return Finding(
        level,
        f"NetworkPolicy {space}/{name} ({side})",
        f"lets some pass on {passage.dial}" if some else f"shuts {passage.dial}",
        some or (f"nearest: {detail}" if key in passage.near else detail if rules else "no rule"),
    )


def _letting(passage: Passage) -> list[Finding]:
    return [
        Finding(
            Level.FINE, f"NetworkPolicy {space}/{name} ({side})", f"lets {passage.dial} pass", rule
        )
        for (side, space, name), rule in list(passage.passing.items())[:_SHOWN]
        if not passage.shut[side]
    ]


def _says(passage: Passage, guilty: Sequence[tuple[Side, str, str]], source: str) -> str:
    side, space, _ = guilty[0]
    lets = "lets" if len(guilty) == 1 else "let"
    way = "in" if side == "ingress" else "out"
    what = f"{called(space, [name for *_, name in guilty])} ({side}) {lets}"
    if passage.share is Share.NONE:
        return f"{what} nothing from {source} {way} on {passage.dial}"
    if passage.part:
        return f"{what} only some addresses of {source} {way} on {passage.dial}"
    return f"{what} {passage.counted} {way} on {passage.dial}"
