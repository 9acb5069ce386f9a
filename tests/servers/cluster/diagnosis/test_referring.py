from typing import Any

from bailiwick_cluster.diagnosis.referring import claims, uses
from tests.parts.pictured import pod


def named(made: dict[str, Any]) -> list[tuple[str, tuple[str, ...], str]]:
    return [(f"{use.about.kind} {use.about.name}", use.keys, use.volume) for use in uses(made)]


def test_everything_that_a_pod_needs_is_named() -> None:
    env = [
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": "user"}}},
        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "b"}}},
        {"name": "C", "value": "plain"},
    ]
    of = [{"configMapRef": {"name": "all"}}, {"secretRef": {"name": "more"}}]
    sources = [
        {"secret": {"name": "tls", "items": [{"key": "crt"}]}},
        {"configMap": {"name": "ca"}},
    ]
    volumes: list[dict[str, Any]] = [
        {"name": "conf", "configMap": {"name": "conf", "items": [{"key": "a"}, {"key": "b"}]}},
        {"name": "keys", "secret": {"secretName": "keys"}},
        {"name": "mix", "projected": {"sources": sources}},
        {"name": "tmp", "emptyDir": {}},
    ]
    first = [{"name": "setup", "envFrom": [{"secretRef": {"name": "early"}}]}]
    made = pod("a", container={"env": env, "envFrom": of}, volumes=volumes, initContainers=first)
    assert named(made) == [
        ("Secret early", (), ""),
        ("ConfigMap all", (), ""),
        ("Secret more", (), ""),
        ("Secret db", ("user",), ""),
        ("ConfigMap web", ("b",), ""),
        ("ConfigMap conf", ("a", "b"), "conf"),
        ("Secret keys", (), "keys"),
        ("Secret tls", ("crt",), "mix"),
        ("ConfigMap ca", (), "mix"),
    ]


def test_what_is_optional_is_not_needed() -> None:
    of = [{"configMapRef": {"name": "all", "optional": True}}]
    volumes: list[dict[str, Any]] = [{"name": "x", "secret": {"secretName": "x", "optional": True}}]
    assert named(pod("a", container={"envFrom": of}, volumes=volumes)) == []


def test_claims_are_named_by_volume() -> None:
    volumes: list[dict[str, Any]] = [
        {"name": "data", "persistentVolumeClaim": {"claimName": "disk"}},
        {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {}}},
        {"name": "tmp", "emptyDir": {}},
    ]
    found = [(volume, str(about)) for volume, about in claims(pod("web-1", volumes=volumes))]
    assert found == [
        ("data", "PersistentVolumeClaim shop/disk"),
        ("scratch", "PersistentVolumeClaim shop/web-1-scratch"),
    ]


def test_odd_shapes_are_nothing() -> None:
    made = pod("a", container={"env": "x", "envFrom": [3]}, volumes=[{"secret": 1}, None])
    assert named(made) == []
    assert list(claims({"spec": {"volumes": [{"persistentVolumeClaim": []}]}})) == []
