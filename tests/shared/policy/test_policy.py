"""The policy, stated as tests: a table of cases, then laws that hold for any question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadPolicy
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Approval, Principal, Question, Risk, Scalar
from bailiwick.policy.schema import Action

PLACE = ("Cluster", "Namespace")
CATALOGUE = (
    Action("list_pods", "cluster", Risk.READ, PLACE, {"selector": str, "limit": int}),
    Action("scale_workload", "cluster", Risk.CHANGE, PLACE, {"replicas": int, "kinds": list}),
    Action("delete_pod", "cluster", Risk.DESTROY, PLACE, {}),
)
POLICIES = """
@id("sre-reads-shop")
permit (principal, action in Action::"cluster:read", resource in Namespace::"eu/shop")
when { principal in Group::"sre" };
@id("small-scalings")
permit (principal in Group::"sre", action == Action::"scale_workload",
        resource in Namespace::"eu/shop")
when { context.arguments has replicas && context.arguments.replicas <= 5 };
@id("large-scalings-by-two")
permit (principal in Group::"sre", action == Action::"scale_workload", resource in Cluster::"eu")
when { context.approval == "second_person" && context.approvers.contains("lead") };
@id("hands-off")
forbid (principal, action in Action::"change", resource)
when { resource is Namespace && resource.name == "kube-system" };
"""
ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))


def ask(tool: str, *names: str, who: Principal = ANA, **arguments: Scalar) -> Question:
    return Question(who, tool, tuple(zip(PLACE, names, strict=False)), arguments)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.load(POLICIES, CATALOGUE)


@pytest.mark.parametrize(
    ("question", "allowed", "needs", "because"),
    [
        pytest.param(ask("list_pods", "eu", "shop"), True, "none", "sre-reads-shop", id="granted"),
        pytest.param(ask("list_pods", "eu", "bank"), False, "none", "no-policy", id="elsewhere"),
        pytest.param(ask("list_pods", "eu"), False, "none", "no-policy", id="whole-cluster"),
        pytest.param(ask("list_pods"), False, "none", "no-policy", id="everything"),
        pytest.param(
            ask("scale_workload", "eu", "shop", replicas=3),
            True,
            "none",
            "small-scalings",
            id="small",
        ),
        pytest.param(
            ask("scale_workload", "eu", "shop", replicas=9),
            True,
            "second_person",
            "large-scalings-by-two",
            id="large",
        ),
        pytest.param(
            ask("scale_workload", "eu", "kube-system", replicas=1),
            False,
            "none",
            "hands-off",
            id="a-forbid-beats-an-approval",
        ),
        pytest.param(
            ask("list_pods", "eu", "shop", unknown=1), False, "none", "policy-error", id="nonsense"
        ),
        pytest.param(ask("no_tool", "eu", "shop"), False, "none", "policy-error", id="no-tool"),
    ],
)
def test_decisions(
    policy: Policy, question: Question, allowed: bool, needs: str, because: str
) -> None:
    decision = policy.decide(question)
    assert (decision.allowed, decision.needs) == (allowed, Approval(needs))
    assert because in decision.because


@pytest.mark.parametrize(
    "wrong",
    [
        'permit (principal, action == Action::"scale_wrokload", resource);',
        """permit (principal, action == Action::"scale_workload", resource)
        when { context.arguments.replica < 3 };""",
        """permit (principal, action == Action::"scale_workload", resource)
        when { context.arguments.replicas < 3 };""",
        'permit (principal, action, resource in Datacentre::"eu");',
        "permit (principal, action",
    ],
    ids=["tool", "argument", "argument-that-may-be-missing", "kind", "grammar"],
)
def test_a_policy_that_names_what_is_not_there_never_loads(wrong: str) -> None:
    with pytest.raises(BadPolicy):
        Policy.load(POLICIES + wrong, CATALOGUE)


def test_who_may_approve_is_read_from_the_policy(policy: Policy) -> None:
    large = ask("scale_workload", "eu", "shop", replicas=9)
    assert policy.approvers(large) == ("lead",)
    assert not policy.decide(large, frozenset({"sre"}))
    assert policy.decide(large, frozenset({"lead", "x"})).needs is Approval.SECOND_PERSON
    anybody = POLICIES.replace('context.approvers.contains("lead")', "!context.approvers.isEmpty()")
    assert Policy.load(anybody, CATALOGUE).approvers(large) == ("*",)
    both = POLICIES.replace(
        'context.approvers.contains("lead")', 'context.approvers.containsAll(["lead", "risk"])'
    )
    assert Policy.load(both, CATALOGUE).approvers(large) == (), "no one group suffices"


def test_a_list_shows_only_what_could_be_allowed(policy: Policy) -> None:
    eve = Principal("practice", "eve", "agent", frozenset())
    assert policy.visible(Question(ANA, "list_pods", ()))
    assert policy.visible(Question(ANA, "scale_workload", ()))
    assert not policy.visible(Question(ANA, "delete_pod", ()))
    assert not policy.visible(Question(eve, "list_pods", ()))
    odd = Principal("practice", 'e"\n\\ve\u202e', "agent", frozenset({"sre"}))
    assert policy.visible(Question(odd, "list_pods", ()))


def test_a_group_is_not_a_person_and_issuers_are_apart() -> None:
    only = 'permit (principal == User::"practice/ana", action, resource);'
    policy = Policy.load(only, CATALOGUE)
    assert policy.decide(ask("list_pods", "eu", "shop"))
    for who in (
        Principal("other", "ana", "agent", frozenset()),
        Principal("practice", "bo", "agent", frozenset({"practice/ana"})),
        Principal("practic", "e/ana", "agent", frozenset()),
    ):
        assert not policy.decide(ask("list_pods", "eu", "shop", who=who))


def test_names_that_look_like_paths_do_not_reach_elsewhere(policy: Policy) -> None:
    """`eu/shop` as the name of a cluster must not become namespace shop of cluster eu."""
    trick = Question(ANA, "list_pods", (("Cluster", "eu/shop"),))
    assert not policy.decide(trick)


def test_equal_looking_arguments_are_told_apart(policy: Policy) -> None:
    assert policy.decide(ask("scale_workload", "eu", "shop", replicas=1))
    assert (
        "policy-error" in policy.decide(ask("scale_workload", "eu", "shop", replicas=True)).because
    )


@given(st.text(min_size=1), st.text(min_size=1), st.integers(-(2**63), 2**63 - 1))
def test_strangers_get_nothing(subject: str, namespace: str, replicas: int) -> None:
    policy = Policy.load(POLICIES, CATALOGUE)
    stranger = Principal("practice", subject, "agent", frozenset())
    question = ask("scale_workload", "eu", namespace, who=stranger, replicas=replicas)
    assert not policy.decide(question)


@given(st.sets(st.sampled_from(["sre", "lead", "x"])), st.integers(0, 20))
def test_more_approval_never_takes_away(approvers: set[str], replicas: int) -> None:
    policy = Policy.load(POLICIES, CATALOGUE)
    question = ask("scale_workload", "eu", "shop", replicas=replicas)
    if policy.decide(question, frozenset(approvers)):
        assert policy.decide(question, frozenset(approvers | {"lead"}))
        assert policy.decide(question), "what real approvers can do, the hopeful answer allows"
