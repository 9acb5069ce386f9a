"""`list_slos`: objectives, what is left of their budgets, and how fast it burns."""

from collections.abc import Sequence
from dataclasses import replace

import anyio

from bailiwick.errors import BailiwickError, TooCostly
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability.asking import Upstream, behalf, prometheus, reached
from bailiwick_observability.figures import figure
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.metrics import Prometheus
from bailiwick_observability.models.problems import Slo
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import AnySource, Limit
from bailiwick_observability.settings import PrometheusSettings, SloSettings

KINDS = ("prometheus", "dynatrace")
_HINT = "A recording rule of its errors makes it cheap: its operator adds one"
_STATES = {"SUCCESS": "met", "FAILURE": "missed", "WARNING": "met, but warns"}


@tool(risk=Risk.READ, seconds=45)
async def list_slos(call: Call[Upstream], source: AnySource = None, limit: Limit = 30) -> Answer:
    """List service level objectives, the worst first: error budget left and its burn rate."""
    asked = reached(call, source, KINDS, "objectives")
    found: list[Slo] = []
    away: list[str] = []

    async def ask(name: str) -> None:
        try:
            slos = await _slos(call, name, away)
            found.extend(replace(each, source=name) for each in slos)
        except BailiwickError as error:
            away.append(f"not asked: {name}: {error}")

    async with anyio.create_task_group() as tasks:
        for name in asked.names:
            tasks.start_soon(ask, name)
    found.sort(key=lambda one: (_left(one), one.name))
    bad = [one for one in found if _left(one) < 0]
    hot = [one for one in found if (one.burn or 0) > 1 and one not in bad]
    says = f"{len(bad)} of {many(len(found), 'objective')} missed"
    if bad:
        says += f": {', '.join(safe(one.name) for one in bad[:3])}"
    if hot:
        says += f"; {len(hot)} burning faster than allowed"
    heads = ("SOURCE", "OBJECTIVE", "TARGET", "ACTUAL", "BUDGET LEFT", "BURN 1H", "WINDOW", "STATE")
    if not found:
        says = "no objective is known; an operator adds them under `slos` of a source"
    return Answer(
        says,
        Table(heads, [_row(one) for one in found[:limit]], "objectives") if found else None,
        total=len(found) if len(found) > limit else None,
        withheld=asked.withheld,
        notes=tuple(away),
    )


def _left(one: Slo) -> float:
    return 2.0 if one.budget_left is None else one.budget_left


async def _slos(call: Call[Upstream], name: str, away: list[str]) -> Sequence[Slo]:
    """Read the objectives of a source; one that a guard refuses leaves the others."""
    sources = call.upstream.sources
    settings = sources.settings(name)
    if not isinstance(settings, PrometheusSettings):
        return await sources.problems(name, behalf(call)).slos()
    store, found = prometheus(call, name, _HINT), list[Slo]()
    for each in settings.slos:
        try:
            found.append(await _measured(store, each))
        except TooCostly as error:
            away.append(f"{safe(each.name)} of {name} was {error}")
            found.append(Slo(each.name, each.target, None, None, None, each.window, "not run"))
    return found


async def _measured(store: Metered[Prometheus], slo: SloSettings) -> Slo:
    """Work the budget out from the share of bad events over the window, and the last hour.

    Burn rates as in the Site Reliability Workbook, chapter 5: 1 spends the budget exactly.
    """
    allowed = 1 - slo.target
    bad = await _share(store, slo.errors.replace("$window", slo.window))
    lately = await _share(store, slo.errors.replace("$window", "1h"))
    left = None if bad is None else 1 - bad / allowed
    burn = None if lately is None else lately / allowed
    state = "no data" if left is None else "missed" if left < 0 else "met"
    return Slo(
        slo.name, slo.target, None if bad is None else 1 - bad, left, burn, slo.window, state
    )


async def _share(store: Metered[Prometheus], query: str) -> float | None:
    answer = await store.instant(query)
    return answer.series[0].points[-1][1] if answer.series and answer.series[0].points else None


def _row(one: Slo) -> tuple[str, ...]:
    return (
        one.source,
        one.name,
        f"{one.target * 100:.4f}".rstrip("0").rstrip(".") + "%",
        "-" if one.actual is None else f"{one.actual:.3%}",
        "-" if one.budget_left is None else f"{one.budget_left:.0%}",
        "-" if one.burn is None else f"{figure(one.burn)}x",
        one.window.removeprefix("-"),
        _STATES.get(one.status, one.status.lower().replace("_", " ")),
    )
