"""`list_targets`: what is scraped, what is down, and why."""

import re
from collections.abc import Sequence

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.models.metrics import Target
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import Limit, Source, Text

_GET = re.compile(r'^Get "[^"]*": ')
"""What every failed scrape begins with: the target, which the row names already."""


@tool(risk=Risk.READ, seconds=25)
async def list_targets(
    call: Call[Upstream], source: Source, text: Text = "", limit: Limit = 20
) -> Answer:
    """List scrape targets: the ones that are down with the error, then counts by job."""
    now = call.upstream.clock()
    store = call.upstream.sources.prometheus(source, behalf(call))
    found = [
        target
        for target in await store.targets()
        if not text or text in f"{target.job} {target.instance} {target.url}"
    ]
    down = sorted((t for t in found if not t.up), key=lambda t: (t.job, t.instance))
    shown = down or sorted(found, key=lambda t: -t.took)[: min(limit, 5)]
    rows = [(t.job, t.instance, _state(t, now), _GET.sub("", t.error)) for t in shown[:limit]]
    says = f"{len(down)} of {len(found)} targets down" if down else f"all {len(found)} targets up"
    if not found:
        says = f"no target has {text!r} in its job, instance or URL" if text else "no targets"
    if down:
        says += ": " + _jobs(down)
    return Answer(
        says,
        Table(("JOB", "INSTANCE", "SCRAPED", "ERROR"), rows, "targets") if rows else None,
        total=len(down) if len(down) > limit else None,
        notes=() if down or not found else (f"slowest shown; up: {_jobs(found)}",),
        link=store.page("targets"),
    )


def _state(target: Target, now: float) -> str:
    when = f"{times.ago(now - target.scraped)} ago" if target.scraped else "never"
    return when if not target.up else f"{when}, took {target.took:.2g} s"


def _jobs(targets: Sequence[Target]) -> str:
    counts: dict[str, int] = {}
    for target in targets:
        counts[target.job] = counts.get(target.job, 0) + 1
    ranked = sorted(counts.items(), key=lambda one: -one[1])
    more = f", {len(ranked) - 6} more jobs" if len(ranked) > 6 else ""
    return ", ".join(f"{safe(job)} {count}" for job, count in ranked[:6]) + more
