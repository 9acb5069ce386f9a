"""Summaries of what keeps data: sizes, ages and users, and never a value."""

import base64
from typing import Any, cast

import pytest

from bailiwick.shaping.redaction import redact_object
from bailiwick_cluster.upstream import Object
from tests.parts.estate import made
from tests.servers.cluster.describing.world import HOUR_AGO, around, told


def redacted(found: Object) -> Object:
    """Hide what is secret, as every object is before anybody sees it."""
    return cast("Object", redact_object(found, {}))


def user(name: str, *ways: str) -> Object:
    return {"metadata": {"name": name}, "state": "Running", "ways": list(ways)}


def test_a_secret_shows_keys_sizes_ages_and_users() -> None:
    value = base64.b64encode(b"hunter2-hunter2").decode()
    wrote: dict[str, Any] = {"manager": "helm", "time": HOUR_AGO, "fieldsV1": {"f:data": {}}}
    other: dict[str, Any] = {
        "manager": "kubectl",
        "time": "2026-01-02T00:00:00Z",
        "fieldsV1": {"f:metadata": {}},
    }
    found = made(
        "Secret",
        "db",
        metadata={"managedFields": [wrote, other]},
        type="Opaque",
        immutable=True,
        data={"password": value, "user": base64.b64encode(b"ana").decode()},
    )
    near = around(
        Pod=[user("web-1", "environment", "volume db")],
        ServiceAccount=[made("ServiceAccount", "web", imagePullSecrets=[{"name": "db"}])],
        Ingress=[made("Ingress", "web", spec={"tls": [{"secretName": "db"}]})],
    )
    headline, lines = told("Secret", redacted(found), near)
    assert headline == "2 keys, 18 bytes"
    assert (
        lines
        == """\
type: Opaque, immutable
data last changed: 1 h ago, by helm
keys:
  password (15 bytes)
  user (3 bytes)
used by:
  pod web-1 (environment, volume db), Running
given to accounts: web
TLS of Ingress: web"""
    )
    assert "hunter2" not in lines
    assert value not in lines


def test_what_is_no_mark_has_no_size() -> None:
    found = made("Secret", "x", data={"a": 7, "b": None, "c": "plain"})
    assert told("Secret", found)[0] == "3 keys, 0 bytes"


def test_a_config_map() -> None:
    found = made("ConfigMap", "web", data={"a": "1234", "odd": 7}, binaryData={"b": "AAAA"})
    headline, lines = told("ConfigMap", found, around(Pod=[]))
    assert headline == "2 keys, 7 bytes"
    assert lines == "keys:\n  a (4 bytes): 1234\n  b (3 bytes)\nused by: no pod of its namespace"
    big = told("ConfigMap", made("ConfigMap", "x", data={"a": "x" * 200_000}))
    assert big == ("1 key, 195Ki", f"keys:\n  a (195Ki): {'x' * 59}…")


@pytest.mark.parametrize(
    ("spec", "status", "missing", "lines"),
    [
        (
            {
                "storageClassName": "fast",
                "volumeName": "pv-1",
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "2Gi"}},
            },
            {"phase": "Bound", "capacity": {"storage": "1Gi"}},
            [],
            "size: 1Gi, asked for 2Gi\nclass: fast\nvolume: pv-1\naccess: ReadWriteOnce",
        ),
        (
            {"storageClassName": "gone", "resources": {"requests": {"storage": "2Gi"}}},
            {"phase": "Pending"},
            [("StorageClass", "gone")],
            "size: asked for 2Gi\nclass: gone (MISSING)\nvolume: none yet",
        ),
        ({}, {}, [], "class: none said\nvolume: none yet"),
    ],
)
def test_a_claim(
    spec: dict[str, Any], status: dict[str, Any], missing: list[tuple[str, str]], lines: str
) -> None:
    found = made("PersistentVolumeClaim", "data", spec=spec, status=status)
    assert told("PersistentVolumeClaim", found, around(missing=missing))[1] == lines


def test_a_volume() -> None:
    spec = {
        "capacity": {"storage": "1Gi"},
        "claimRef": {"namespace": "shop", "name": "data"},
        "persistentVolumeReclaimPolicy": "Retain",
        "csi": {"driver": "disk.example.com", "volumeHandle": "v-1"},
    }
    status = {"phase": "Released", "reason": "x", "message": "y"}
    headline, lines = told(
        "PersistentVolume", made("PersistentVolume", "pv", "", spec=spec, status=status)
    )
    assert headline == "Released"
    assert (
        "claim: shop/data\nwhen released: Retain\ndriver: disk.example.com, v-1\nwhy: x, y" in lines
    )
    assert "claim: none" in told("PersistentVolume", made("PersistentVolume", "pv", ""))[1]


def test_a_service_account_and_its_roles() -> None:
    role = {"kind": "ClusterRole", "name": "view"}
    subjects = [{"kind": "ServiceAccount", "name": "web"}]
    elsewhere = [{"kind": "ServiceAccount", "name": "web", "namespace": "bank"}, 7]
    near = around(
        Pod=[user("web-1", "its account")],
        RoleBinding=[
            made("RoleBinding", "look", subjects=subjects, roleRef=role),
            made("RoleBinding", "other", subjects=elsewhere, roleRef=role),
        ],
    )
    found = made(
        "ServiceAccount", "web", automountServiceAccountToken=False, secrets=[{"name": "s"}]
    )
    headline, lines = told("ServiceAccount", found, near)
    assert headline == "1 pod runs as it"
    assert (
        "Secrets: s\ntoken in pods: not mounted\nbound to:\n  ClusterRole view by look\n" in lines
    )
    bare = told("ServiceAccount", made("ServiceAccount", "x"), around(RoleBinding=[]))[1]
    assert "bound to:\n  nothing in its namespace" in bare
