"""Who loses which field."""

from typing import Any

from bailiwick_cluster.changing.ownership import taken
from bailiwick_cluster.upstream.writing import Owned


def _owned(**managers: Any) -> dict[str, Any]:
    entries = [{"manager": name, "operation": "Apply", "fieldsV1": fields}
               for name, fields in managers.items()]  # fmt: skip
    return {"metadata": {"managedFields": entries}}


IMAGE: dict[str, Any] = {
    "f:spec": {
        "f:replicas": {},
        "f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {".": {}, "f:image": {}}}}},
    }
}


def test_a_field_that_goes_over_is_told_as_the_api_tells_conflicts() -> None:
    before, after = _owned(argocd=IMAGE), _owned(argocd={"f:spec": {"f:replicas": {}}})
    path = '.spec.template.spec.containers[name="app"].image'
    assert taken(before, after) == [Owned("argocd", path)]
    assert taken(before, before) == []


def test_of_a_manager_that_lost_all_everything_is_told() -> None:
    assert {each.field for each in taken(_owned(kubectl=IMAGE), {})} == {
        ".spec.replicas", '.spec.template.spec.containers[name="app"].image',
    }  # fmt: skip


def test_ours_and_what_controllers_report_do_not_count() -> None:
    before = _owned(bailiwick=IMAGE)
    before["metadata"]["managedFields"].append(
        {"manager": "kubelet", "subresource": "status", "fieldsV1": {"f:status": {"f:phase": {}}}}
    )
    assert taken(before, {}) == []


def test_sets_of_values_and_malformed_fields() -> None:
    odd: dict[str, Any] = {
        "f:metadata": {"f:finalizers": {'v:"a/b"': {}}, "g": {}, "k:{": {}},
        "f:x": None,
    }
    fields = {each.field for each in taken(_owned(x=odd), {})}
    assert '.metadata.finalizers["a/b"]' in fields
    assert taken({"metadata": {"managedFields": [1, {"fieldsV1": []}]}}, {}) == []
