"""What helm 4 writes as it gives up, and what is made of it."""

import pytest

from bailiwick_cluster.upstream.refusals import refusal


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
            "another operation on it is in progress",
        ),
        (
            (
                'level=ERROR msg="release name check failed"\nError: INSTALLATION FAILED: release'
                " name check failed: cannot reuse a name that is still in use"
            ),
            "it is installed; use upgrade_release",
        ),
        ('Error: UPGRADE FAILED: "nope" has no deployed releases', "it is not installed"),
        (
            "Error: uninstall: Release not loaded: hello: release: not found",
            "there is no such release",
        ),
        (
            (
                "Error: UPGRADE FAILED: values don't meet the specifications of the schema(s) in"
                " the following chart(s):\ngreeting:\n- at '/replicas': maximum: got 99, want 20"
            ),
            "the values do not fit the chart's schema",
        ),
        (
            "Error: UPGRADE FAILED: execution error at (a/templates/b.yaml:5:15): say it",
            "the chart itself refuses these values",
        ),
        (
            (
                "Error: UPGRADE FAILED: conflict occurred while applying object a/b apps/v1,"
                ' Kind=Deployment: Apply failed with 1 conflict: conflict with "kubectl-edit"'
            ),
            "others manage fields that it sets",
        ),
        (
            "Error: UPGRADE FAILED: pre-upgrade hooks failed: resource Job/a/b not ready",
            "one of its hooks failed",
        ),
        (
            'Error: INSTALLATION FAILED: secrets "hello" is forbidden: User "oidc:ana" cannot get',
            "the cluster does not let the caller do this",
        ),
        ("Error: UPGRADE FAILED: context deadline exceeded", "it was not ready in time"),
        (
            "Error: failed to perform FetchReference on source: a.example/charts/b:9: not found",
            "no such chart or version",
        ),
        ("Error: no such thing", "helm gives a reason of its own"),
        ("", "helm gives a reason of its own"),
    ],
)
def test_why(said: str, why: str) -> None:
    assert refusal(said.encode()).why.startswith(why)


def test_its_own_words_are_the_last_ones_and_bounded() -> None:
    found = refusal(b"level=WARN x\nError: " + b"y" * 100_000)
    assert found.words == "y" * 2_000
    assert refusal(b"Error: a\xff").words == "a\ufffd"
