"""What `preview_change` does, apart from it: it is imported with the first call."""

from dataclasses import dataclass
from typing import Literal

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call
from bailiwick_cluster.preparing import releasing
from bailiwick_cluster.preparing.permission import look_only_where_allowed
from bailiwick_cluster.preparing.previewing import preview
from bailiwick_cluster.preparing.reading import manifests as read_manifests
from bailiwick_cluster.preparing.reading import patch as read_patch
from bailiwick_cluster.preparing.releasing import Asked
from bailiwick_cluster.preparing.telling import answer
from bailiwick_cluster.upstream import Upstream, opened


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be previewed, as the caller said it; empty where nothing was said."""

    manifests: str
    patch: str
    kind: str
    name: str
    release: str
    chart: str
    version: str
    values: str
    force: bool
    on_failure: Literal["keep", "roll_back"]


async def previewed(
    call: Call[Upstream], cluster: str, namespace: str | None, wish: Wish
) -> Answer:
    """Try a change out and keep a plan to do just that, or raise BadRequest."""
    if sum(map(bool, (wish.manifests, wish.patch, wish.chart))) != 1:
        raise BadRequest(
            "give one: `manifests`; `patch` with `kind` and `name`; `chart` with `release`"
        )
    async with opened(call, cluster) as kubernetes:
        if wish.chart:
            asked = Asked(
                cluster,
                namespace or "",
                wish.release,
                wish.chart,
                wish.version,
                wish.values,
                wish.on_failure,
            )
            return await releasing.preview(call, kubernetes, asked)
        if wish.manifests:
            items = await read_manifests(kubernetes, wish.manifests, namespace)
        else:
            items = [await read_patch(kubernetes, wish.kind, namespace, wish.name, wish.patch)]
        look_only_where_allowed(call, cluster, namespace, items)
        made = await preview(
            call, kubernetes, cluster, items, force=wish.force, on_failure=wish.on_failure
        )
    return answer(made)
