"""`list_slos`: objectives, what is left of their budgets, and how fast it burns."""

import httpx
import pytest

from bailiwick_observability.models.problems import Slo
from bailiwick_observability.tools.list_slos import list_slos
from tests.parts.metrics import Prom
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("bad", "first", "row"),
    [
        (2, "1 of 1 objective missed: shop answers", "99%\t98.000%\t-100%\t2x\t30d\tmissed"),
        (0.5, "0 of 1 objective missed", "99%\t99.500%\t50%\t0.5x\t30d\tmet"),
        (0, "0 of 1 objective missed", "99%\t100.000%\t100%\t0x\t30d\tmet"),
    ],
)
async def test_an_objective_of_a_metrics_source(
    eu: Watch, prom: Prom, bad: float, first: str, row: str
) -> None:
    prom.held.add("bad", bad)
    prom.held.add("asked", 100)
    text = (await eu.ask(list_slos)).text
    assert text.splitlines()[0] == first
    assert f"eu\tshop answers\t{row}" in text
    asked = [query for query in prom.queries if not query.startswith("count(")]
    assert [query.count("[30d]") for query in asked] == [2, 0]


async def test_without_data_that_is_said(eu: Watch, prom: Prom) -> None:
    text = (await eu.ask(list_slos)).text
    assert "eu\tshop answers\t99%\t-\t-\t-\t30d\tno data" in text


async def test_a_source_that_fails_is_named(eu: Watch, prom: Prom) -> None:
    prom.fails = lambda _: httpx.Response(500)
    text = (await eu.ask(list_slos)).text
    assert "not asked: eu: eu is failing (500)" in text


async def test_those_of_a_problem_system_the_worst_first(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    pool.finder.objectives = [
        Slo("fine", 0.999, 0.9995, 0.5, 0.2, "-1w", "SUCCESS"),
        Slo("hot", 0.999, 0.9991, 0.1, 3, "-1w", "WARNING"),
        Slo("missed", 0.99, 0.98, -1, 2, "-1w", "FAILURE"),
    ]
    text = (await made.ask(list_slos)).text
    assert text.startswith("1 of 3 objectives missed: missed; 1 burning faster than allowed")
    assert text.index("finder\tmissed\t99%") < text.index("finder\thot") < text.index("fine\t99.9%")


async def test_none_at_all(desk: tuple[Watch, Told]) -> None:
    assert (await desk[0].ask(list_slos)).text.startswith("no objective is known")
