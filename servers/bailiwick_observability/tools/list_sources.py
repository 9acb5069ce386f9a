"""`list_sources`: what can be asked, what it can do, and how it is."""

import anyio

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.models.sources import Standing
from bailiwick_observability.parameters import AnySource

_SKEWED = 5.0
"""Seconds of clock difference from which times of two sources cannot be compared."""


@tool(risk=Risk.READ, seconds=12, budget=4_000)
async def list_sources(call: Call[Upstream], source: AnySource = None) -> Answer:
    """List the sources: kind, version, features, reachable or why not, clock difference."""
    sources = call.upstream.sources
    known = list(sources.names()) if source is None else [source]
    if source is not None:
        sources.kind(source)
    seen = [name for name in known if source is not None or call.sees("Source", name)]
    found: list[Standing] = []

    async def look(name: str) -> None:
        found.append(await sources.standing(name, behalf(call)))

    async with anyio.create_task_group() as tasks:
        for name in seen:
            tasks.start_soon(look, name)
    found.sort(key=lambda one: (not one.problem, abs(one.skew or 0) < _SKEWED, one.name))
    withheld = len(known) - len(seen)
    rows = [
        (o.name, o.kind, o.problem or "ok", o.version, ",".join(o.features), _skew(o), o.url)
        for o in found
    ]
    heads = ("SOURCE", "KIND", "STATE", "VERSION", "FEATURES", "CLOCK", "URL")
    return Answer(
        _says(found),
        Table(heads, rows, "sources"),
        withheld=f"{many(withheld, 'source')} (policy)" if withheld else "",
    )


def _says(found: list[Standing]) -> str:
    if not found:
        return "no source; its operator adds one under [servers.observability.sources]"
    away = [one.name for one in found if one.problem]
    skewed = [one.name for one in found if abs(one.skew or 0) >= _SKEWED]
    said = f"{many(len(found), 'source')}, reachable"
    if away:
        said = f"{len(away)} of {len(found)} sources not reachable: {', '.join(away[:5])}"
    if skewed:
        said += f"; clocks differ: {', '.join(skewed[:5])}"
    return said


def _skew(one: Standing) -> str:
    return "" if one.skew is None else "same" if abs(one.skew) < 2 else f"{one.skew:+.0f}s"
