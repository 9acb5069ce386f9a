"""Values: each is commented, the schema knows the same ones, and what cannot work is refused."""

import subprocess
from collections.abc import Iterator
from typing import Any, cast

import orjson
import pytest
import yaml

from bailiwick import __version__
from scripts import manifests
from tests.parts.chart import SETS, helm, kinds, rendered, values

CHART = str(manifests.CHART)
VALUES: dict[str, Any] = yaml.safe_load((manifests.CHART / "values.yaml").read_text())
SCHEMA: dict[str, Any] = orjson.loads((manifests.CHART / "values.schema.json").read_bytes())
COMMENTS = manifests.comments()


def leaves(table: dict[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    """Give the path of every value: down to what has a comment, or has nothing below."""
    for name, value in table.items():
        here = (*path, name)
        if here in COMMENTS or not isinstance(value, dict):
            yield here
        else:
            yield from leaves(cast("dict[str, Any]", value), *here)


def known(part: dict[str, Any], *path: str) -> Iterator[tuple[str, ...]]:
    """Give the path of every value of the schema, as far down as values.yaml tells of them."""
    if "$ref" in part and path not in COMMENTS:
        part = SCHEMA["$defs"][part["$ref"].rsplit("/", 1)[-1]]
    told = path in COMMENTS or (path[:1] == ("servers",) and ("defaults", *path[2:]) in COMMENTS)
    if told or "properties" not in part:
        yield path
    else:
        for name, each in part["properties"].items():
            yield from known(each, *path, name)


def test_each_has_a_comment() -> None:
    assert [path for path in leaves(VALUES) if path not in COMMENTS] == []


def test_the_schema_knows_the_same_values() -> None:
    told = {path for path in known(SCHEMA) if path != ("global",)}
    of_all = {path[1:] for path in told if path[0] == "defaults"}
    own = {path for path in told if not (path[0] == "servers" and path[2:] in of_all)}
    shown = {path for path in leaves(VALUES) if not (path[0] == "servers" and path[2:] in of_all)}
    assert own == shown
    for server in ("cluster", "observability", "retrieval"):
        assert {("servers", server, *path) for path in of_all} <= told


def test_an_editor_shows_the_comments() -> None:
    assert SCHEMA["properties"]["host"]["description"].startswith("Host name that clients use")
    assert "impersonate" in SCHEMA["properties"]["rbac"]["properties"]["create"]["description"]


@pytest.mark.slow
def test_what_is_generated_is_fresh() -> None:
    stale = [
        str(path.relative_to(manifests.ROOT))
        for path, text in manifests.pages().items()
        if not path.is_file() or path.read_text() != text
    ]
    assert stale == [], "run: .venv/bin/python scripts/manifests.py"


@pytest.mark.slow
def test_helm_finds_nothing_to_say() -> None:
    done = helm("lint", "--strict", CHART, *values("everything"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout


LIST = "servers.cluster.config.clusters"
WRONG = {
    "servers.cluster.enabled=false": "no server is enabled",
    "host=": "host is missing",
    "config=null": "config.identity.issuers is missing",
    "servers.cluster.replicas=2": "servers.cluster has more than one replica: set shared.database",
    "servers.cluster.autoscaling.enabled=true": "servers.cluster has more than one replica",
    "rbac.users=null": "rbac.users is missing",
    "servers.cluster.config=null": f"{LIST} is missing",
    f"{LIST}.here.groups=null": f"{LIST}.here.groups is missing",
    f"{LIST}.here.groups={{}}": f"{LIST}.here.groups is missing",
    f"{LIST}=null": "/servers/cluster/config/clusters",
    "networkPolicy.upstreams=null": "identity.issuers.0.url: sso.example.com is behind no upstream",
    "networkPolicy.kubernetes=null": "networkPolicy.kubernetes is missing",
    "config.telemetry.traces=https://otel.example.com/v1/traces": "telemetry.traces: otel.example",
    "httpRoute.enabled=true": "httpRoute.parentRefs is missing",
    "policy.claim=a,policy.image=b": "policy has more than one source",
    "tls.enabled=true,serviceMonitor.enabled=true": "tls.ca.configMap is missing",
    # What the schema says:
    "replica=2": "additional properties 'replica' not allowed",
    "servers.cluster.config.cluster.here.groups={a}": "additional properties 'cluster' not allowed",
    f"{LIST}.here.act_as=root": "/servers/cluster/config/clusters/here/act_as",
    "config.listen.port=nine": "/config/listen/port",
    "config.state=/elsewhere": "additional properties 'state' not allowed",
    "rbac.users={ana,}": "/rbac/users/1",
    "networkPolicy.clients[0].namespace=x": "additional properties 'namespace' not allowed",
    "networkPolicy.upstreams[0].to=null": "/networkPolicy/upstreams/0/to",
    "servers.cluster.security.runAsUser=0": "/servers/cluster/security/runAsUser",
    "servers.cluster.env[0].name=BAILIWICK_TOKEN,servers.cluster.env[0].value=x": "/env/0/name",
    "servers.cluster.secrets[0].name=tls,servers.cluster.secrets[0].secret=x": "/secrets/0/name",
    "policy.files.own=x": "invalid propertyName 'own'",
}


@pytest.mark.slow
@pytest.mark.parametrize("said", WRONG)
def test_what_cannot_work_is_refused_with_what_to_do(said: str) -> None:
    done = helm("template", "bailiwick", CHART, *values("smallest"), "--set", said)
    assert done.returncode == 1
    assert WRONG[said] in done.stderr


@pytest.mark.slow
def test_everything_that_is_wrong_is_told_at_once() -> None:
    done = helm("template", "bailiwick", CHART)
    for words in ("no server is enabled", "host is missing", "config.identity.issuers is missing"):
        assert words in done.stderr


@pytest.mark.slow
def test_an_address_needs_no_upstream() -> None:
    url = "config.telemetry.traces=https://192.0.2.9:4318/v1/traces"
    objects = rendered(*values("smallest"), "--set", url)
    (policy,) = kinds(objects, "NetworkPolicy")
    assert {
        "to": [{"ipBlock": {"cidr": "192.0.2.9/32"}}],
        "ports": [{"protocol": "TCP", "port": 4318}],
    } in policy["spec"]["egress"]


@pytest.mark.slow
def test_changed_settings_begin_pods_anew_and_a_changed_policy_does_not() -> None:
    def marks(*more: str) -> list[str]:
        objects = kinds(rendered(*values("everything"), *more), "StatefulSet")
        notes = [each["spec"]["template"]["metadata"]["annotations"] for each in objects]
        return [each["bailiwick.dev/config"] for each in notes]

    before = marks()
    assert (
        marks("--set-json", 'policy.files={"own.cedar": "forbid(principal,action,resource);"}')
        == before
    )
    one = marks("--set", "servers.retrieval.config.parsing.workers=3")
    assert [a == b for a, b in zip(before, one, strict=True)] == [True, True, False]
    assert not set(marks("--set", "config.limits.in_flight=9")) & set(before)


@pytest.mark.slow
def test_kustomize_puts_servers_together() -> None:
    overlay = manifests.PLAIN / "overlays" / "example"
    words = [manifests.helm()[0], "kubectl", "kustomize", str(overlay)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    objects = [each for each in yaml.safe_load_all(done.stdout) if each]
    (stateful,) = kinds(objects, "StatefulSet")
    pod = stateful["spec"]["template"]["spec"]
    assert stateful["metadata"]["namespace"] == "agents"
    assert pod["containers"][0]["image"] == "registry.example.com/tools/bailiwick-cluster:0.1.0"
    named = {each["name"]: each.get("configMap", {}).get("name") for each in pod["volumes"]}
    maps = {each["metadata"]["name"]: each for each in kinds(objects, "ConfigMap")}
    assert "prod" in maps[named["config"]]["data"]["config.toml"]
    assert "team.cedar" in maps[named["policy"]]["data"]
    (role,) = kinds(objects, "ClusterRole")
    assert role["rules"][1]["resourceNames"] == ["oidc:platform"]
    (binding,) = kinds(objects, "ClusterRoleBinding")
    assert binding["subjects"][0]["namespace"] == "agents"
    text = str(objects)
    assert "Helm" not in text
    assert "'namespace': 'bailiwick'" not in text


def test_the_chart_is_of_the_version_that_it_installs() -> None:
    told = yaml.safe_load((manifests.CHART / "Chart.yaml").read_text())
    assert (told["version"], told["appVersion"]) == (__version__, __version__)


def test_there_is_a_golden_render_for_each_set() -> None:
    stems = {path.stem for path in manifests.VALUES.glob("*.yaml")}
    assert stems == set(SETS)
    assert {path.stem for path in (manifests.VALUES.parent / "golden").iterdir()} == stems
