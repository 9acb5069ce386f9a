"""`read_resource` on a real Kubernetes: what is there, and what never comes out."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.stage import proven
from tests.integration.conftest import Product
from tests.parts.agents import Answer
from tests.parts.ground import fetched

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
HERE: dict[str, Any] = {"cluster": "practice"}
SECRETS = (
    "practice-fake",
    "4111 1111",
    "4111111111111111",
    "cHJhY3RpY2UtZmFrZS",  # the same, in base64
    "bGVkZ2Vy",
)


async def read(
    product: Product, kind: str, name: str, namespace: str | None = "bank", **more: Any
) -> Answer:
    where = {"namespace": namespace} if namespace else {}
    async with product.as_("ana") as ana:
        return await ana.call("read_resource", **HERE, kind=kind, name=name, **where, **more)


async def test_a_deployment(product: Product) -> None:
    said = await read(product, "deploy", "payments", "shop")
    assert said.says == (
        "Deployment shop/payments in practice: 0 of 2 replicas ready,"
        " Available=False (MinimumReplicasUnavailable)"
    )
    assert "Available=False" in said.inside
    assert "payments: registry.practice.example/payments:2.3.1" in said.inside
    assert "pods: 2 CrashLoopBackOff" in said.inside
    spec = await read(product, "deploy", "payments", "shop", part="spec")
    assert "image: registry.practice.example/payments:2.3.1" in spec.inside
    for noise in ("managedFields", "resourceVersion", "uid:"):
        assert noise not in said.text + spec.text
    assert len(said.text.encode()) <= 4_000


async def test_an_object_of_the_cluster(product: Product) -> None:
    said = await read(product, "Node", "node-0", None)
    assert said.says == "Node node-0 in practice: Ready"
    assert "Ready=True" in said.inside
    said = await read(product, "Node", "node-0", "shop")
    assert "Node is not in a namespace; leave `namespace` out" in said.text
    said = await read(product, "deploy", "web", None)
    assert "Deployment is in a namespace: give `namespace`" in said.text


async def test_a_custom_kind(product: Product) -> None:
    said = await read(product, "Certificate.practice.bailiwick.dev", "ledger")
    assert "secretName: ledger-tls" in said.inside


async def test_a_crashing_pod_says_why(product: Product) -> None:
    pods = fetched(product.ground, "pods", "-n", "shop", "-l", "app=payments")["items"]
    said = await read(product, "pod", pods[0]["metadata"]["name"], "shop")
    assert "container payments: CrashLoopBackOff" in said.says


async def test_a_secret_shows_keys_and_sizes(product: Product) -> None:
    """Only an administrator of `bank` may read it at all; nobody is shown what is in it."""
    said = await read(product, "secret", "ledger-database")
    assert said.says == "Secret bank/ledger-database in practice: 2 keys, 40 bytes"
    assert "username (6 bytes)" in said.inside
    assert "password (34 bytes)" in said.inside
    for part in ("spec", "full"):
        said = await read(product, "secret", "ledger-database", part=part)
        assert "username: '[redacted: Secret data, 6 bytes]'" in said.inside.replace('"', "'")
        assert "Secret data, 34 bytes" in said.inside


async def test_a_config_map_keeps_its_data_and_loses_what_was_applied(product: Product) -> None:
    said = await read(product, "cm", "ledger")
    assert "currency (3 bytes): EUR" in said.inside
    said = await read(product, "cm", "ledger", part="full")
    assert "currency: EUR" in said.inside
    assert "closing: '18:00'" in said.inside.replace('"', "'")
    assert "last-applied" not in said.text


async def bank(product: Product) -> list[Answer]:
    """Read whatever of the bank holds a secret."""
    pods = fetched(product.ground, "pods", "-n", "bank", "-l", "app=ledger")["items"]
    names = [("pod", pod["metadata"]["name"]) for pod in pods]
    sets = fetched(product.ground, "replicasets", "-n", "bank", "-l", "app=ledger")["items"]
    names += [("ReplicaSet", one["metadata"]["name"]) for one in sets]
    names += [("deploy", "ledger"), ("secret", "ledger-database"), ("cm", "ledger")]
    ways: list[dict[str, Any]] = [{"part": part} for part in ("summary", "spec", "status", "full")]
    ways.append({"fields": [".data", "..value", ".metadata", ".", "..*"]})
    return [await read(product, kind, name, **way) for kind, name in names for way in ways]


async def test_nothing_of_it_comes_out_anywhere(product: Product) -> None:
    for said in await bank(product):
        assert not said.is_error, said.text
        for secret in SECRETS:
            assert secret not in said.text
    async with product.as_("ana") as ana:
        for kind in ("pods", "secrets", "cm", "deploy"):
            listed = await ana.call("list_resources", **HERE, kind=kind, namespace="bank")
            assert not any(secret in listed.text for secret in SECRETS)
    written = b"".join(file.read_bytes() for file in _files(product.journal)).decode()
    logged = product.served.log.read_text()
    for secret in SECRETS:
        assert secret not in written
        assert secret not in logged
    assert "ledger-database" in written, "what was asked is there"
    proven(product.journal)


def _files(journal: Path) -> list[Path]:
    return [file for file in journal.rglob("*") if file.is_file()]


async def test_what_is_not_there(product: Product) -> None:
    said = await read(product, "deploy", "nothing", "shop")
    assert said.is_error
    assert "practice has no deployments nothing; list_resources shows what there is" in said.text


async def test_what_the_policy_forbids(product: Product) -> None:
    said = await read(product, "deploy", "coredns", "kube-system")
    assert said.is_error
    assert "kube-system-is-off-limits" in said.text
    assert "[denied, call " in said.text
