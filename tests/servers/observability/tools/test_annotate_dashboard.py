"""`annotate_dashboard`: a mark in the caller's name, once."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.models.dashboards import Dashboard
from bailiwick_observability.tools.annotate_dashboard import annotate_dashboard, plan_annotation
from tests.parts.metrics import NOW
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio
MARK: dict[str, Any] = {"source": "boards", "dashboard": "d1", "text": "rolled back"}


@pytest.fixture
def marked(desk: tuple[Watch, Told]) -> tuple[Watch, Told]:
    board = Dashboard("d1", "Shop", "", (), (), (), ("now-1h", "now"), 7)
    desk[1].boards.known["d1"] = board
    return desk


async def test_a_dry_run_and_then_for_good(marked: tuple[Watch, Told]) -> None:
    made, pool = marked
    reply = await made.ask(annotate_dashboard, **MARK)
    assert reply.structured is not None
    assert reply.structured["result"] == "annotation would be made"
    assert pool.boards.marks == []
    await made.ask(annotate_dashboard, **MARK, dry_run=False, at="-5m", tags=["x", "x"])
    (mark,) = pool.boards.marks
    assert mark.text == "rolled back (ana, through Bailiwick)"
    assert mark.start == NOW - 300
    assert mark.tags == ("x", "bailiwick")


async def test_asking_twice_makes_one(marked: tuple[Watch, Told]) -> None:
    made, pool = marked
    await made.ask(annotate_dashboard, **MARK, dry_run=False)
    reply = await made.ask(annotate_dashboard, **MARK, dry_run=False)
    assert reply.structured is not None
    assert reply.structured["result"] == "annotation is there already"
    assert len(pool.boards.marks) == 1


async def test_what_is_agreed_to(marked: tuple[Watch, Told]) -> None:
    plan = await plan_annotation(marked[0].call(annotate_dashboard), **MARK)
    assert plan.effect == (
        "mark 13:35 UTC on dashboard d1 in boards: rolled back (ana, through Bailiwick)"
    )
    assert plan.preconditions == {"dashboard": "d1", "version": "7"}


@pytest.mark.parametrize("at", ["+999999999y", "never", "-9999y"])
async def test_a_time_that_is_none(marked: tuple[Watch, Told], at: str) -> None:
    with pytest.raises(BadRequest):
        await marked[0].ask(annotate_dashboard, **MARK, at=at, dry_run=False)
    assert marked[1].boards.marks == []
