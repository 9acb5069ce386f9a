"""Read releases from a cluster, within what policy and RBAC let their reader see."""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread

from bailiwick.errors import Forbidden
from bailiwick.tool import Call
from bailiwick_cluster.releases.decoding import Broken, Release, decoded
from bailiwick_cluster.releases.history import Past, grouped, plain, unknown
from bailiwick_cluster.scan import Scan, gather
from bailiwick_cluster.upstream import Kubernetes, Upstream
from bailiwick_cluster.upstream.charts import engine
from bailiwick_cluster.upstream.releases import (
    Driver,
    Entry,
    entry,
    payload,
    revisions,
    slim,
    target,
)

_AT_ONCE = 4
"""Releases that are unpacked at the same time; one may take 32 MB and more."""


async def everywhere(
    call: Call[Upstream], kubernetes: Kubernetes, namespace: str | None
) -> tuple[list[Past], Scan]:
    """List releases of a namespace or of all of them, the worst first."""
    driver = engine(call).driver
    try:
        found, look = await gather(call, kubernetes, target(driver, namespace), slim)
    except Forbidden as error:
        where = f"of {namespace}" if namespace else "of any namespace"
        raise Forbidden(
            f"helm keeps releases in {driver}s, and the RBAC of cluster {kubernetes.name} does not"
            f" let you list those {where}; name a namespace in which you may",
            detail=error.detail,
        ) from error
    return grouped(map(entry, found)), look


async def one(call: Call[Upstream], kubernetes: Kubernetes, namespace: str, release: str) -> Past:
    """Find one release, or raise BadRequest with those there are."""
    past = await maybe(call, kubernetes, namespace, release)
    if past is not None:
        return past
    others, _ = await everywhere(call, kubernetes, namespace)
    raise unknown(release, namespace, [each.latest.release for each in others])


async def maybe(
    call: Call[Upstream], kubernetes: Kubernetes, namespace: str, release: str
) -> Past | None:
    """Find one release, if there is one."""
    found = await revisions(kubernetes, engine(call).driver, namespace, release)
    return Past(tuple(found)) if found else None


async def unpacked(call: Call[Upstream], kubernetes: Kubernetes, which: Entry) -> Release | Broken:
    """Read one revision; in a thread, since unpacking may take a while."""
    driver = engine(call).driver
    packed = await payload(kubernetes, driver, which)
    return await anyio.to_thread.run_sync(decoded, packed, driver)


@dataclass(frozen=True, slots=True)
class Brief:
    """Of one revision what a list shows."""

    chart: str
    app_version: str
    description: str
    broken: bool = False


async def briefly(
    call: Call[Upstream], kubernetes: Kubernetes, which: Sequence[Entry]
) -> list[Brief]:
    """Read what a list shows of some revisions, keeping none of them whole."""
    found: dict[int, Brief] = {}
    turns = anyio.CapacityLimiter(_AT_ONCE)
    driver: Driver = engine(call).driver

    async def read(place: int, each: Entry) -> None:
        async with turns:
            packed = await payload(kubernetes, driver, each)
            found[place] = await anyio.to_thread.run_sync(_brief, packed, driver)

    try:
        async with anyio.create_task_group() as tasks:
            for place, each in enumerate(which):
                tasks.start_soon(read, place, each)
    except BaseExceptionGroup as several:  # what ended one ends all
        raise several.exceptions[0] from None
    return [found[place] for place in range(len(which))]


def _brief(packed: str, driver: Driver) -> Brief:
    found = decoded(packed, driver)
    if isinstance(found, Broken):
        return Brief("(cannot be read)", "", found.why, broken=True)
    return Brief(charted(found) or found.chart, found.app_version, found.description)


def charted(found: Release) -> str:
    """Name a release's chart with its version, as far as both are just words."""
    return "-".join(part for part in (plain(found.chart), plain(found.version)) if part)
