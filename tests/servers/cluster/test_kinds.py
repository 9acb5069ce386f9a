"""One name per kind, whatever a caller calls it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.kinds import BUILTIN, canonical, custom


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("po", "Pod"),
        ("PODS", "Pod"),
        ("Deployment", "Deployment"),
        ("deployments.apps", "Deployment"),
        ("secret", "Secret"),
        ("secrets", "Secret"),
        ("Secret.core", "Secret"),
        (" svc ", "Service"),
        ("Certificate.cert-manager.io", "Certificate.cert-manager.io"),
        ("Secret.vault.example", "Secret.vault.example"),
    ],
)
def test_every_alias_has_one_name(said: str, kind: str) -> None:
    assert canonical(said) == kind


@pytest.mark.parametrize(
    "said",
    ["Certificate", "certificates.cert-manager.io", "Sеcret", "Secret\n", "../Pod", "", "Pod/x"],
)
def test_what_is_no_kind_is_refused_with_what_to_say(said: str) -> None:
    if said == "Secret\n":
        assert canonical(said) == "Secret", "white space around a name changes nothing"
        return
    with pytest.raises(ValueError, match="Kind.group"):
        canonical(said)


@given(st.text(max_size=40))
def test_a_name_is_its_own_name(said: str) -> None:
    try:
        once = canonical(said)
    except ValueError:
        return
    assert canonical(once) == once


def test_paths() -> None:
    assert BUILTIN["Pod"].path() == "/api/v1/pods"
    assert BUILTIN["Pod"].path("shop", "web-1") == "/api/v1/namespaces/shop/pods/web-1"
    assert BUILTIN["Deployment"].path("shop") == "/apis/apps/v1/namespaces/shop/deployments"
    assert BUILTIN["Node"].path("shop", "n1") == "/api/v1/nodes/n1", "nodes are in no namespace"


def test_near_names_are_offered() -> None:
    known = {"Certificate.cert-manager.io": BUILTIN["Pod"], "Route.openshift.io": BUILTIN["Pod"]}
    assert custom(known, "Certificate.wrong.io") == ["Certificate.cert-manager.io"]
