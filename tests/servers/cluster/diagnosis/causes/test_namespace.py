from typing import Any

from bailiwick_cluster.diagnosis.causes.namespace import look
from tests.parts.pictured import ago, found, picture, signs, thing


def going(since: float, *said: tuple[str, str]) -> dict[str, Any]:
    conditions = [{"type": kind, "status": "True", "message": text} for kind, text in said]
    meta = {"deletionTimestamp": ago(since)}
    return thing("Namespace", "old", "", meta=meta, status={"conditions": conditions})


def test_the_finalizer_that_holds_it_is_named() -> None:
    text = "finalizers remaining: foregroundDeletion in 2 resource instances"
    (sign,) = signs(look, going(600, ("NamespaceFinalizersRemaining", text)))
    assert sign.what == (
        "Namespace old is being deleted and does not go: finalizers that nobody has taken away"
        " (foregroundDeletion in 2)"
    )
    assert sign.evidence == (text,)


def test_one_that_only_just_goes_or_does_not_go_at_all_is_fine() -> None:
    assert signs(look, going(5), thing("Namespace", "shop", "")) == []


def test_without_a_reason_it_is_said_what_is_left() -> None:
    left = "Some resources are remaining: pods. has 3 resource instances"
    (sign,) = signs(look, going(600, ("NamespaceContentRemaining", left)))
    assert "does not go" in sign.what
    (sign,) = signs(look, going(600))
    assert sign.what.endswith("its own finalizer is still there")


def test_an_api_that_is_away_explains_it() -> None:
    said = [{"type": "Available", "status": "False", "reason": "MissingEndpoints"}]
    api = thing("APIService", "v1.gone.example.com", "", status={"conditions": said})
    space = going(600, ("NamespaceDeletionDiscoveryFailure", "unable to retrieve"))
    (finding,) = found(picture(api, space))
    assert str(finding.sign.about) == "APIService v1.gone.example.com"
    assert [str(each.sign.about) for each in finding.consequences] == ["Namespace old"]
