from bailiwick_cluster.diagnosis.causes.deprecated import look
from bailiwick_cluster.diagnosis.finding import Layer
from tests.parts.pictured import found, picture, signs, thing


def test_who_writes_with_a_version_that_is_gone() -> None:
    fields = [
        {"apiVersion": "policy/v1beta1", "manager": "old-tool"},
        {"apiVersion": "policy/v1", "manager": "kubectl"},
    ]
    made = [
        thing("PodDisruptionBudget", name, meta={"managedFields": fields}) for name in ("a", "b")
    ]
    (finding,) = found(picture(*made))
    assert finding.sign.what == (
        "old-tool writes with policy/v1beta1, which Kubernetes 1.25 no longer serves"
    )
    assert finding.layer is Layer.ADVICE
    assert len(finding.shown) == 2


def test_a_custom_kind_that_is_stored_as_what_is_gone() -> None:
    versions = [
        {"name": "v1", "served": True},
        {"name": "v1beta1", "served": True, "deprecated": True, "deprecationWarning": "use v1"},
        {"name": "v1alpha1", "served": False},
    ]
    definition = thing(
        "CustomResourceDefinition",
        "things.example.com",
        "",
        spec={"versions": versions},
        status={"storedVersions": ["v1alpha1", "v1beta1", "v1"]},
    )
    made = signs(look, definition)
    assert [sign.what.rpartition("stored as ")[2] for sign in made] == [
        "v1alpha1, which is no longer served",
        "v1beta1, which is deprecated",
    ]
    assert made[1].evidence == ("use v1",)
