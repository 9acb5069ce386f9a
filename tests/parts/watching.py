"""The observability tools called as a gate would call them, over sources that a test names."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bailiwick.cursor import Cursors
from bailiwick.policy.question import Principal, Risk
from bailiwick.shaping.render import Reply, shape
from bailiwick.tool import Call, ToolSpec
from bailiwick.upstream.current import current_risk
from bailiwick_observability.budget import Budget
from bailiwick_observability.ledger import SqliteLedger
from bailiwick_observability.settings import Settings, read
from bailiwick_observability.upstream.sources import SourcePool

ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))


@dataclass
class Watch:
    """Sources, and a caller who may see all of them but those that are `hidden`."""

    sources: SourcePool
    budget: Budget
    clock: Callable[[], float] = time.time
    hidden: set[str] = field(default_factory=set[str])
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    def call(self, spec: ToolSpec, who: Principal = ANA) -> Call[Any]:
        """Make a call of a tool."""
        self.facts = {}
        return Call(
            id="call-1",
            principal=who,
            risk=spec.risk,
            upstream=self,
            cursors=lambda: Cursors(b"k" * 32, b"test"),
            sees=lambda _kind, name, *_around: name not in self.hidden,
            facts=self.facts,
        )

    async def ask(self, spec: ToolSpec, who: Principal = ANA, **arguments: Any) -> Reply:
        """Check the arguments, plan where there is a plan, run, and shape the answer."""
        given = dict(spec.arguments.model_validate(arguments))
        call = self.call(spec, who)
        if spec.plan is not None:
            with current_risk(Risk.READ):
                plan = await spec.plan(**given, call=call)
            if plan.nothing is not None:
                return shape(plan.nothing, nonce="nonce123", budget=spec.budget)
            from dataclasses import replace  # noqa: PLC0415

            call = replace(call, plan=plan)
        with current_risk(spec.risk):
            result = await spec.run(**given, call=call)
        return shape(result, nonce="nonce123", budget=spec.budget)


def watch(folder: Path, sources: Mapping[str, Mapping[str, Any]], **more: Any) -> Watch:
    """Set sources up from what their settings would be."""
    settings: Settings = read({"sources": sources, **more})
    return Watch(
        SourcePool(settings.sources), Budget(SqliteLedger(folder / "budget.db"), settings.budget)
    )
