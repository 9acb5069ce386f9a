from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.diagnosis.selecting import selects

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
