"""`explain_problem`: root cause, evidence in order, who is affected, and what people wrote."""

from collections.abc import Sequence

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.models.problems import Entity, Evidence, Problem
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import Problem as Id
from bailiwick_observability.parameters import Source

_ROWS = 25


@tool(risk=Risk.READ, seconds=30, budget=5_000)
async def explain_problem(call: Call[Upstream], source: Source, problem: Id) -> Answer:
    """Explain a problem: root cause, evidence in time order, affected entities, comments."""
    now = call.upstream.clock()
    system = call.upstream.sources.problems(source, behalf(call))
    found = await system.problem(problem)
    ordered = sorted(found.evidence, key=lambda each: each.start)
    rows = [_row(each, now) for each in ordered[:_ROWS]]
    blocks = [Block("title", found.title)]
    if found.comments:
        said = "\n".join(
            f"{times.clock(c.at, now)} {c.author}: {c.text[:400]}" for c in found.comments[:5]
        )
        blocks.append(Block("comments", said))
    return Answer(
        _says(found, now),
        Table(("TIME", "WHAT", "KIND", "ON", "ROOT"), rows, "evidence") if rows else None,
        blocks=tuple(blocks),
        total=len(ordered) if len(ordered) > _ROWS else None,
        notes=_notes(found),
        link=system.link(found.id),
    )


def _says(found: Problem, now: float) -> str:
    state = "closed" if found.end else "open"
    lasted = times.ago((found.end or now) - found.start)
    cause = _cause(found)
    return (
        f"{safe(found.display_id)} is {state}, {lasted} since {times.clock(found.start, now)} UTC:"
        f" {safe(found.severity.lower())}; {cause}"
    )


def _cause(found: Problem) -> str:
    if found.root_cause is None:
        return "no root cause was found"
    said = f"root cause {safe(found.root_cause.name)}"
    before = [e for e in found.evidence if "deploy" in f"{e.name} {e.kind}".lower()]
    if before:
        first = min(before, key=lambda each: each.start)
        gap = found.start - first.start
        said += f", deployed {times.ago(abs(gap))} {'before' if gap >= 0 else 'after'} it began"
    return said


def _row(each: Evidence, now: float) -> tuple[str, ...]:
    on = each.entity.name
    return times.clock(each.start, now), each.name, each.kind, on, "yes" if each.root else ""


def _notes(found: Problem) -> tuple[str, ...]:
    notes = [_named("affected", found.affected), _named("impacted", found.impacted)]
    if found.zones:
        notes.append(f"management zones: {', '.join(map(safe, found.zones[:5]))}")
    return tuple(filter(None, notes))


def _named(what: str, entities: Sequence[Entity]) -> str:
    if not entities:
        return ""
    names = ", ".join(safe(each.name) for each in entities[:6])
    return f"{what}: {many(len(entities), 'entity', 'entities')} ({names})"
