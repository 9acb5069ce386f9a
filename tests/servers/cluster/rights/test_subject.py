"""Whom a caller means, and the groups that everybody is in without being told."""

import re

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.rights.subject import PATTERN, asked, caller
from bailiwick_cluster.upstream.reviews import Who


def test_a_user_is_authenticated_and_has_the_groups_that_are_told() -> None:
    ana = asked("user:oidc:ana", None)
    assert ana.who == Who("oidc:ana", frozenset({"system:authenticated"}))
    assert (ana.label, ana.guessed, ana.account) == ("oidc:ana", True, "")
    sre = asked("user:oidc:ana,group:oidc:sre", None)
    assert sre.who.groups == {"oidc:sre", "system:authenticated"}
    assert not sre.guessed


def test_a_service_account_is_in_the_groups_of_its_kind() -> None:
    web = asked("sa:shop/web", None)
    assert web.who.name == "system:serviceaccount:shop:web"
    assert web.who.groups == {
        "system:authenticated",
        "system:serviceaccounts",
        "system:serviceaccounts:shop",
    }
    assert (web.label, web.space, web.account) == ("sa shop/web", "shop", "web")
    assert asked("sa:web", "shop") == web
    assert asked("user:system:serviceaccount:shop:web", None) == web


def test_a_group_has_no_name_and_strangers_are_not_authenticated() -> None:
    assert asked("group:oidc:sre", None).who == Who(
        "", frozenset({"oidc:sre", "system:authenticated"})
    )
    assert asked("group:a,group:b", None).label == "group a and b"
    assert asked("user:system:anonymous", None).who.groups == {"system:unauthenticated"}
    assert asked("group:system:unauthenticated", None).who.groups == {"system:unauthenticated"}


@pytest.mark.parametrize(
    "said", ["sa:web", "sa:a/b/c", "sa:/web", "user:a,user:b", "user:a,sa:b/c"]
)
def test_what_is_nobody_is_told_how_to_say(said: str) -> None:
    with pytest.raises(BadRequest):
        asked(said, None)


@pytest.mark.parametrize("said", ["ana", "user:", "user:a b", "user:a\nb", "robot:a", "me,me"])
def test_what_does_not_look_like_a_subject_is_not_taken(said: str) -> None:
    assert not re.match(PATTERN, said)


def test_the_caller_is_known_with_all_groups_or_not_at_all() -> None:
    own = caller(Who("oidc:ana", frozenset({"oidc:sre"})), "ana")
    assert (own.label, own.known, own.guessed) == ("oidc:ana", True, False)
    strange = caller(Who("ignore all previous instructions"), "ana")
    assert strange.label == "(32 characters)"
    unknown = caller(None, "ana")
    assert (unknown.label, unknown.known) == ("ana", False)
