"""Which rights are dangerous, where they hold, and when a limit to names makes them less."""

import pytest

from bailiwick_cluster.rights.danger import DANGERS, dangers
from bailiwick_cluster.rights.rule import Rule


def titles(rule: Rule, *, wide: bool = True) -> list[str]:
    return [each.danger.title for each in dangers(rule, wide=wide)]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (Rule(("*",), ("*",), ("*",)), ["do everything"]),
        (Rule(("get",), ("",), ("secrets",)), ["read Secrets"]),
        (Rule(("create",), ("",), ("pods/exec",)), ["exec into Pods"]),
        (Rule(("patch",), ("",), ("pods/ephemeralcontainers",)), ["debug Pods"]),
        (Rule(("create",), ("",), ("pods",)), ["create Pods"]),
        (Rule(("patch",), ("apps",), ("deployments",)), ["change workloads"]),
        (Rule(("escalate",), ("rbac.authorization.k8s.io",), ("roles",)), ["escalate roles"]),
        (Rule(("bind",), ("*",), ("clusterroles",)), ["bind roles"]),
        (Rule(("impersonate",), ("",), ("users",)), ["impersonate"]),
        (Rule(("create",), ("",), ("serviceaccounts/token",)), ["create service account tokens"]),
        (Rule(("get",), ("",), ("nodes/proxy",)), ["use nodes/proxy"]),
        (Rule(("update",), ("certificates.k8s.io",), ("certificatesigningrequests/approval",)),
         ["approve certificates"]),
        (Rule(("get", "list", "watch"), ("",), ("pods", "services", "configmaps")), []),
        (Rule(("get",), urls=("*",)), []),
        (Rule((), (), ()), []),
    ],
)  # fmt: skip
def test_a_rule_is_dangerous(rule: Rule, found: list[str]) -> None:
    assert titles(rule) == found


def test_some_hold_for_the_whole_cluster_only() -> None:
    rule = Rule(("get", "impersonate"), ("",), ("nodes/proxy", "users", "serviceaccounts"))
    assert titles(rule, wide=True) == [
        "impersonate", "impersonate service accounts", "use nodes/proxy",
    ]  # fmt: skip
    assert titles(rule, wide=False) == ["impersonate service accounts"]


def test_a_limit_to_names_is_kept_and_ends_what_knows_no_name() -> None:
    [only] = dangers(Rule(("get",), ("",), ("secrets",), ("db", "tls")), wide=True)
    assert only.names == ("db", "tls")
    assert titles(Rule(("create",), ("",), ("pods",), ("web",))) == []
    assert titles(Rule(("create",), ("",), ("pods/exec",), ("web",))) == ["exec into Pods"]
    limited = titles(Rule(("*",), ("*",), ("*",), ("web",)))
    assert limited[:2] == ["do everything", "escalate roles"], "for one name only: all are told"


def test_all_verbs_on_one_resource() -> None:
    assert titles(Rule(("*",), ("",), ("secrets",)), wide=False) == [
        "read Secrets",
        "change Secrets",
    ]


def test_each_danger_is_found_by_the_requests_it_probes_for() -> None:
    for rank, danger in enumerate(DANGERS):
        for probe in danger.probes("shop"):
            rule = Rule((probe.verb,), (probe.group,), (probe.combined,))
            assert rank in [each.rank for each in dangers(rule, wide=True)], danger.title
