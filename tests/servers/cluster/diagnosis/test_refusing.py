import pytest

from bailiwick_cluster.diagnosis.refusing import By, refusals
from tests.parts.pictured import event, picture, refused, thing

EVERY: tuple[By, ...] = (
    "quota", "limits", "security", "constraint", "webhook", "policy", "missing", "other",
)  # fmt: skip


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("quota", 'pods "a" is forbidden: exceeded quota: q, requested: pods=1'),
        ("quota", 'pods "a" is forbidden: failed quota: q: must specify limits.cpu'),
        ("limits", "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
        ("security", 'violates PodSecurity "restricted:latest": privileged'),
        ("constraint", "unable to validate against any security context constraint: []"),
        ("webhook", 'admission webhook "a.b" denied the request: no'),
        ("webhook", 'Internal error occurred: failed calling webhook "a.b": Post'),
        ("policy", "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"),
        ("missing", "error looking up service account shop/x: not found"),
        ("other", "the API is in a bad mood"),
    ],
)
def test_what_refuses_is_told_apart(by: By, message: str) -> None:
    (refusal,) = refusals(picture(*refused(message)), *EVERY)
    assert (refusal.by, refusal.message) == (by, message)
    assert (refusal.shown.kind, str(refusal.owner)) == ("ReplicaSet", "Deployment shop/web")
    others: list[By] = [one for one in EVERY if one != by]
    assert list(refusals(picture(*refused(message)), *others)) == []


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        (thing("StatefulSet", "db", spec={"replicas": 3}, status={"replicas": 1}), True),
        (thing("StatefulSet", "db", spec={"replicas": 3}, status={"replicas": 3}), False),
        (
            thing(
                "DaemonSet",
                "d",
                status={"currentNumberScheduled": 1, "desiredNumberScheduled": 2},
            ),
            True,
        ),
        (
            thing(
                "DaemonSet",
                "d",
                status={"currentNumberScheduled": 2, "desiredNumberScheduled": 2},
            ),
            False,
        ),
        (thing("Job", "j", status={}), True),
        (thing("Job", "j", status={"active": 1}), False),
        (thing("Job", "j", status={"conditions": [{"type": "Complete", "status": "True"}]}), False),
    ],
)
def test_an_event_counts_while_pods_are_wanting(made: dict[str, object], counts: bool) -> None:
    happened = [
        event(made, "FailedCreate", "old", since=90),
        event(made, "FailedCreate", "exceeded quota: q", since=5),
    ]
    found = list(refusals(picture(made, happened=happened), *EVERY))
    assert [refusal.by for refusal in found] == (["quota"] if counts else [])


def test_an_event_of_what_is_gone_is_history() -> None:
    gone = thing("StatefulSet", "db")
    assert list(refusals(picture(happened=[event(gone, "FailedCreate", "x")]), *EVERY)) == []
