"""`comment_problem`: written in the caller's name, once."""

import dataclasses
from typing import Any

import pytest

from bailiwick_observability.models.problems import Comment, Problem
from bailiwick_observability.tools.comment_problem import comment_problem, plan_comment
from tests.parts.metrics import NOW
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio
ONE = Problem("-1", "P-1", "Slow", "ERROR", "SERVICE", "OPEN", NOW - 600, 0, None, [], [])
SAID = "rolled back (ana, through Bailiwick)"
ASK: dict[str, Any] = {"source": "finder", "problem": "P-1", "text": " rolled back "}


@pytest.fixture
def open_one(desk: tuple[Watch, Told]) -> tuple[Watch, Told]:
    desk[1].finder.known = [ONE]
    return desk


async def test_a_dry_run_and_then_for_good(open_one: tuple[Watch, Told]) -> None:
    made, pool = open_one
    reply = await made.ask(comment_problem, **ASK)
    assert reply.structured is not None
    assert reply.structured["result"] == "comment would be written"
    assert pool.finder.comments == []
    reply = await made.ask(comment_problem, **ASK, dry_run=False)
    assert pool.finder.comments == [SAID]
    assert reply.structured is not None
    assert (reply.structured["id"], made.facts["comment"]) == ("c1", "c1")


async def test_what_is_there_already(open_one: tuple[Watch, Told]) -> None:
    made, pool = open_one
    pool.finder.known = [dataclasses.replace(ONE, comments=[Comment("c7", "bo", NOW, SAID)])]
    reply = await made.ask(comment_problem, **ASK, dry_run=False)
    assert reply.structured is not None
    assert reply.structured["result"] == "comment is there already"
    assert pool.finder.comments == []


async def test_what_is_agreed_to(open_one: tuple[Watch, Told]) -> None:
    plan = await plan_comment(open_one[0].call(comment_problem), **ASK)
    assert plan.effect == f"write under P-1 (open) in finder: {SAID}"
    assert plan.preconditions == {"problem": "-1"}
