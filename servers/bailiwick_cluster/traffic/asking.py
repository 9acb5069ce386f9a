"""What `explain_traffic` does, apart from it: it is imported with the first call."""

from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call
from bailiwick_cluster.traffic import place
from bailiwick_cluster.traffic.gathering import Reading
from bailiwick_cluster.traffic.telling import answer
from bailiwick_cluster.traffic.world import World
from bailiwick_cluster.upstream import Upstream, opened


async def explained(
    call: Call[Upstream], cluster: str, namespace: str, to: str, port: str, source: str
) -> Answer:
    """Say whether a source reaches what is in a namespace, or raise BadRequest."""
    target, start = place.target(to, namespace), place.source(source, namespace)
    async with opened(call, cluster) as kubernetes:
        reading = Reading(call, kubernetes)
        world = World(cluster, port, start, await reading.end(target, namespace))
        if start.namespace:
            world.origin = await reading.end(start, namespace)
        world.ends, world.missed = await reading.backing(world.target)
        served = await reading.served()
        world.fronts = await reading.fronts(world.target, served)
        spaces = [each for each in (namespace, start.namespace) if each]
        world.others = await reading.others(spaces, served)
    return answer(world)
