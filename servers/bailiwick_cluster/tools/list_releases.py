"""`list_releases`: Helm's releases, those that failed or hang first, and why."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import age, many
from bailiwick_cluster.parameters import AnyNamespace, Cluster
from bailiwick_cluster.releases.history import Past, plain
from bailiwick_cluster.releases.reading import Brief, briefly, everywhere
from bailiwick_cluster.scan import Scan
from bailiwick_cluster.upstream import Upstream, opened

Limit = Annotated[int, Field(description="Rows.", ge=1, le=50)]
_HEAD = ("RELEASE", "STATUS", "REVISION", "CHART", "APP", "UPDATED", "WHY")
_NAMED = 3


@tool(risk=Risk.READ, seconds=25, budget=5_000)
async def list_releases(
    call: Call[Upstream], cluster: Cluster, namespace: AnyNamespace = None, limit: Limit = 20
) -> Answer:
    """List Helm releases, failed and stuck ones first, with the reason."""
    async with opened(call, cluster) as kubernetes:
        found, look = await everywhere(call, kubernetes, namespace)
        shown = found[:limit]
        briefs = await briefly(call, kubernetes, [each.latest for each in shown])
    now = time.time()
    where = f"{cluster}/{namespace}" if namespace else cluster
    rows = [_row(each, brief, now) for each, brief in zip(shown, briefs, strict=True)]
    return Answer(
        _says(found, briefs, where, now),
        Table(_HEAD, rows, "helm releases") if rows else None,
        total=len(found),
        withheld=look.withheld,
        notes=(*_broken(briefs), *_notes(look), *_next(cluster, found)),
    )


def _broken(briefs: Sequence[Brief]) -> tuple[str, ...]:
    """Say of how many the labels alone could be read."""
    count = sum(each.broken for each in briefs)
    return (f"{many(count, 'release')} cannot be read but for its labels",) if count else ()


def _notes(look: Scan) -> tuple[str, ...]:
    """Say why RBAC matters here: whoever may not list Secrets sees no release."""
    why = ("helm keeps releases in Secrets, which you may not list there",) if look.by_rbac else ()
    return (*look.notes, *why)


def _says(found: Sequence[Past], briefs: Sequence[Brief], where: str, now: float) -> str:
    total = many(len(found), "release")
    if not found:
        return f"no releases in {where}"
    failed = [each for each in found if each.latest.status == "failed"]
    pending = [each for each in found if each.pending]
    said: list[str] = []
    if failed:
        what = {id(past): _act(brief) for past, brief in zip(found, briefs, strict=False)}
        told = _names(failed, lambda each: _how(each, what.get(id(each), "")))
        said.append(f"{len(failed)} of {total} failed: {told}")
    if pending:
        told = _names(pending, lambda each: each.state(now))
        said.append(f"{len(pending)} {'' if failed else f'of {total} '}under way: {told}")
    well = sum(each.latest.status == "deployed" for each in found)
    if not said and well == len(found):
        return f"{total} in {where}, all deployed"
    return "; ".join(said) + f" ({where})" if said else f"{total} in {where}, {well} deployed"


def _names(found: Sequence[Past], how: Callable[[Past], str]) -> str:
    named = [f"{_named(each)} ({how(each)})" for each in found[:_NAMED]]
    more = len(found) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _named(past: Past) -> str:
    return f"{past.latest.namespace}/{plain(past.latest.release) or '(no name)'}"


def _how(past: Past, act: str) -> str:
    """Say what failed; a release's first revision is its installation."""
    runs = past.runs
    what = "install" if past.latest.revision == 1 else act or "change"
    still = f", {runs.revision} still runs" if runs else ""
    return f"{what}, revision {past.latest.revision}{still}"


def _act(brief: Brief) -> str:
    """Read off helm's own description what it was doing."""
    first = brief.description.split(" ", 1)[0].lower()
    return first if first in ("upgrade", "rollback") else ""


def _row(past: Past, brief: Brief, now: float) -> tuple[str, ...]:
    latest = past.latest
    bad = latest.status not in ("deployed", "superseded")
    return (
        f"{latest.namespace}/{latest.release or latest.object}",
        past.state(now),
        str(latest.revision),
        brief.chart,
        brief.app_version,
        f"{age(max(now - latest.at, 0))} ago" if latest.at else "",
        brief.description if bad or brief.broken else "",
    )


def _next(cluster: str, found: Sequence[Past]) -> tuple[str, ...]:
    """Write the call that looks closer at the first that is not well."""
    for each in found:
        name = plain(each.latest.release)
        if each.latest.status not in ("deployed", "uninstalled") and name:
            space = f'namespace="{each.latest.namespace}", release="{name}"'
            return (f'next: read_release(cluster="{cluster}", {space})',)
    return ()
