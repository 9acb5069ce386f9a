"""What five sets of values render to: settings that load, objects that Kubernetes knows."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from bailiwick.config import Settings, load
from bailiwick_cluster import settings as cluster
from bailiwick_observability import settings as observability
from bailiwick_retrieval import settings as retrieval
from scripts import manifests
from tests.parts.chart import KINDS, SETS, Object, golden, kinds

READS = {"cluster": cluster.read, "observability": observability.read, "retrieval": retrieval.read}
VERSIONS = ("1.33", "1.35", "1.37")
OTHERS = {"route.openshift.io", "gateway.networking.k8s.io", "monitoring.coreos.com"}


def own(found: Object) -> bool:
    """Say whether it is of a kind of Kubernetes' own."""
    return found["apiVersion"].split("/")[0] not in OTHERS


each_set = pytest.mark.parametrize("name", SETS)


def pods(name: str) -> Iterator[Object]:
    """Give every pod's spec: those of the servers, and the test's."""
    for each in golden(name):
        if each["kind"] == "StatefulSet":
            yield each["spec"]["template"]["spec"]
        if each["kind"] == "Pod":
            yield each["spec"]


def configured(name: str, folder: Path) -> Iterator[tuple[str, Settings, Object]]:
    """Give each server's name, its settings as it would load them, and its pod."""
    maps = {each["metadata"]["name"]: each for each in kinds(golden(name), "ConfigMap")}
    for each in kinds(golden(name), "StatefulSet"):
        path = folder / f"{name}.toml"
        path.write_text(maps[each["metadata"]["name"]]["data"]["config.toml"])
        pod = each["spec"]["template"]["spec"]
        yield pod["containers"][0]["name"], load(path, {}), pod


@each_set
def test_each_server_takes_its_settings(name: str, tmp_path: Path) -> None:
    for server, settings, pod in configured(name, tmp_path):
        assert list(settings.servers) == [server]
        made: Any = READS[server](settings.servers[server])
        assert made.model_fields_set
        assert (settings.listen.host, settings.listen.port) == ("0.0.0.0", 8765)  # noqa: S104
        assert str(settings.state) == "/var/lib/bailiwick"
        assert settings.identity.issuers[0].name == "corp"
        assert pod["containers"][0]["args"] == ["serve", server, "--http"]


@each_set
def test_every_file_that_the_settings_name_is_mounted(name: str, tmp_path: Path) -> None:
    for _, settings, pod in configured(name, tmp_path):
        places = [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]
        named = re.findall(r"'((?:/etc/bailiwick|/srv|/var)/[^']+)'", str(settings.model_dump()))
        assert named
        for path in named:
            assert any(f"{path}/".startswith(f"{place}/") for place in places), path


def test_values_of_every_kind_arrive_as_they_were_written(tmp_path: Path) -> None:
    written = yaml.safe_load((manifests.VALUES / "everything.yaml").read_text())
    for server, settings, _ in configured("everything", tmp_path):
        assert settings.servers[server] == written["servers"][server]["config"]
        issuer = written["config"]["identity"]["issuers"][0]
        assert settings.identity.issuers[0].longest_hours == issuer["longest_hours"]
        assert settings.limits.in_flight == 16


def test_several_replicas_share_what_they_must(tmp_path: Path) -> None:
    for _, settings, _ in configured("replicas", tmp_path):
        assert str(settings.shared.database_file) == "/etc/bailiwick/secrets/shared-database/url"
        assert str(settings.shared.rates_file) == "/etc/bailiwick/secrets/shared-rates/address"
        assert str(settings.shared.key_file) == "/etc/bailiwick/secrets/shared-key/key"


def test_clients_and_the_cluster_find_the_server(tmp_path: Path) -> None:
    urls = {name: next(configured(name, tmp_path))[1].listen for name in ("smallest", "gateway")}
    assert urls["smallest"].url == "https://bailiwick.example.com"
    assert urls["gateway"].url == "https://documents.example.com:8443"
    assert urls["smallest"].certificate is None
    assert str(urls["gateway"].certificate) == "/etc/bailiwick/secrets/tls/tls.crt"
    assert "documents-retrieval.tools.svc:*" in urls["gateway"].hosts


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_knows_every_object(version: str) -> None:
    validator: Any = import_module("kubernetes_validate")  # has no types
    everything = [*golden("replicas"), *golden("everything")]
    seen = {each["kind"]: each for each in everything if own(each)}
    assert {"NetworkPolicy", "HorizontalPodAutoscaler", "Ingress", "Pod"} <= set(seen)
    assert {"PodDisruptionBudget", "ClusterRole", "ServiceAccount", "ConfigMap"} <= set(seen)
    for each in (*seen.values(), *kinds(everything, "StatefulSet")):
        validator.validate(each, version, strict=True)


def test_what_is_not_kubernetes_own_is_tried_on_real_definitions() -> None:
    found = {each["kind"] for name in SETS for each in golden(name) if not own(each)}
    assert {f"{kind.lower()}s".replace("ys", "ies") for kind in found} == set(KINDS)


@each_set
def test_pods_are_restricted(name: str) -> None:
    for pod in pods(name):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod.get("hostNetwork") is None
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def test_openshift_gives_the_numbers() -> None:
    for pod in pods("openshift"):
        assert set(pod["securityContext"]) == {"runAsNonRoot", "seccompProfile"}
    for pod in pods("smallest"):
        assert pod["securityContext"]["runAsUser"] == 10001


@each_set
def test_secrets_are_files_by_reference(name: str) -> None:
    assert kinds(golden(name), "Secret") == []
    for pod in pods(name):
        for container in pod["containers"]:
            assert all(set(each) == {"name", "value"} for each in container.get("env", []))
            assert "envFrom" not in container
        for volume in pod.get("volumes", []):
            if "secret" in volume:  # a key that others may read is refused at the start
                assert volume["secret"]["defaultMode"] == 0o440


@each_set
def test_only_what_talks_to_its_own_cluster_has_a_token(name: str) -> None:
    for pod in pods(name):
        wanted = pod["containers"][0]["name"] == "cluster"
        assert pod["automountServiceAccountToken"] is wanted
    assert all(
        each["automountServiceAccountToken"] is False
        for each in kinds(golden(name), "ServiceAccount")
    )


@each_set
def test_networks_are_named_one_by_one(name: str) -> None:
    policies = kinds(golden(name), "NetworkPolicy")
    held = [each["spec"]["podSelector"]["matchLabels"] for each in policies]
    for each in kinds(golden(name), "StatefulSet") if name != "gateway" else []:
        assert each["spec"]["selector"]["matchLabels"] in held
    for policy in policies:
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        for rule in policy["spec"]["egress"]:
            assert rule["ports"]
            assert rule["to"]
            assert all(peer for peer in rule["to"])
        for rule in policy["spec"]["ingress"]:
            assert all(peer for peer in rule["from"])


def test_only_a_server_s_own_upstreams_are_let_out_to() -> None:
    policies = kinds(golden("everything"), "NetworkPolicy")
    ports = {
        policy["metadata"]["name"]: {
            port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]
        }
        for policy in policies
    }
    assert ports == {
        "bailiwick-cluster": {53, 443, 6443},
        "bailiwick-observability": {53, 443, 8089, 9090, 9093},
        "bailiwick-retrieval": {53, 443},
    }


@each_set
def test_probes_and_metrics_are_not_passed_on(name: str) -> None:
    ways: list[str] = []
    for each in golden(name):
        spec = each.get("spec", {})
        if each["kind"] == "Route":
            ways.append(spec["path"])
        if each["kind"] == "Ingress":
            ways += [path["path"] for path in spec["rules"][0]["http"]["paths"]]
        if each["kind"] == "HTTPRoute":
            ways += [m["path"]["value"] for rule in spec["rules"] for m in rule["matches"]]
    servers = [pod["containers"][0]["name"] for pod in pods(name)]
    expected = {f"{way}{each}" for each in servers if each != "test"
                for way in ("/", "/.well-known/oauth-protected-resource/")}  # fmt: skip
    assert set(ways) == (expected if ways else set())
    assert bool(ways) == (name in {"everything", "gateway", "openshift"})


def test_rights_are_those_of_named_people_and_nothing_else() -> None:
    for name in ("smallest", "openshift", "replicas"):
        (role,) = kinds(golden(name), "ClusterRole")
        assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"impersonate"}
        users, groups, extra = role["rules"]
        assert extra["resources"] == ["userextras/bailiwick.dev/call-id"]
        assert groups["resourceNames"]
        assert ("resourceNames" in users) == (name != "replicas")
    assert not kinds(golden("gateway"), "ClusterRole")
