"""Guards: what is refused, what is only written down, and what is not looked at."""

from typing import Any

import pytest

from bailiwick.errors import TooCostly
from bailiwick_observability.guards import Guarding
from bailiwick_observability.settings import Guards, GuardSettings, Mode


def guarding(mode: Mode, facts: dict[str, Any]) -> Guarding:
    return Guarding(Guards(series=GuardSettings(mode=mode, most=10)), facts)


def test_beyond_a_guard_that_is_enforced_nothing_is_run() -> None:
    facts: dict[str, Any] = {}
    with pytest.raises(TooCostly) as caught:
        guarding("enforce", facts).check("series", 12_345, "Ask for fewer")
    assert str(caught.value) == (
        "not run: about 12.35k series, and at most 10 are allowed. Ask for fewer"
    )
    assert facts == {
        "guards": {"series": {"asked": 12_345, "most": 10, "mode": "enforce", "over": True}}
    }


def test_a_shadow_only_writes_down() -> None:
    facts: dict[str, Any] = {}
    guarding("shadow", facts).check("series", 11, "")
    assert facts["guards"]["series"] == {"asked": 11, "most": 10, "mode": "shadow", "over": True}


def test_what_is_off_is_not_looked_at() -> None:
    facts: dict[str, Any] = {}
    guarding("off", facts).check("series", 1e12, "")
    assert facts == {}


@pytest.mark.parametrize("asked", [0, 9.9999, 10])
def test_what_is_within_is_written_down_and_run(asked: float) -> None:
    facts: dict[str, Any] = {}
    guarding("enforce", facts).check("series", asked, "")
    assert facts["guards"]["series"]["over"] is False


def test_each_guard_is_a_fact_of_its_own() -> None:
    facts: dict[str, Any] = {"rows": 1}
    guards = guarding("enforce", facts)
    guards.check("series", 1, "")
    guards.check("range_hours", 2.00049, "")
    assert facts["rows"] == 1
    assert facts["guards"]["range_hours"]["asked"] == 2
    assert set(facts["guards"]) == {"series", "range_hours"}


def test_of_many_looks_the_record_keeps_the_one_that_asked_for_most() -> None:
    facts: dict[str, Any] = {}
    guards = guarding("shadow", facts)
    for asked in (3, 30, 4):
        guards.check("series", asked, "")
    assert facts["guards"]["series"] == {"asked": 30, "most": 10, "mode": "shadow", "over": True}


@pytest.mark.parametrize(
    ("mode", "most"), [("enforce", 10), ("shadow", float("inf")), ("off", float("inf"))]
)
def test_where_a_guard_draws_the_line(mode: Mode, most: float) -> None:
    assert guarding(mode, {}).most("series") == most


def test_infinitely_much_is_too_much() -> None:
    with pytest.raises(TooCostly, match=r"about \+Inf"):
        guarding("enforce", {}).check("series", float("inf"), "")
