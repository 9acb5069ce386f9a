"""`apply_change`: what was previewed, and nothing else, done and watched to the end."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.changing.plans import ID, ready, store
from bailiwick_cluster.preparing.applying import ABOUT, Outcome, agreed, apply
from bailiwick_cluster.upstream import Upstream, opened

PlanId = Annotated[str, Field(description="Plan or undo id.", pattern=ID)]


async def plan_applying(call: Call[Upstream], plan: str) -> Plan:
    """Look at everything the plan is about once more, and say what it does."""
    stored = await ready(store(call), plan, call.principal.id)
    async with opened(call, stored.change.cluster) as kubernetes:
        return await agreed(call, kubernetes, stored)


@tool(risk=Risk.CHANGE, seconds=120, plan=plan_applying, about=ABOUT)
async def apply_change(call: Call[Upstream], plan: PlanId) -> Outcome:
    """Apply a plan as previewed, watch it; says how to undo."""
    stored = await ready(store(call), plan, call.principal.id)
    async with opened(call, stored.change.cluster) as kubernetes:
        return await apply(call, kubernetes, stored)
