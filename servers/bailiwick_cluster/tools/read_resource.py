"""`read_resource`: one object, without its noise and without what is secret."""

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call, tool
from bailiwick_cluster.parameters import AnyNamespace, Cluster, Kind, Name
from bailiwick_cluster.summary import condition_lines, headline, lean
from bailiwick_cluster.upstream import Upstream, opened
from bailiwick_cluster.written import written


@tool(risk=Risk.READ, seconds=15)
async def read_resource(
    call: Call[Upstream], cluster: Cluster, kind: Kind, name: Name, namespace: AnyNamespace = None
) -> Answer:
    """Read one object: how it is, its conditions, then spec and status as YAML.

    Secrets show keys and sizes only. Find names with list_resources.
    """
    async with opened(call, cluster) as kubernetes:
        info = await kubernetes.kind(kind)
        if info.namespaced and namespace is None:
            raise BadRequest(f"{kind} is in a namespace: give `namespace`")
        if namespace and not info.namespaced:
            raise BadRequest(f"{kind} is not in a namespace; leave `namespace` out")
        found = await kubernetes.read(info, namespace, name)
    where = f"{namespace}/{name}" if namespace else name
    conditions = condition_lines(found)
    blocks = [Block(f"conditions of {where}", "\n".join(conditions))] if conditions else []
    return Answer(
        says=f"{info.name} {where} in {cluster}: {headline(found)}",
        blocks=(*blocks, Block(f"{info.name} {where}", written(lean(found)))),
    )
