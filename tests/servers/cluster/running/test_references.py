"""What pods need of their namespace, and what they could start without."""

from typing import Any

import pytest

from bailiwick_cluster.running.references import references

SPEC: dict[str, Any] = {
    "serviceAccountName": "shop",
    "imagePullSecrets": [{"name": "pull"}],
    "volumes": [
        {"configMap": {"name": "conf"}},
        {"secret": {"secretName": "tls", "optional": True}},
        {"persistentVolumeClaim": {"claimName": "data"}},
        {"projected": {"sources": [{"secret": {"name": "token"}}, {"configMap": {"name": "ca"}}]}},
        {"emptyDir": {}},
    ],
    "initContainers": [{"envFrom": [{"configMapRef": {"name": "boot"}}]}],
    "containers": [
        {
            "env": [
                {"name": "A", "value": "x"},
                {"valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}},
                {"valueFrom": {"configMapKeyRef": {"name": "maybe", "key": "k", "optional": True}}},
            ]
        }
    ],
}


def test_everything_that_is_named() -> None:
    assert references(SPEC) == {
        ("ConfigMap", "conf"), ("ConfigMap", "ca"), ("ConfigMap", "boot"), ("ConfigMap", "maybe"),
        ("Secret", "tls"), ("Secret", "token"), ("Secret", "db"), ("Secret", "pull"),
        ("PersistentVolumeClaim", "data"), ("ServiceAccount", "shop"),
    }  # fmt: skip


def test_what_is_optional_is_not_needed() -> None:
    optional = {("Secret", "tls"), ("ConfigMap", "maybe"), ("Secret", "pull")}
    assert references(SPEC, needed=True) == references(SPEC) - optional


ODD: list[Any] = [None, {}, {"volumes": "x", "containers": [3, {"env": {}}]}]


@pytest.mark.parametrize("spec", ODD)
def test_any_shape(spec: Any) -> None:
    assert references(spec) == set()
