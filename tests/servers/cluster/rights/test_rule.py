"""One rule against one request, case by case as the API's own authorizer has them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.rights.rule import Rule, allows, matched, read
from bailiwick_cluster.upstream.reviews import Attributes

PODS = Rule(("get", "list"), ("",), ("pods",))


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        (PODS, Attributes("get", "", "pods"), True),
        (PODS, Attributes("get", "", "pods", namespace="shop", name="web"), True),
        (PODS, Attributes("delete", "", "pods"), False),
        (PODS, Attributes("get", "apps", "pods"), False),
        (PODS, Attributes("get", "", "pods", "log"), False),
        (PODS, Attributes("get", path="/metrics"), False),
        (Rule(("*",), ("*",), ("*",)), Attributes("escalate", "x.y", "roles", "any"), True),
        (Rule(("*",), ("*",), ("*",)), Attributes("get", path="/metrics"), False),
        (Rule(("get",), ("",), ("pods/*",)), Attributes("get", "", "pods", "log"), False),
        (Rule(("get",), ("",), ("*/log",)), Attributes("get", "", "pods", "log"), True),
        (Rule(("get",), ("",), ("*/log",)), Attributes("get", "", "pods"), False),
        (Rule(("get",), ("",), ("*/log",)), Attributes("get", "", "pods", "exec"), False),
        (Rule(("get",), ("",), ("pods/log",)), Attributes("get", "", "pods", "log"), True),
        (Rule(("get",), ("",), ("pods/log",)), Attributes("get", "", "pods"), False),
        (Rule(("get",), ("",), ("secrets",), ("db",)), Attributes("get", "", "secrets"), False),
        (
            Rule(("get",), ("",), ("secrets",), ("db",)),
            Attributes("get", "", "secrets", name="db"),
            True,
        ),
        (
            Rule(("get",), ("",), ("secrets",), ("db",)),
            Attributes("get", "", "secrets", name="dc"),
            False,
        ),
        (Rule(("get",), urls=("/healthz/*",)), Attributes("get", path="/healthz/etcd"), True),
        (Rule(("get",), urls=("/healthz/*",)), Attributes("get", path="/healthz"), False),
        (Rule(("get",), urls=("/health*",)), Attributes("get", path="/healthz"), True),
        (Rule(("get",), urls=("*",)), Attributes("get", path="/anything"), True),
        (Rule(("get",), urls=("/metrics",)), Attributes("get", path="/metrics/x"), False),
        (Rule(("get",), urls=("/metrics",)), Attributes("get", "", "pods"), False),
        (Rule((), (), ()), Attributes("get", "", "pods"), False),
    ],
)
def test_a_rule_allows(rule: Rule, asked: Attributes, allowed: bool) -> None:
    assert allows(rule, asked) is allowed


def test_what_of_a_rule_fits_is_told_and_the_rest_is_not() -> None:
    rule = Rule(("get", "*"), ("",), ("secrets", "pods"), ("a", "b"))
    assert matched(rule, Attributes("delete", "", "pods", name="a")) == "* pods [a, b]"
    assert matched(rule, Attributes("get", "", "pods", name="a")) == "get pods [a, b]"
    assert matched(Rule(("get",), urls=("/a*",)), Attributes("get", path="/ab")) == "get /a*"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(["verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"])


@given(st.dictionaries(FIELDS, JSON) | JSON)
def test_a_rule_of_any_shape_is_read(said: Any) -> None:
    rule = read(said)
    assert all(isinstance(each, str) for each in (*rule.verbs, *rule.resources, *rule.names))
    allows(rule, Attributes("get", "", "pods"))
