"""`explain_problem`: root cause, evidence in order, who is affected."""

import dataclasses

import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.models.problems import Comment, Entity, Evidence, Problem
from bailiwick_observability.tools.explain_problem import explain_problem
from tests.parts.metrics import NOW
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio
SHOP = Entity("SERVICE-1", "checkout")
ONE = Problem(
    "-1", "P-1", "Slow shop", "PERFORMANCE", "SERVICE", "OPEN", NOW - 600, 0, SHOP, [SHOP], [SHOP],
    zones=("eu",),
    evidence=[
        Evidence("Failure rate", "METRIC", SHOP, NOW - 500, root=True),
        Evidence("Deployment 3.7.2", "EVENT", SHOP, NOW - 900),
    ],
    comments=[Comment("c", "bo", NOW - 60, "looking at it")],
)  # fmt: skip


async def test_the_cause_and_the_evidence_in_order(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    pool.finder.known = [ONE]
    text = (await made.ask(explain_problem, source="finder", problem="P-1")).text
    assert text.startswith(
        "P-1 is open, 10m since 13:25 UTC: performance; root cause checkout, deployed 5m before"
        " it began"
    )
    assert text.index("Deployment 3.7.2") < text.index("Failure rate\tMETRIC\tcheckout\tyes")
    assert "Slow shop" in text.partition('source="title"')[2]
    assert "13:34 bo: looking at it" in text
    assert "affected: 1 entity (checkout)" in text
    assert "management zones: eu" in text


async def test_without_a_cause_and_over(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    pool.finder.known = [
        dataclasses.replace(ONE, root_cause=None, end=NOW - 300, evidence=(), comments=())
    ]
    text = (await made.ask(explain_problem, source="finder", problem="P-1")).text
    assert text.startswith("P-1 is closed, 5m since 13:25 UTC: performance; no root cause was")
    with pytest.raises(BadRequest, match="there is no problem P-9"):
        await made.ask(explain_problem, source="finder", problem="P-9")
