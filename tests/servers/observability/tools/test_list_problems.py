"""`list_problems`: open and worst first."""

import pytest

from bailiwick_observability.models.problems import Entity, Problem
from bailiwick_observability.tools.list_problems import list_problems
from tests.parts.metrics import NOW
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio
SHOP = Entity("SERVICE-1", "checkout")


def problem(name: str, severity: str, end: float = 0, cause: Entity | None = None) -> Problem:
    return Problem(
        f"-{name}", name, f"{name} is bad", severity, "SERVICE", "OPEN",
        NOW - 600, end, cause, [SHOP] * 4, [],
    )  # fmt: skip


async def test_open_and_worst_first(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    pool.finder.known = [
        problem("P-1", "AVAILABILITY", NOW - 60),
        problem("P-2", "PERFORMANCE"),
        problem("P-3", "ERROR", cause=SHOP),
        problem("P-4", "UNHEARD_OF"),
    ]
    text = (await made.ask(list_problems, source="finder")).text
    assert text.splitlines()[0].endswith("; worst: P-3, root cause checkout")
    assert text.startswith("3 open of 4 problems")
    rows = [line.split("\t") for line in text.splitlines() if line.startswith("P-")]
    assert [row[0] for row in rows] == ["P-3", "P-2", "P-4", "P-1"]
    assert rows[0][4:] == ["checkout", "checkout, checkout, checkout +1", "13:25", "10m"]
    assert rows[3][1] == "closed"


async def test_more_than_are_shown_and_none(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    assert (await made.ask(list_problems, source="finder")).text.startswith("0 open of 0 problems")
    pool.finder.known = [problem(f"P-{n}", "ERROR") for n in range(5)]
    text = (await made.ask(list_problems, source="finder", limit=2, only_open=True)).text
    assert "total=5 shown=2" in text
