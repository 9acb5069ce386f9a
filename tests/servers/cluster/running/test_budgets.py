"""Budgets decide as the eviction API does."""

from typing import Any

import pytest

from bailiwick_cluster.running.budgets import Budget, holding, read
from bailiwick_cluster.running.pods import read as pod_of
from tests.parts.world import budget, pod


def over(allowed: int = 0, healthy: int = 3, desired: int = 3, always: bool = False) -> Budget:
    return Budget("shop", "web", {"matchLabels": {"app": "web"}}, allowed, healthy, desired, always)


@pytest.mark.parametrize(
    ("known", "more", "goes"),
    [
        (over(allowed=1), {}, True),
        (over(), {}, False),
        (over(), {"phase": "Pending"}, True),
        (over(), {"phase": "Succeeded"}, True),
        (over(), {"waiting": "CrashLoopBackOff"}, True),  # healthy ones enough, and it is not one
        (over(healthy=2), {"waiting": "CrashLoopBackOff"}, False),
        (over(healthy=2, always=True), {"waiting": "CrashLoopBackOff"}, True),
        (over(healthy=0, desired=0), {"waiting": "CrashLoopBackOff"}, False),
    ],
)
def test_who_may_go(known: Budget, more: dict[str, Any], goes: bool) -> None:
    assert (holding(pod_of(pod("web-1", **more)), [known]) == "") is goes


def test_two_budgets_hold_for_ever() -> None:
    told = holding(pod_of(pod("web-1")), [over(allowed=1), over(allowed=1)])
    assert "the API evicts no such pod" in told


def test_others_budgets_do_not_count() -> None:
    one = pod_of(pod("web-1"))
    assert holding(one, [Budget("bank", "web", {"matchLabels": {}}, 0, 1, 1, False)]) == ""
    assert (
        holding(one, [Budget("shop", "api", {"matchLabels": {"app": "api"}}, 0, 1, 1, False)]) == ""
    )


def test_an_empty_selector_is_over_all() -> None:
    everyone = Budget("shop", "all", {}, 0, 1, 1, False)
    assert holding(pod_of(pod("web-1")), [everyone]).startswith("budget all allows 0 disruptions")


@pytest.mark.parametrize("found", [{}, {"spec": 3}, {"metadata": [], "status": "x", "spec": None}])
def test_any_shape_is_read(found: dict[str, Any]) -> None:
    assert read(found).allowed == 0


def test_a_budget_is_read() -> None:
    assert read(budget("web", 1)).told == (
        "budget web allows 1 disruptions now (needs 2 healthy pods, has 3)"
    )
