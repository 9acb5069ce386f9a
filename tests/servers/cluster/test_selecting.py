from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.selecting import equal, selects, written

WEB = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ({"app": "web"}, True),
        ({"app": "web", "tier": "back"}, False),
        ({}, True),
        (None, False),
        ("app=web", False),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "api"}}, False),
        ({"matchLabels": {}}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "zone", "operator": "NotIn", "values": ["a"]}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "Near"}]}, False),
        (
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [{"key": "tier", "operator": "In", "values": ["back"]}],
            },
            False,
        ),
    ],
)
def test_a_selector_chooses_as_kubernetes_says(selector: Any, chosen: bool) -> None:
    assert selects(selector, WEB) is chosen


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries({}, optional={"matchLabels": JSON, "matchExpressions": JSON}),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3)),
)
def test_a_selector_of_any_shape_is_read_without_a_fault(
    selector: Any, labels: dict[str, str]
) -> None:
    assert selects(selector, labels) in (True, False)


RULES: list[dict[str, Any]] = [
    {"key": "tier", "operator": "In", "values": ["a", "b"]},
    {"key": "env", "operator": "NotIn", "values": ["dev"]},
    {"key": "team", "operator": "Exists"},
    {"key": "old", "operator": "DoesNotExist"},
]
FULL: dict[str, Any] = {"matchLabels": {"app": "web"}, "matchExpressions": RULES}


def test_the_api_is_asked_the_same() -> None:
    assert written(FULL) == "app=web,tier in (a,b),env notin (dev),team,!old"
    assert written({}) == written(None) == written({"matchExpressions": "odd"}) == ""


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
        ({"matchLabels": {"app": "web"}, "matchExpressions": ["odd"]}, {"app": "web"}, False),
        (None, {"app": "web"}, False),
        ("odd", {"app": "web"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Like"}]}, {"a": "b"}, False),
    ],
)
def test_a_label_selector(selector: Any, labels: dict[str, str], *, yes: bool) -> None:
    assert selects(selector, labels) is yes


def test_a_plain_selector_that_wants_nothing_chooses_nothing() -> None:
    assert equal({"app": "web"}, {"app": "web", "x": "y"})
    assert not equal({"app": "web"}, {"app": "db"})
    assert not equal({}, {"app": "web"})
