"""What a deletion would do, found out by reading: what falls, what is lost, what holds it up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.running import falling, losing
from bailiwick_cluster.running.budgets import budgets
from bailiwick_cluster.running.falling import Thing, Things
from bailiwick_cluster.running.holding import hangs
from bailiwick_cluster.running.partial import Partial
from bailiwick_cluster.running.pods import Pod, plain, pods
from bailiwick_cluster.upstream import Kubernetes, Object

Cascade = Literal["background", "foreground", "orphan"]
_KEEPERS = {
    "meta.helm.sh/release-name": "Helm release {}",
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
}
_ROWS = 25


@dataclass(slots=True)
class Deletion:
    """What a deletion does, in sentences, the worst first.

    `falls` is what goes with it, `lost` the claims whose data goes, `again` who makes it anew.
    """

    root: Thing
    falls: Sequence[Thing] = ()
    said: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    again: str = ""

    @property
    def table(self) -> str:
        """List what falls by kind and name."""
        order = sorted(self.falls, key=lambda each: (each.kind, each.name))
        lines = [f"{each.kind} {each.name}" for each in order[:_ROWS]]
        more = len(order) - _ROWS
        return "\n".join([*lines, *([f"and {many(more, 'more object')}"] if more > 0 else [])])


async def deletion(
    kubernetes: Kubernetes, kind: KindInfo, found: Object, cascade: Cascade
) -> Deletion:
    """Look at everything that a deletion touches."""
    made = Deletion(falling.thing(kind.name, found))
    partial = Partial()
    if kind.name == "Namespace":
        await _namespace(kubernetes, made, partial)
    elif kind.namespaced:
        await _inside(kubernetes, made, kind, found, cascade, partial)
    else:
        await _around(kubernetes, made, kind, found, partial)
    made.said += _anew(made, found)
    made.said += partial.told
    return made


async def _namespace(kubernetes: Kubernetes, made: Deletion, partial: Partial) -> None:
    name = made.root.name
    known = await falling.things(kubernetes, name, await falling.kinds(kubernetes, custom=True))
    made.falls = known.all
    counted = known.counted(known.all)
    await _data(kubernetes, made, name, known.all, partial)
    made.said += [f"EVERYTHING in it goes: {counted}" if counted else "nothing is in it"]
    made.said += [*hangs([made.root, *known.all]), *known.notes]


async def _inside(
    kubernetes: Kubernetes,
    made: Deletion,
    kind: KindInfo,
    found: Object,
    cascade: Cascade,
    partial: Partial,
) -> None:
    namespace = text(found, "metadata", "namespace")
    custom = kind.name not in BUILTIN
    known = await falling.things(
        kubernetes, namespace, await falling.kinds(kubernetes, custom=custom)
    )
    below = known.below(made.root.uid)
    made.falls = () if cascade == "orphan" else below
    all_ = [made.root, *made.falls]
    await _data(kubernetes, made, namespace, all_, partial)
    made.said += _family(known, below, cascade)
    made.said += _kept(found, known, all_)
    gone = {each.uid for each in all_}
    if any(each.kind == "Pod" for each in all_):
        made.said += await losing.services(kubernetes, namespace, known.all, gone, partial)
        made.said += await _bypassed(kubernetes, namespace, all_, partial)
    if kind.name in losing.NEEDED:
        made.said += await losing.needing(kubernetes, namespace, kind.name, made.root.name, partial)
    made.said += [*hangs(all_), *known.notes]


async def _around(
    kubernetes: Kubernetes, made: Deletion, kind: KindInfo, found: Object, partial: Partial
) -> None:
    if kind.name == "CustomResourceDefinition":
        made.said += await losing.instances(kubernetes, found, partial)
    if kind.name == "Node":
        fields = f"spec.nodeName={made.root.name}"
        on: list[Pod] = await partial.at("pods", pods(kubernetes, None, fields=fields))
        made.said += [f"its {many(len(on), 'pod')} are lost without being drained"] if on else []
    made.said += ["what it owns in namespaces was not looked at", *hangs([made.root])]


async def _data(
    kubernetes: Kubernetes,
    made: Deletion,
    namespace: str,
    gone: Sequence[Thing],
    partial: Partial,
) -> None:
    names = [each.name for each in gone if each.kind == "PersistentVolumeClaim"]
    found = await losing.claims(kubernetes, namespace, names, partial)
    made.lost = sorted(each.name for each in found if each.policy in ("Delete", ""))
    made.said += losing.data(found)


def _family(known: Things, below: Sequence[Thing], cascade: Cascade) -> list[str]:
    if not below:
        return []
    counted = known.counted(below)
    if cascade == "orphan":
        return [f"left without an owner: {counted}"]
    return [f"with it fall {counted}"]


def _kept(found: Object, known: Things, gone: Sequence[Thing]) -> list[str]:
    """Say which claims of a StatefulSet stay."""
    names = {each.name for each in gone}
    stay = [each for each in losing.templated(found, known.all) if each.name not in names]
    return [f"{many(len(stay), 'claim')} and their data stay"] if stay else []


async def _bypassed(
    kubernetes: Kubernetes, namespace: str, gone: Sequence[Thing], partial: Partial
) -> list[str]:
    """Name the budgets that would hold an eviction: a deletion does not ask them."""
    known = await partial.at("budgets", budgets(kubernetes, namespace))
    falling_pods = [each for each in gone if each.kind == "Pod"]
    return [
        f"{each.told}, and is not asked"
        for each in known
        if each.allowed < sum(each.chooses(pod.labels) for pod in falling_pods)
    ]


def _anew(made: Deletion, found: Object) -> list[str]:
    """Say who makes the object anew: its controller, or what deploys it."""
    owners = [
        o for o in listing(found, "metadata", "ownerReferences") if o.get("controller") is True
    ]
    if owners:
        made.again = f"{plain_kind(text(owners[0], 'kind'))} {plain(text(owners[0], 'name'))}"
        return [f"{made.again} makes another"]
    notes = mapping(found, "metadata", "annotations")
    labels = mapping(found, "metadata", "labels")
    for key, who in _KEEPERS.items():
        if value := text(notes, key) or text(labels, key):
            return [f"{who.format(plain(value))} deployed it, and may bring it back"]
    return []


def plain_kind(kind: str) -> str:
    """Let a kind stand among our own words only if it is a word."""
    return kind if kind.isascii() and kind.isalnum() and len(kind) < 64 else "its owner"
