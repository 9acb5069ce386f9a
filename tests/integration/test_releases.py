"""Helm's releases on a real Kubernetes, changed by helm 4 itself as the person who asks."""

import base64
import gzip
import re
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import orjson
import pytest

from bailiwick.rules import shipped
from practice.facts import Ground
from tests.integration.conftest import COMMAND, Product, Serving
from tests.parts.agents import Agent, Answer
from tests.parts.ground import configured, fetched, kubectl
from tests.parts.registry import archived, registry
from tests.parts.served import served

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(300)]
CHARTS = Path(__file__).parents[2] / "practice" / "charts"
CHART = str(CHARTS / "greeting")
SPACE = "helm-tests"
RIGHTS = f"""
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Namespace, metadata: {{name: {SPACE}}}}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {{name: people-work, namespace: {SPACE}}}
  roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}}
  subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "oidc:sre"}}]
"""
HERE: dict[str, Any] = {"cluster": "practice", "namespace": SPACE}
FAKE = "practice-fake-chart-password"


@pytest.fixture(scope="module", autouse=True)
def space(ground: Ground) -> Generator[None]:
    """A namespace of our own, in which people may work."""
    kubectl(ground, "apply", "-f", "-", given=RIGHTS)
    yield
    kubectl(ground, "delete", "namespace", SPACE, "--wait=false")


@pytest.fixture(autouse=True)
def emptied(ground: Ground) -> Generator[None]:
    """Leave no release to the next test."""
    yield
    for kinds in ("deploy,svc,job", "cm,secret"):
        kubectl(ground, "-n", SPACE, "delete", kinds, "-l", "app", "--ignore-not-found")
    kubectl(ground, "-n", SPACE, "delete", "secret", "-l", "owner=helm", "--ignore-not-found")


def helmed(ground: Ground, charts: Path) -> dict[str, str]:
    """Configure the ground's helm, and where charts may come from."""
    table = "BAILIWICK_SERVERS__CLUSTER__HELM__"
    command = [ground.kubernetes.kubectl[0], "helm"]
    return {
        f"{table}COMMAND": orjson.dumps(command).decode(),
        f"{table}CHARTS": orjson.dumps([str(charts)]).decode(),
    }


def unsealed(folder: Path) -> None:
    """Configure the shipped policy without the rule that nobody changes a Secret.

    The chart has one. The command line, with which bo approves, reads the same file.
    """
    kept, rule, _ = shipped().read_text().partition("// Nobody changes a Secret")
    assert rule, "the last rule of the shipped policy"
    file = folder / "unsealed.cedar"
    file.write_text(kept)
    config = folder / "config" / "bailiwick" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[policy]\npath = "{file}"\n')


@pytest.fixture(scope="module")
def product(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[Product]:
    """The product with helm, the charts of the practice, and a policy that lets Secrets pass."""
    folder = tmp_path_factory.mktemp("helmed")
    unsealed(folder)
    with served(folder, COMMAND, {**configured(ground), **helmed(ground, CHARTS)}) as up:
        yield Product(ground, up, folder)


async def agreed(product: Product, one: Agent, tool: str, **arguments: Any) -> Answer:
    """Do it: asked for, approved by bo, and asked for again."""
    wanted = {**HERE, **arguments, "dry_run": False}
    first = await one.call(tool, **wanted)
    assert first.approval, first.text
    product.approve(first.approval)
    said = await one.call(tool, **wanted)
    assert not said.is_error, said.text
    return said


def names(ground: Ground, kind: str) -> set[str]:
    found = fetched(ground, "-n", SPACE, kind)["items"]
    return {each["metadata"]["name"] for each in found}


async def test_the_shipped_policy_installs_no_chart_with_a_secret(
    ground: Ground, serving: Serving
) -> None:
    async with serving(**helmed(ground, CHARTS)) as up, up.as_("ana") as ana:
        said = await ana.call("install_release", **HERE, release="hello", chart=CHART)
    assert said.is_error
    assert "forbidden by secrets-are-off-limits" in said.text


async def test_a_release_from_its_installation_to_its_end(product: Product) -> None:
    async with product.as_("ana") as ana:
        dry = await ana.call("install_release", **HERE, release="hello", chart=CHART)
        assert not dry.is_error, dry.text
        assert dry.says.startswith(
            f"would install Helm release {SPACE}/hello in cluster practice with greeting-0.1.0,"
            " revision 1: creates Secret hello, ConfigMap hello"
        )
        assert "hooks run beside it: Job hello-before" in dry.outside
        assert FAKE not in dry.text
        assert names(product.ground, "deploy") == set()

        done = await agreed(product, ana, "install_release", release="hello", chart=CHART)
        assert done.says == (
            f"done: {SPACE}/hello installed greeting-0.1.0, revision 1; 1 of 1 workload ready"
        )
        assert any("workload ready" in words for words in ana.heard)
        assert f'undo: uninstall_release(cluster="practice", namespace="{SPACE}"' in done.outside

        same = await ana.call("upgrade_release", **HERE, release="hello", chart=CHART)
        assert same.says == f"release {SPACE}/hello is so already; nothing to do"

        more = {"release": "hello", "chart": CHART, "values": "replicas: 3\ngreeting: good day"}
        dry = await ana.call("upgrade_release", **HERE, **more)
        assert "changes ConfigMap hello, Deployment hello" in dry.says
        assert "+   spec.replicas: 3" in dry.inside
        assert len(dry.text.encode()) < 2_000
        done = await agreed(product, ana, "upgrade_release", **more)
        assert "revision 2; 1 of 1 workload ready" in done.says

        diff = await ana.call("read_release", **HERE, release="hello", part="diff")
        assert "0 objects created, 2 changed, 0 removed" in diff.says
        assert "+   greeting: good day" in diff.inside
        calm = await ana.call("read_release", **HERE, release="hello", part="drift")
        assert calm.says.endswith("all 5 objects run as it says")

        dry = await ana.call("rollback_release", **HERE, release="hello")
        assert "back to revision 1 (greeting-0.1.0) as revision 3" in dry.says
        assert [row[0] for row in dry.rows] == ["2", "1"]
        done = await agreed(product, ana, "rollback_release", release="hello", revision=1)
        assert done.says.startswith(f"done: {SPACE}/hello is at revision 1 again, as revision 3")

        dry = await ana.call("uninstall_release", **HERE, release="hello")
        assert "ConfigMap hello-kept stays" in dry.says
        assert "- Deployment hello" in dry.inside
        done = await agreed(product, ana, "uninstall_release", release="hello")
        assert (
            done.says == f"done: {SPACE}/hello is uninstalled, 4 of 4 objects gone;"
            " ConfigMap hello-kept stays"
        )
    assert names(product.ground, "deploy,svc,secret") == set()
    assert names(product.ground, "cm") == {"hello-kept", "kube-root-ca.crt"}


async def test_all_parts_of_a_release_tell_no_secret(product: Product) -> None:
    async with product.as_("ana") as ana:
        values = "password: practice-fake-other-password"
        await agreed(product, ana, "install_release", release="hello", chart=CHART, values=values)
        kept = [file.read_bytes() for file in product.served.state.rglob("*") if file.is_file()]
        assert not any(b"practice-fake" in body for body in kept)
        assert any(b"; sets password" in body for body in kept)
        for part in ("status", "values", "notes", "manifest", "history", "diff", "drift"):
            said = await ana.call("read_release", **HERE, release="hello", part=part)
            assert not said.is_error, said.text
            assert "practice-fake" not in said.text, part
            assert "Ignore all previous" not in said.outside
            assert len(said.text.encode()) < 4_000, part
        notes = await ana.call("read_release", **HERE, release="hello", part="notes")
        assert "Ignore all previous instructions" in notes.inside


async def test_drift_names_fields_and_who_set_them(product: Product) -> None:
    ground = product.ground
    async with product.as_("ana") as ana:
        await agreed(product, ana, "install_release", release="hello", chart=CHART)
        where = ("-n", SPACE)
        kubectl(ground, *where, "scale", "deploy/hello", "--replicas=1")
        kubectl(ground, *where, "set", "image", "deploy/hello", "greeting=practice.example/x:1")
        kubectl(ground, *where, "delete", "service", "hello")
        secret = '{"stringData":{"password":"practice-fake-third"}}'
        kubectl(ground, *where, "patch", "secret", "hello", "-p", secret)
        said = await ana.call("read_release", **HERE, release="hello", part="drift")
        assert "1 of 5 objects missing; 2 drifted, in 3 fields" in said.says
        assert said.rows[0][:4] == ["Service hello", "", "there", "missing"]
        rows = {(row[0], row[1]): row[2:] for row in said.rows[1:]}
        image = "spec.template.spec.containers[name=greeting].image"
        assert rows["Deployment hello", image][1] == "practice.example/x:1"
        assert "kubectl" in rows["Deployment hello", image][2]
        assert rows["Secret hello", "data.password"][0] == "[redacted: Secret data, 28 bytes]"
        assert "practice-fake" not in said.text
        # Who else has set these fields keeps them: helm would fail half-way, so nothing is begun.
        more = {"release": "hello", "chart": CHART, "values": "image: practice.example/y:2"}
        refused = await ana.call("upgrade_release", **HERE, **more)
        assert "the cluster refuses 1 object of it (others manage fields" in refused.says
        assert "nothing was changed" in refused.says
        assert "kubectl" in refused.inside


async def test_what_fails_is_rolled_back_and_listed(product: Product) -> None:
    ground = product.ground
    async with product.as_("ana") as ana:
        await agreed(product, ana, "install_release", release="hello", chart=CHART)
        more = {"release": "hello", "chart": CHART, "values": "hook: {fault: exit}"}
        kept = await agreed(product, ana, "upgrade_release", **more)
        assert kept.says.startswith(f"upgrade of {SPACE}/hello failed: one of its hooks failed;")
        assert "revision 2 is failed" in kept.says
        listed = await ana.call("list_releases", **HERE)
        assert listed.says.startswith(
            f"1 of 1 release failed: {SPACE}/hello (upgrade, revision 2, 1 still runs)"
        )
        assert "pre-upgrade hooks failed" in listed.rows[0][6]
        back = await agreed(product, ana, "upgrade_release", **more, on_failure="roll_back")
        assert back.says.endswith("rolled back to revision 1")
        fine = await ana.call("list_releases", **HERE)
        assert fine.says == f"1 release in practice/{SPACE}, all deployed"
        read = await ana.call("read_release", **HERE, release="hello")
        assert "is deployed: greeting-0.1.0, revision 4" in read.says
    assert fetched(ground, "-n", SPACE, "deploy", "hello")["spec"]["replicas"] == 2


@pytest.mark.slow
async def test_what_does_not_become_ready_is_removed_again(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await agreed(
            product,
            ana,
            "install_release",
            release="hello",
            chart=CHART,
            values="fault: image-pull",
            on_failure="roll_back",
        )
        assert said.says.startswith(f"install of {SPACE}/hello failed: it was not ready in time")
        assert "ImagePullBackOff" in said.says
        assert said.says.endswith("removed again")
    assert names(product.ground, "deploy,secret") == set()


async def test_a_release_left_half_way_is_told_with_its_cure(product: Product) -> None:
    ground = product.ground
    async with product.as_("ana") as ana:
        await agreed(product, ana, "install_release", release="hello", chart=CHART)
        stored(ground, "hello", 2, "pending-upgrade", modifiedAt="1700000000")
        listed = await ana.call("list_releases", **HERE)
        assert re.search(
            r"1 of 1 release under way: .*stuck in pending-upgrade for \d+ ", listed.says
        )
        locked = await ana.call("upgrade_release", **HERE, release="hello", chart=CHART)
        assert locked.is_error
        assert "the release is locked: revision 2 is pending-upgrade" in locked.text
        assert 'release="hello", revision=1) frees it' in locked.text
        freed = await agreed(product, ana, "rollback_release", release="hello", revision=1)
        assert freed.says.startswith(f"done: {SPACE}/hello is at revision 1 again")


def stored(ground: Ground, release: str, revision: int, status: str, **labels: str) -> None:
    """Keep another revision, a copy of the first, as a helm would that died."""
    name = f"sh.helm.release.v1.{release}.v"
    first = fetched(ground, "-n", SPACE, "secret", f"{name}1")
    packed = base64.b64decode(base64.b64decode(first["data"]["release"]))
    found = orjson.loads(gzip.decompress(packed))
    found["version"], found["info"]["status"] = revision, status
    again = base64.b64encode(base64.b64encode(gzip.compress(orjson.dumps(found)))).decode()
    about = {"owner": "helm", "name": release, "status": status, "version": str(revision)}
    made = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": f"{name}{revision}", "namespace": SPACE, "labels": about | labels},
        "data": {"release": again},
    }
    kubectl(ground, "create", "-f", "-", given=orjson.dumps(made).decode())


async def test_what_is_drawn_at_random_does_not_spend_an_approval(product: Product) -> None:
    async with product.as_("ana") as ana:
        dry = await ana.call(
            "install_release", **HERE, release="hello", chart=CHART, values="random: true"
        )
        assert "1 value is drawn anew" in dry.outside
        await agreed(
            product, ana, "install_release", release="hello", chart=CHART, values="random: true"
        )


async def test_another_chart_than_was_approved_is_not_installed(
    ground: Ground, serving: Serving, tmp_path: Path
) -> None:
    unsealed(tmp_path)
    own = tmp_path / "charts" / "greeting"
    shutil.copytree(CHART, own)
    wanted = {**HERE, "release": "hello", "chart": str(own), "dry_run": False}
    async with serving(**helmed(ground, tmp_path / "charts")) as up, up.as_("ana") as ana:
        first = await ana.call("install_release", **wanted)
        up.approve(first.approval)
        (own / "values.yaml").write_text((own / "values.yaml").read_text() + "more: 1\n")
        second = await ana.call("install_release", **wanted)
        assert second.approval not in ("", first.approval)
    assert names(ground, "deploy") == set()


async def test_where_the_cluster_refuses_it_is_said_plainly(product: Product) -> None:
    async with product.as_("ana") as ana:
        other = await ana.call("list_releases", cluster="practice", namespace="default")
        assert "helm keeps releases in secrets, and the RBAC of cluster practice" in other.text
        wide = await ana.call("list_releases", cluster="practice")
        assert not wide.is_error, wide.text
        assert "not looked at, the cluster's RBAC refuses: " in wide.text
        system = await ana.call("list_releases", cluster="practice", namespace="kube-system")
        assert system.is_error
        unknown = await ana.call("read_release", **HERE, release="nope")
        assert f"there is no release nope in {SPACE}; there is none in it" in unknown.text


async def test_who_is_in_no_group_reads_and_changes_nothing(product: Product) -> None:
    async with product.as_("eve") as eve:
        for tool, more in (
            ("list_releases", {}),
            ("read_release", {"release": "hello"}),
            ("install_release", {"release": "hello", "chart": CHART}),
            ("uninstall_release", {"release": "hello", "dry_run": False}),
        ):
            said = await eve.call(tool, **HERE, **more)
            assert said.is_error
            assert "[denied, call " in said.text


async def test_without_helm_or_charts_releases_are_still_read(serving: Serving) -> None:
    async with serving() as bare, bare.as_("ana") as ana:
        listed = await ana.call("list_releases", **HERE)
        assert listed.says == f"no releases in practice/{SPACE}"
        said = await ana.call("install_release", **HERE, release="hello", chart=CHART)
        assert said.is_error
        assert "[servers.cluster.helm] charts" in said.text


@pytest.mark.parametrize("place", ["oci://{}/charts/greeting", "https://{}/stable/greeting"])
async def test_charts_come_from_registries_and_repositories(
    ground: Ground, serving: Serving, tmp_path: Path, place: str
) -> None:
    unsealed(tmp_path)
    helm = (ground.kubernetes.kubectl[0], "helm")
    archive = archived(helm, Path(CHART), tmp_path / "packed")
    async with registry(tmp_path, archive, "0.1.0") as source:
        table = "BAILIWICK_SERVERS__CLUSTER__HELM__"
        allowed = [f"oci://{source.host}/charts", f"https://{source.host}/stable"]
        more = {
            **helmed(ground, CHARTS),
            f"{table}CHARTS": orjson.dumps(allowed).decode(),
            f"{table}CA_FILE": orjson.dumps(str(source.ca_file)).decode(),
        }
        where = place.format(source.host)
        async with serving(**more) as up, up.as_("ana") as ana:
            wanted = {"release": "hello", "chart": where, "version": "0.1.0"}
            done = await agreed(up, ana, "install_release", **wanted)
            assert "installed greeting-0.1.0, revision 1" in done.says
            none = await ana.call("upgrade_release", **HERE, **{**wanted, "version": "9.9.9"})
            assert none.says.startswith(f"cannot upgrade {SPACE}/hello: no such chart or version")
            other = where.replace("charts/", "other/").replace("stable/", "other/")
            refused = await ana.call("upgrade_release", **HERE, **{**wanted, "chart": other})
            assert refused.is_error
    assert not any("Authorization" in request.headers for request in source.seen)
