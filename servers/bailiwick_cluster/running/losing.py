"""What is lost with objects that go: data on volumes, endpoints of services, what others need."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.running.falling import MOST, Thing
from bailiwick_cluster.running.partial import Partial
from bailiwick_cluster.running.pods import plain
from bailiwick_cluster.running.references import references
from bailiwick_cluster.selecting import selects
from bailiwick_cluster.upstream import Keep, Kubernetes, Listing, Object, Target

NEEDED = ("ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount")
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim and what becomes of its data: `Delete`, `Retain`, or empty where it is not known."""

    name: str
    volume: str
    policy: str


async def claims(
    kubernetes: Kubernetes, namespace: str, names: Iterable[str], partial: Partial
) -> list[Claim]:
    """Look what the volumes of these claims do when the claims go."""
    wanted = set(names)
    if not wanted:
        return []

    def claim(found: Object) -> Object | None:
        name = text(found, "metadata", "name")
        return (
            {"name": name, "volume": text(found, "spec", "volumeName")} if name in wanted else None
        )

    def volume(found: Object) -> Object | None:
        policy = text(found, "spec", "persistentVolumeReclaimPolicy")
        return {"name": text(found, "metadata", "name"), "policy": policy}

    mine = await partial.at("claims", _list(kubernetes, "PersistentVolumeClaim", namespace, claim))
    if not any(each["volume"] for each in mine):
        return [Claim(plain(each["name"]), "", "unbound") for each in mine]
    known = await partial.at(
        "volumes, so whether data is lost", _list(kubernetes, "PersistentVolume", None, volume)
    )
    policies = {each["name"]: each["policy"] for each in known}
    return [
        Claim(
            plain(each["name"]),
            each["volume"],
            policies.get(each["volume"], "") if each["volume"] else "unbound",
        )
        for each in mine
    ]


async def _list(
    kubernetes: Kubernetes, kind: str, namespace: str | None, keep: Keep
) -> Sequence[Object]:
    return (await kubernetes.objects(Target(BUILTIN[kind], namespace), keep, _MOST)).items


def data(found: Sequence[Claim]) -> list[str]:
    """Say what becomes of data, what is lost first."""
    told: list[str] = []
    lost = [each.name for each in found if each.policy == "Delete"]
    unknown = [each.name for each in found if each.policy == ""]
    kept = [each.name for each in found if each.policy not in ("Delete", "", "unbound")]
    if lost:
        told.append(f"DATA IS LOST: {many(len(lost), 'volume')} deleted ({_some(lost)})")
    if unknown:
        told.append(f"DATA MAY BE LOST: {many(len(unknown), 'claim')} ({_some(unknown)})")
    if kept:
        told.append(f"volumes of {many(len(kept), 'claim')} are kept (Retain)")
    return told


def templated(found: Object, all_: Iterable[Thing]) -> list[Thing]:
    """Find the claims of a StatefulSet's templates: named template-set-number."""
    name = text(found, "metadata", "name")
    heads = [
        f"{text(each, 'metadata', 'name')}-{name}-"
        for each in listing(found, "spec", "volumeClaimTemplates")
    ]
    return [
        each
        for each in all_
        if each.kind == "PersistentVolumeClaim"
        and any(each.name.startswith(h) and each.name[len(h) :].isdecimal() for h in heads)
    ]


async def services(
    kubernetes: Kubernetes, namespace: str, all_: Sequence[Thing], gone: set[str], partial: Partial
) -> list[str]:
    """Name the services that lose endpoints; those that lose all of them first."""

    def keep(found: Object) -> Object:
        return {
            "name": text(found, "metadata", "name"),
            "selector": mapping(found, "spec", "selector"),
        }

    known = await partial.at("services", _list(kubernetes, "Service", namespace, keep))
    dark, dim = list[str](), list[str]()
    for service in known:
        behind = [
            each
            for each in all_
            if each.kind == "Pod"
            and service["selector"]
            and selects(service["selector"], each.labels)
        ]
        lost = sum(each.uid in gone for each in behind)
        if lost and lost == len(behind):
            dark.append(plain(service["name"]))
        elif lost:
            dim.append(f"{plain(service['name'])} {lost} of {len(behind)}")
    told = [f"Service {_some(dark)}: LOSES ALL its endpoints"] if dark else []
    return [*told, *([f"endpoints lost: Service {_some(dim)}"] if dim else [])]


async def needing(
    kubernetes: Kubernetes, namespace: str, kind: str, name: str, partial: Partial
) -> list[str]:
    """Say how many pods name a thing that is to go."""

    def keep(found: Object) -> Object | None:
        return {} if (kind, name) in references(mapping(found, "spec")) else None

    found = await partial.at("pods", _list(kubernetes, "Pod", namespace, keep))
    if not found:
        return []
    if kind == "PersistentVolumeClaim":
        return [f"it stays until the {many(len(found), 'pod')} that use it are gone"]
    return [f"{many(len(found), 'pod')} name it: they run on, but could not start again"]


async def instances(kubernetes: Kubernetes, found: Object, partial: Partial) -> list[str]:
    """Count the objects of a CustomResourceDefinition, which all go with it."""
    versions = [text(v, "name") for v in listing(found, "spec", "versions") if v.get("served")]
    group, plural = text(found, "spec", "group"), text(found, "spec", "names", "plural")
    if not versions or not group or not plural:
        return []
    kind = KindInfo(text(found, "spec", "names", "kind"), group, versions[0], plural, False)

    async def count() -> list[Listing]:
        return [await kubernetes.objects(Target(kind, bare=True), lambda _: None, MOST)]

    counted = await partial.at("its objects", count())
    if not counted or not counted[0].looked:
        return []
    more = "+" if counted[0].full else ""
    return [f"ALL {counted[0].looked}{more} objects of the kind go with it, in every namespace"]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{', '.join(names[:4])}{more}"
