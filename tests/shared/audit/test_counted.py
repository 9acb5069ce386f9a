"""A journal with a meter beside it: what is written down is what is counted."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bailiwick.audit.counted import Counted
from bailiwick.audit.record import Entry
from bailiwick.errors import Unrecorded
from bailiwick.telemetry.meter import Meter

pytestmark = pytest.mark.anyio


class Paper:
    """A journal that takes everything, until it is full."""

    full = False

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        if self.full:
            raise Unrecorded("the disk is full")

    def ready(self) -> str:
        return "full" if self.full else ""


def counted() -> tuple[Counted, Paper]:
    paper = Paper()
    return Counted(paper, Meter()), paper


def said(journal: Counted, name: str) -> dict[tuple[str, ...], float]:
    """Read the series of one metric, by the values of its labels in the order of their names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(journal.meter.render().decode())
        for sample in family.samples
        if sample.name == f"bailiwick_{name}"
    }


def entry(event: str, phase: Any, outcome: Any = "", **data: Any) -> Entry:
    action = {"server": "library", "tool": "read_shelf", "risk": "read", **data.pop("action", {})}
    return Entry(event, phase, "id", outcome, {"action": action, **data})


async def test_a_call_is_counted_once_and_with_everything_that_was_taken_out() -> None:
    journal, _ = counted()
    await journal.write(entry("tool.call", "intent", action={"redacted": {"token": 2}}))
    result = {"ms": 12.5, "bytes": 3, "redactions": {"card": 1, "token": 1}}
    await journal.write(entry("tool.call", "outcome", "success", result=result))
    assert said(journal, "calls_total") == {("success", "read", "library", "read_shelf"): 1}
    assert said(journal, "call_seconds_sum") == {("library", "read_shelf"): 0.0125}
    assert said(journal, "redactions_total") == {
        ("token", "arguments", "library"): 2,
        ("token", "answer", "library"): 1,
        ("card", "answer", "library"): 1,
    }
    assert said(journal, "failures_total") == {}
    assert said(journal, "journal_records_total") == {(): 2}


@pytest.mark.parametrize(
    ("event", "phase", "policy", "rule"),
    [
        ("tool.refused", "single", {"because": ["kube-system", "other"]}, "kube-system"),
        ("tool.refused", "single", {"because": ["no-policy"]}, "no-policy"),
        ("tool.refused", "single", None, "scopes"),
        ("tool.call", "outcome", None, "approval"),
    ],
)
async def test_a_denial_names_its_rule(event: str, phase: Any, policy: Any, rule: str) -> None:
    journal, _ = counted()
    more = {"policy": policy} if policy else {}
    result = {"ms": 0.1, "code": "denied", "message": "no"}
    await journal.write(entry(event, phase, "denied", result=result, **more))
    assert said(journal, "denials_total") == {(rule, "library", "read_shelf"): 1}
    assert said(journal, "failures_total") == {("denied", "library"): 1}


async def test_approvals_are_counted_when_they_are_asked_for_and_used() -> None:
    journal, _ = counted()
    result = {"ms": 0.1, "code": "approval_needed", "approval": {"id": "x"}}
    await journal.write(entry("tool.call", "outcome", "refused", result=result))
    await journal.write(entry("approval.used", "single", action={"redacted": {"token": 1}}))
    assert said(journal, "approvals_total") == {("asked", "library"): 1, ("used", "library"): 1}
    assert said(journal, "redactions_total") == {}, "the intent has counted them"


async def test_what_the_journal_refuses_is_counted_as_that_alone() -> None:
    journal, paper = counted()
    paper.full = True
    with pytest.raises(Unrecorded):
        await journal.write(entry("tool.call", "outcome", "success", result={"ms": 1}))
    assert journal.ready() == "full"
    assert said(journal, "journal_refused_total") == {(): 1}
    assert said(journal, "journal_records_total") == {(): 0}
    assert said(journal, "calls_total") == {}


async def test_what_is_no_call_is_a_record_and_no_more() -> None:
    journal, _ = counted()
    await journal.write(Entry("policy.loaded", data={"policy": {"bundle": "x"}}))
    await journal.write(Entry("door.refused", "single", "", "refused", {}))
    assert said(journal, "journal_records_total") == {(): 2}
    assert said(journal, "door_refusals_total") == {("yes",): 1}
    assert said(journal, "calls_total") == {}
