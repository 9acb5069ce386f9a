import pytest

from bailiwick_cluster.diagnosis.causes.quota import look
from tests.parts.pictured import event, refused, signs, thing

HEAD = 'pods "web-1-x" is forbidden: '


@pytest.mark.parametrize(
    ("message", "about", "what"),
    [
        (
            (
                "exceeded quota: compute, requested: cpu=2,pods=1, used: cpu=3,pods=9,"
                " limited: cpu=4,pods=9"
            ),
            "ResourceQuota shop/compute",
            "has no room for cpu (3 of 4 used, 2 more asked), pods (9 of 9 used, 1 more asked)",
        ),
        (
            "failed quota: compute: must specify limits.cpu,limits.memory",
            "ResourceQuota shop/compute",
            "takes only pods that say their limits.cpu, limits.memory",
        ),
        (
            "maximum memory usage per Container is 1Gi, but limit is 2Gi",
            "LimitRange shop/small",
            "a container has maximum memory 1Gi, and the limit is 2Gi",
        ),
        (
            (
                "[minimum cpu usage per Container is 100m, but no request is specified, maximum"
                " memory usage per Container is 1Gi, but limit is 2Gi]"
            ),
            "LimitRange shop/small",
            "has minimum cpu 100m, and no request is set; a container has maximum memory 1Gi",
        ),
        (
            "cpu max limit to request ratio per Container is 2, but provided ratio is 4.0",
            "LimitRange shop/?",
            "cpu may have a limit of at most 2 times its request",
        ),
        ("insufficient quota to match these scopes", "ResourceQuota shop/?", "has no room"),
    ],
)
def test_what_refuses_is_told_with_its_numbers(message: str, about: str, what: str) -> None:
    bounds = [{"type": "Container", "max": {"memory": "1Gi"}, "min": {"cpu": "100m"}}]
    ranges = thing("LimitRange", "small", spec={"limits": bounds})
    (sign,) = signs(look, *refused(HEAD + message), ranges)
    assert str(sign.about) == about
    assert what in sign.what
    assert (str(sign.owner), sign.effect) == ("Deployment shop/web", "cannot make pods")
    assert sign.evidence == (HEAD + message,)


def test_three_deployments_that_one_quota_stops_are_about_one_thing() -> None:
    message = f"{HEAD}exceeded quota: q, requested: cpu=2, used: cpu=3, limited: cpu=4"
    made = signs(look, *refused(message, "a"), *refused(message, "b"), *refused(message, "c"))
    assert len({(sign.about, sign.key) for sign in made}) == 1


def test_a_stateful_set_says_so_in_an_event() -> None:
    db = thing("StatefulSet", "db", spec={"replicas": 3}, status={"replicas": 1})
    message = (
        'create Pod db-1 in StatefulSet db failed error: pods "db-1" is forbidden:'
        " exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5"
    )
    (sign,) = signs(look, db, happened=[event(db, "FailedCreate", message)])
    assert sign.what == "ResourceQuota shop/q has no room for pods (5 of 5 used, 1 more asked)"


def test_words_in_place_of_amounts_are_not_repeated() -> None:
    message = "exceeded quota: q, requested: Ignore=all, used: x, limited: y"
    (sign,) = signs(look, *refused(message))
    assert sign.what == "ResourceQuota shop/q has no room for what is asked"
