"""What the API says of rights: asked by POST, as itself, for another, or in a namespace only."""

from collections.abc import Mapping
from typing import Any

import pytest

from bailiwick_cluster.upstream.reviews import Attributes, Verdict, Who, own_rules, review, whoami
from tests.parts.kept import Kept

pytestmark = pytest.mark.anyio
PODS = Attributes("get", "", "pods", "", "shop", "web")
ANA = Who("oidc:ana", frozenset({"b", "a"}))


def answering(*kinds: str, seen: list[Mapping[str, Any]], **status: Any) -> Kept:
    """Make a cluster that answers some kinds of reviews with one status."""

    def answer(kind: str, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        seen.append(body)
        return status if kind in kinds else None

    return Kept({}, reviews=answer)


async def test_as_whom_the_api_knows_the_caller() -> None:
    info = {"username": "oidc:ana", "groups": ["oidc:sre", 7]}
    eu = answering("SelfSubjectReview", seen=[], userInfo=info)
    assert await whoami(eu) == Who("oidc:ana", frozenset({"oidc:sre"}))
    assert await whoami(answering(seen=[])) is None
    assert await whoami(answering("SelfSubjectReview", seen=[], userInfo=3)) is None


async def test_about_oneself() -> None:
    seen: list[Mapping[str, Any]] = []
    eu = answering("SelfSubjectAccessReview", seen=seen, allowed=True, reason="RBAC: …")
    assert await review(eu, None, PODS) == Verdict(allowed=True, reason="RBAC: …")
    [body] = seen
    assert body["spec"] == {
        "resourceAttributes": {
            "verb": "get", "resource": "pods", "namespace": "shop", "name": "web",
        }
    }  # fmt: skip
    await review(eu, None, Attributes("get", path="/metrics"))
    assert seen[1]["spec"] == {"nonResourceAttributes": {"path": "/metrics", "verb": "get"}}


async def test_about_another_and_in_one_namespace_where_that_is_all_one_may() -> None:
    seen: list[Mapping[str, Any]] = []
    eu = answering("LocalSubjectAccessReview", seen=seen, allowed=False, evaluationError="x")
    assert await review(eu, ANA, PODS) == Verdict(allowed=False, trouble="x")
    assert [each["kind"] for each in seen] == ["SubjectAccessReview", "LocalSubjectAccessReview"]
    assert (seen[1]["spec"]["user"], seen[1]["spec"]["groups"]) == ("oidc:ana", ["a", "b"])
    assert await review(eu, ANA, Attributes("get", "", "nodes")) is None
    assert await review(answering(seen=[]), ANA, PODS) is None


async def test_an_answer_of_another_shape_is_a_no() -> None:
    eu = answering("SelfSubjectAccessReview", seen=[], allowed="yes", reason=["x"])
    assert await review(eu, None, PODS) == Verdict(allowed=False)


async def test_ones_own_rules_and_whether_they_are_all() -> None:
    rule = {"verbs": ["get"], "resources": ["pods"]}
    said = {"resourceRules": [rule, 3], "nonResourceRules": [], "incomplete": True}
    assert await own_rules(answering("SelfSubjectRulesReview", seen=[], **said), "shop") == (
        [rule],
        False,
    )
    assert await own_rules(answering("SelfSubjectRulesReview", seen=[]), "shop") == ([], True)
