"""From all that was found to an answer: yes or no first, then the rows that say why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bailiwick.shaping.answer import Answer, Table
from bailiwick_cluster.parts import named
from bailiwick_cluster.traffic.address import Share
from bailiwick_cluster.traffic.audience import audience
from bailiwick_cluster.traffic.backing import check
from bailiwick_cluster.traffic.dialling import Ends, of_pods, of_service
from bailiwick_cluster.traffic.finding import Finding, Level, head
from bailiwick_cluster.traffic.hints import hints
from bailiwick_cluster.traffic.passage import End, alike, findings, judged
from bailiwick_cluster.traffic.routing import around
from bailiwick_cluster.traffic.world import World

_ROWS = 14


def answer(world: World) -> Answer:
    """Answer a question about traffic."""
    dials = _dials(world)
    found = [*_backing(world), *_passing(world, dials), *around(world)]
    found = sorted(dict.fromkeys(found), key=lambda each: each.level)
    rows = [(each.check, each.result, each.detail) for each in found if each.check != "endpoints"]
    return Answer(
        _says(world, found, dials),
        Table(("CHECK", "RESULT", "DETAIL"), rows[:_ROWS], "kubernetes") if rows else None,
        notes=tuple(hints(world, dials)),
    )


def _dials(world: World) -> Mapping[str, Ends]:
    target = world.target
    if target.service is None:
        return of_pods(target.pods, world.port, target.space, by_address=world.by_address)
    return of_service(
        target.service,
        world.port,
        target.pods,
        target.space,
        world.ends or (),
        by_address=world.by_address,
    )


def _backing(world: World) -> list[Finding]:
    """Look at the Service, or where pods themselves are meant at whether they are ready."""
    target = world.target
    if target.service is not None:
        return check(target.service, world.port, target.pods, world.ends, world.missed)
    if target.imagined:
        label = target.place.label
        return [Finding(Level.STOPS, label, "has no pods", "", f"{label} has no pods")]
    off = [pod for pod in target.pods if not pod.ready]
    return [
        Finding(Level.ODD, f"Pod {pod.name}", "not ready", f"{pod.why}: a Service leaves it out")
        for pod in off[:4]
    ]


def _passing(world: World, dials: Mapping[str, Ends]) -> list[Finding]:
    """Judge the policies on every port. What stops one of several stops a part only."""
    target = world.target
    if world.source.anyone:
        policies, space = target.policies, target.place.namespace
        by_port = [audience(policies, space, dial, ends) for dial, ends in dials.items()]
    else:
        source = _source(world)
        there = End(target.place.label, policies=target.policies)
        world.passages = [judged(source, there, dial, ends) for dial, ends in dials.items()]
        by_port = [findings(passage, source.label) for passage in world.passages]
    stopped = [any(each.level is Level.STOPS for each in found) for found in by_port]
    every = [each for found in by_port for each in found]
    return every if all(stopped) else [replace(f, level=max(f.level, Level.PARTLY)) for f in every]


def _source(world: World) -> End:
    origin = world.origin
    if origin is None:
        return End(world.source.label, outside=world.source.addresses)
    groups = alike(origin.pods, by_address=world.by_address)
    return End(origin.place.label, groups, origin.space, origin.policies)


def _says(world: World, found: Sequence[Finding], dials: Mapping[str, Ends]) -> str:
    """Say yes or no, and the one reason that matters most."""
    said = head(found)
    if said == "yes" and (world.blind or world.unrouted):
        said = "perhaps"
    first = next((each for each in found if each.says), None)
    if said in ("no", "partly") and first is not None:
        more = sum(each.level is first.level and bool(each.says) for each in found) - 1
        whole = said == "partly"
        free = [each.dial for each in world.passages if whole and each.share is Share.ALL]
        rest = f"; and {more} more in the way" if more else ""
        return f"{said}: {first.says}{rest}" + (f"; open on {', '.join(free)}" if free else "")
    on = f", on {', '.join(list(dials)[:4])}" if dials else ""
    inside = " in the cluster" if world.source.anyone and world.inner else ""
    who = f"{world.source.label}{inside} reaches {world.target.place.label}"
    backed = next((f"{each.says}; " for each in found if each.says), "")
    return f"{said}{on}: {who}; {backed}{_why(world, found)}"


def _why(world: World, found: Sequence[Finding]) -> str:
    if world.blind:
        return f"NetworkPolicies of {', '.join(world.blind)} may not be read (its RBAC)"
    if world.unrouted:
        return "no policy shuts it, but a ClusterIP is no address outside of the cluster"
    letting = [each.check for each in found if each.check.startswith("NetworkPolicy ")]
    if letting:
        name, _, side = letting[0].removeprefix("NetworkPolicy ").rpartition(" ")
        return f"NetworkPolicy {named(name)} {side} lets it pass"
    return (
        "no NetworkPolicy isolates either side" if world.origin else "no NetworkPolicy isolates it"
    )
