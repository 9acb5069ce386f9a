"""What the API's refusals mean."""

from typing import Any

import pytest

from bailiwick_cluster.preparing.refusal import near, refusal
from bailiwick_cluster.upstream.writing import Written
from tests.parts.shelf import place

WEB = place("Deployment", "web")
GVK = {"group": "apps", "version": "v1", "kind": "Deployment"}
SCHEMAS: dict[str, Any] = {
    "d": {
        "x-kubernetes-group-version-kind": [GVK],
        "properties": {"spec": {"allOf": [{"$ref": "#/components/schemas/spec"}]}},
    },
    "spec": {"properties": {
        "replicas": {"type": "integer"},
        "containers": {"type": "array", "items": {"$ref": "#/components/schemas/c"}},
        "labels": {"additionalProperties": {"properties": {"one": {}}}},
    }},
    "c": {"properties": {"image": {}, "imagePullPolicy": {}, "name": {}}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "words", "why"),
    [
        (500, "failed to create typed patch object: .spec.foo: field not declared in schema",
         "has spec.foo, which its kind does not know"),
        (422, 'error: unknown field "spec.replica"',
         "has spec.replica, which its kind does not know"),
        (422, 'unknown field "spec.x y\nz"', "has a field, which its kind does not know"),
        (500, "failed to create typed patch object: .spec.replicas: expected numeric",
         "a value in it has the wrong type"),
        (422, "spec.selector: Invalid value: {}: field is immutable", "changes a field that"),
        (403, 'pods "p" is forbidden: violates PodSecurity "restricted"', "its pods break"),
        (403, "exceeded quota: q, requested: pods=1", "leaves no room for it"),
        (400, 'admission webhook "x" denied the request', "an admission webhook refuses it"),
        (422, "ValidatingAdmissionPolicy 'x' denied", "an admission policy refuses it"),
        (403, 'User "ana" cannot patch resource "pods" in API group ""', "the cluster's RBAC"),
        (403, "no", "an admission rule"), (422, "no", "is not valid"), (404, "", "is not there"),
        (418, "", "is refused"),
    ],
)  # fmt: skip
def test_what_it_means(code: int, words: str, why: str) -> None:
    found = refusal(WEB, Written(code, {}, message=words))
    assert why in found.why
    assert found.words == words
    assert found.forbidden == (code == 403)


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("spec.replica", "did you mean replicas?"),
        ('.spec.containers[name="app"].imagee', "did you mean image?"),
        ("spec.containers[0].zzz", "there are image, imagePullPolicy, name"),
        ("spec.labels.any.onee", ""),
        ("nowhere.at.all", ""),
        ("", ""),
    ],
)
def test_near_names(field: str, hint: str) -> None:
    assert near(SCHEMAS, WEB, field) == hint


@pytest.mark.parametrize("odd", [{}, {"d": 3}, {"d": {"x-kubernetes-group-version-kind": [1]}}])
def test_a_schema_that_cannot_be_read_gives_no_hint(odd: Any) -> None:
    assert near(odd, WEB, "spec.replica") == ""
