"""Where traffic goes and comes from, as people write it."""

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.traffic.address import span
from bailiwick_cluster.traffic.place import Place, source, target


@pytest.mark.parametrize(
    ("said", "kind", "name"),
    [
        ("checkout", "Service", "checkout"),
        ("svc/checkout", "Service", "checkout"),
        ("deploy/web", "Deployment", "web"),
        ("StatefulSet/orders", "StatefulSet", "orders"),
        ("pod/web-0", "Pod", "web-0"),
    ],
)
def test_a_target(said: str, kind: str, name: str) -> None:
    assert target(said, "shop") == Place("shop", kind, name)


@pytest.mark.parametrize(
    ("said", "wanted", "label"),
    [
        ("", Place(), "anyone"),
        ("bank", Place("bank"), "namespace bank"),
        ("deploy/web", Place("shop", "Deployment", "web"), "Deployment shop/web"),
        ("bank/sts/ledger", Place("bank", "StatefulSet", "ledger"), "StatefulSet bank/ledger"),
        ("10.0.0.0/8", Place(addresses=span("10.0.0.0/8"), said="10.0.0.0/8"), "10.0.0.0/8"),
        ("192.0.2.1", Place(addresses=span("192.0.2.1"), said="192.0.2.1"), "192.0.2.1"),
        ("fd00::/8", Place(addresses=span("fd00::/8"), said="fd00::/8"), "fd00::/8"),
    ],
)
def test_a_source(said: str, wanted: Place, label: str) -> None:
    assert source(said, "shop") == wanted
    assert wanted.label == label


@pytest.mark.parametrize(
    "said",
    ["node/n1", "secret/x", "a/b/c/d", "Shop", "bank/deploy/", "/web", "bank/deploy/Web", "-"],
)
def test_what_is_no_source(said: str) -> None:
    with pytest.raises(BadRequest):
        source(said, "shop")


def test_what_is_no_target() -> None:
    with pytest.raises(BadRequest, match="traffic has to do with one of Service, Pod"):
        target("node/n1", "shop")
