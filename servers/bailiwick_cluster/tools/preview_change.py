"""`preview_change`: what a change would do, tried out on the API, and a plan to do just that."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, Sealed, tool
from bailiwick_cluster.kinds import canonical
from bailiwick_cluster.parameters import NAME, AnyNamespace, Cluster, at_most
from bailiwick_cluster.releases.parameters import CHART, RELEASE, VERSION
from bailiwick_cluster.upstream import Upstream

Manifests = Annotated[
    str, Field(description="YAML or JSON documents.", max_length=1_000_000), Sealed()
]
Patch = Annotated[str, Field(description="Or a merge or JSON patch.", max_length=200_000), Sealed()]
Kind = Annotated[
    str,
    Field(description="Of the patched object.", max_length=300),
    AfterValidator(lambda said: canonical(said) if said else ""),
]
Named = Annotated[str, Field(description="Its name.", pattern=f"{NAME}|^$")]
Release = Annotated[str, Field(description="Or a Helm release.", pattern=f"{RELEASE}|^$")]
Chart = Annotated[
    str, Field(description="oci://, https:// or folder.", pattern=f"{CHART}|^$"), at_most(510)
]
Version = Annotated[str, Field(description="Of the chart.", pattern=VERSION)]
Values = Annotated[str, Field(description="YAML over the chart's.", max_length=64_000), Sealed()]
Force = Annotated[bool, Field(description="Take others' fields over.")]
OnFailure = Annotated[Literal["keep", "roll_back"], Field(description="Then.")]


@tool(risk=Risk.READ, seconds=45)
async def preview_change(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: AnyNamespace = None,
    manifests: Manifests = "",
    patch: Patch = "",
    kind: Kind = "",
    name: Named = "",
    release: Release = "",
    chart: Chart = "",
    version: Version = "",
    values: Values = "",
    force: Force = False,
    on_failure: OnFailure = "keep",
) -> Answer:
    """Rehearse a change: diff, conflicts, refusals, quota, restarts; a plan id for apply_change."""
    from bailiwick_cluster.preparing.asking import Wish, previewed  # noqa: PLC0415 - not at the start

    wish = Wish(manifests, patch, kind, name, release, chart, version, values, force, on_failure)
    return await previewed(call, cluster, namespace, wish)
