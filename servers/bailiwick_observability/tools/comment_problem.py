"""`comment_problem`: write under a problem, in the caller's name."""

from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.models.problems import Problem
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import DryRun, Source
from bailiwick_observability.parameters import Problem as Id

Comment = Annotated[str, Field(description="What to write.", min_length=3, max_length=2_000)]


class Commented(BaseModel, frozen=True):
    """The comment that was written, or would be."""

    result: str
    problem: str
    id: str
    text: str
    dry_run: bool
    link: str


async def plan_comment(
    call: Call[Upstream], source: str, problem: str, text: str, dry_run: bool = True
) -> Plan:
    """Look whether the problem is there, and whether the same was written already."""
    found = await call.upstream.sources.problems(source, behalf(call)).problem(problem)
    said = _signed(call, text)
    same = next((c for c in found.comments if c.text.strip() == said.strip()), None)
    nothing = _answer(call, source, found, same.id, said, "is there already") if same else None
    state = "closed" if found.end else "open"
    effect = f"write under {safe(found.display_id)} ({state}) in {source}: {said}"
    return Plan(effect, {"problem": found.id}, {"problem": found.id}, nothing)


@tool(risk=Risk.CHANGE, seconds=30, plan=plan_comment)
async def comment_problem(
    call: Call[Upstream], source: Source, problem: Id, text: Comment, dry_run: DryRun = True
) -> Commented:
    """Comment on a problem (Dynatrace), in your name."""
    system = call.upstream.sources.problems(source, behalf(call))
    found, said = await system.problem(problem), _signed(call, text)
    if dry_run:
        return _answer(call, source, found, "", said, "would be written")
    made = await system.comment(found.id, said)
    call.facts["comment"] = made
    return _answer(call, source, found, made, said, "written")


def _signed(call: Call[Upstream], text: str) -> str:
    """Name the caller: the system knows only the credential."""
    return f"{text.strip()} ({call.principal.subject}, through Bailiwick)"


def _answer(
    call: Call[Upstream], source: str, found: Problem, made: str, said: str, what: str
) -> Commented:
    system = call.upstream.sources.problems(source, behalf(call))
    return Commented(
        result=f"comment {what}",
        problem=safe(found.display_id),
        id=safe(made) if made else "",
        text=said,
        dry_run=what.startswith("would"),
        link=system.link(found.id),
    )
