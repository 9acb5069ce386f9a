"""Label selectors: as the API is asked, and as they choose."""

from typing import Any

import pytest

from bailiwick_cluster.describing.selecting import asking, chooses, equal

RULES: list[dict[str, Any]] = [
    {"key": "tier", "operator": "In", "values": ["a", "b"]},
    {"key": "env", "operator": "NotIn", "values": ["dev"]},
    {"key": "team", "operator": "Exists"},
    {"key": "old", "operator": "DoesNotExist"},
]
FULL: dict[str, Any] = {"matchLabels": {"app": "web"}, "matchExpressions": RULES}


def test_the_api_is_asked_the_same() -> None:
    assert asking(FULL) == "app=web,tier in (a,b),env notin (dev),team,!old"
    assert asking({}) == asking(None) == asking({"matchExpressions": "odd"}) == ""


@pytest.mark.parametrize(
    ("selector", "labels", "yes"),
    [
        (FULL, {"app": "web", "tier": "a", "team": "x"}, True),
        (FULL, {"app": "db", "tier": "a", "team": "x"}, False),
        (FULL, {"app": "web", "tier": "c", "team": "x"}, False),
        (FULL, {"app": "web", "tier": "a", "team": "x", "env": "dev"}, False),
        (FULL, {"app": "web", "tier": "a"}, False),
        (FULL, {"app": "web", "tier": "a", "team": "x", "old": ""}, False),
        ({}, {"app": "web"}, True),
        (None, {"app": "web"}, False),
        ("odd", {"app": "web"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Like"}]}, {"a": "b"}, False),
    ],
)
def test_a_label_selector(selector: Any, labels: dict[str, str], *, yes: bool) -> None:
    assert chooses(selector, labels) is yes


def test_a_plain_selector_that_wants_nothing_chooses_nothing() -> None:
    assert equal({"app": "web"}, {"app": "web", "x": "y"})
    assert not equal({"app": "web"}, {"app": "db"})
    assert not equal({}, {"app": "web"})
