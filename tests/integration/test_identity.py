"""As whom the cluster is called: what its own audit log says, in every way to act."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from bailiwick.errors import Forbidden, Rejected
from bailiwick.house import new_id
from bailiwick.policy.question import Principal
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream import Behalf, Target
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from practice.facts import Ground
from tests.faults.stage import records, until
from tests.integration.conftest import Product, Serving
from tests.parts.ground import kubectl, token

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
HERE: dict[str, Any] = {"cluster": "practice", "kind": "pods", "namespace": "shop"}
PODS = Target(BUILTIN["Pod"], "shop")
ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))
CALL_ID = "bailiwick.dev/call-id"


def audited(ground: Ground, call: str) -> list[dict[str, Any]]:
    """Return what the API's own audit log says of a call of ours."""
    lines = ground.kubernetes.audit_log.read_bytes().splitlines()
    found = [orjson.loads(line) for line in lines if call.encode() in line]
    return [entry for entry in found if entry["userAgent"] == f"bailiwick/{call}"]


async def entry(ground: Ground, call: str) -> dict[str, Any]:
    """Wait for the only entry of a call; the log is written a moment after the answer."""
    await until(lambda: audited(ground, call))
    [only] = audited(ground, call)
    return only


async def last_call(product: Product) -> str:
    """Return the id of the call that was recorded last."""
    return records(product.journal, event="tool.call", phase="outcome")[-1].text("call")


async def test_the_apis_log_names_the_caller_and_the_call(product: Product) -> None:
    async with product.as_("ana") as ana:
        assert (await ana.call("list_resources", **HERE)).rows
        call = await last_call(product)
    said = await entry(product.ground, call)
    assert said["user"]["username"] == "system:serviceaccount:bailiwick:bailiwick"
    assert said["impersonatedUser"]["username"] == "oidc:ana"
    assert said["impersonatedUser"]["groups"] == ["oidc:sre", "system:authenticated"]
    assert said["impersonatedUser"]["extra"] == {CALL_ID: [call]}


async def test_every_request_of_a_change_is_the_callers(product: Product) -> None:
    async with product.as_("bo") as bo:
        wanted = {"cluster": "practice", "namespace": "shop", "workload": "checkout"}
        said = await bo.call("scale_workload", **wanted, replicas=5)
        assert "would scale" in said.text
        call = await last_call(product)
    await until(lambda: any(one["verb"] == "patch" for one in audited(product.ground, call)))
    for one in audited(product.ground, call):
        assert one["impersonatedUser"]["username"] == "oidc:bo"
        assert set(one["impersonatedUser"]["groups"]) >= {"oidc:sre", "oidc:lead"}
    verbs = [one["verb"] for one in audited(product.ground, call)]
    assert set(verbs) == {"get", "list", "patch"}
    assert verbs.count("patch") == 1


async def test_bailiwicks_own_account_may_read_nothing(serving: Serving) -> None:
    async with serving({"act_as": '"kubeconfig"'}) as product, product.as_("ana") as ana:
        said = await ana.call("list_resources", **HERE)
        assert said.is_error
        assert "[upstream_forbidden, call " in said.text


async def test_as_the_kubeconfigs_user(ground: Ground, serving: Serving) -> None:
    admin = {"act_as": '"kubeconfig"', "kubeconfig": f'"{ground.kubernetes.admin_kubeconfig}"'}
    async with serving(admin) as product, product.as_("ana") as ana:
        assert (await ana.call("list_resources", **HERE)).rows
        assert (await ana.call("list_clusters")).rows[0][3] == "kubeconfig"
        said = await entry(ground, records(
            product.journal, event="tool.call", phase="outcome")[0].text("call"))  # fmt: skip
    assert said["user"]["username"] == "admin"
    assert "impersonatedUser" not in said


async def test_a_token_for_us_is_no_token_for_the_cluster(serving: Serving) -> None:
    """Its audience is ours; passing it on gets nobody in, and is told as what it is."""
    async with serving({"act_as": '"token"'}) as product, product.as_("ana") as ana:
        said = await ana.call("list_resources", **HERE)
        assert said.is_error
        assert "[upstream_forbidden, call " in said.text


async def test_with_the_callers_own_token(ground: Ground) -> None:
    settings = ClusterSettings(kubeconfig=ground.kubernetes.kubeconfig, act_as="token")
    all_ = KubernetesClusters({"practice": settings})
    anas, eves, nobodys = new_id(), new_id(), new_id()
    try:
        own = Behalf(ANA, anas, token(ground, "ana", "kubernetes"))
        async with all_.named("practice", own) as one:
            assert (await one.page(PODS, 5)).rows
        for call, user, purpose in ((eves, "eve", "kubernetes"), (new_id(), "ana", "cluster")):
            async with all_.named(
                "practice", Behalf(ANA, call, token(ground, user, purpose))
            ) as one:
                with pytest.raises(Forbidden):
                    await one.page(PODS, 5)
        async with all_.named("practice", Behalf(ANA, nobodys)) as one:
            with pytest.raises(Rejected, match="there is none here"):
                await one.page(PODS, 5)
    finally:
        await all_.close()
    said = await entry(ground, anas)
    assert said["user"]["username"] == "oidc:ana"
    assert "oidc:sre" in said["user"]["groups"]
    assert "impersonatedUser" not in said
    assert (await entry(ground, eves))["user"]["username"] == "oidc:eve"
    assert audited(ground, nobodys) == []


async def test_as_the_pods_own_account(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod finds its token and the cluster's CA in files; here they are ours."""
    name, call = "test-reader", new_id()
    kubectl(ground, "-n", "shop", "create", "serviceaccount", name)
    try:
        bind = ("--clusterrole=view", f"--serviceaccount=shop:{name}")
        kubectl(ground, "-n", "shop", "create", "rolebinding", name, *bind)
        (tmp_path / "token").write_text(kubectl(ground, "-n", "shop", "create", "token", name))
        (tmp_path / "ca.crt").write_bytes(ground.kubernetes.ca_file.read_bytes())
        _become_a_pod(ground, tmp_path, monkeypatch)
        all_ = KubernetesClusters({"practice": ClusterSettings(act_as="service_account")})
        try:
            async with all_.named("practice", Behalf(ANA, call)) as one:
                assert (await one.page(PODS, 5)).rows
                with pytest.raises(Forbidden):
                    await one.page(Target(BUILTIN["Pod"], "bank"), 5)
        finally:
            await all_.close()
    finally:
        kubectl(ground, "-n", "shop", "delete", "rolebinding", name, "--ignore-not-found")
        kubectl(ground, "-n", "shop", "delete", "serviceaccount", name)
    await until(lambda: audited(ground, call))
    said = audited(ground, call)[0]
    assert said["user"]["username"] == f"system:serviceaccount:shop:{name}"
    assert "impersonatedUser" not in said


def _become_a_pod(ground: Ground, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "kubernetes.aio.config.incluster_config"
    said = yaml.safe_load(ground.kubernetes.admin_kubeconfig.read_text())
    host, _, port = said["clusters"][0]["cluster"]["server"].rpartition("://")[2].rpartition(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    monkeypatch.setattr(f"{module}.SERVICE_TOKEN_FILENAME", str(folder / "token"))
    monkeypatch.setattr(f"{module}.SERVICE_CERT_FILENAME", str(folder / "ca.crt"))
