"""Managers of fields, as fieldsV1 tells them."""

from typing import Any

import pytest

from bailiwick_cluster.releases.ownership import manager
from bailiwick_cluster.releases.structure import Step

CONTAINER: tuple[Step, ...] = ("spec", "containers", (("name", "web"),))


def owned(**fields: Any) -> dict[str, Any]:
    entry = {"manager": "kubectl-edit", "time": "2026-01-01T00:00:00Z", "fieldsV1": fields}
    return {"metadata": {"managedFields": [entry]}}


TREE = owned(**{"f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:image": {}}}}})


@pytest.mark.parametrize(
    ("path", "by"),
    [
        ((*CONTAINER, "image"), "kubectl-edit"),
        (CONTAINER, "kubectl-edit"),
        ((*CONTAINER, "command"), ""),
        (("spec", "containers", (("name", "other"),), "image"), ""),
        (("spec", "containers", 0, "image"), ""),
        (("status",), ""),
    ],
)
def test_a_field_is_found_by_its_path(path: tuple[Step, ...], by: str) -> None:
    assert manager(TREE, path) == by


def test_whoever_owns_a_whole_owns_what_is_in_it() -> None:
    found = owned(**{"f:spec": {"f:args": {}}})
    assert manager(found, ("spec", "args", 1)) == "kubectl-edit"


def test_a_port_is_named_by_two_fields() -> None:
    key = 'k:{"containerPort":80,"protocol":"TCP"}'
    found = owned(**{"f:ports": {key: {"f:name": {}}}})
    step: Step = (("containerPort", 80), ("protocol", "TCP"))
    assert manager(found, ("ports", step, "name")) == "kubectl-edit"


@pytest.mark.parametrize("key", ["k:", "k:[", "k:1", "k:{}", 'k:{"name":["web"]}'])
def test_keys_that_are_none_are_nobodys(key: str) -> None:
    found = owned(**{"f:spec": {"f:containers": {key: {"f:image": {}}}}})
    assert manager(found, (*CONTAINER, "image")) == ""


@pytest.mark.parametrize("fields", [None, [], "x", [{"manager": 1, "fieldsV1": 2}]])
def test_managed_fields_of_any_shape(fields: Any) -> None:
    assert manager({"metadata": {"managedFields": fields}}, ("spec",)) == ""
