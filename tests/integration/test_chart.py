"""The chart on a real API: installed, upgraded, rolled back, gone; and what its account may do."""

import ssl
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
import yaml

from bailiwick import __version__
from practice.facts import Ground
from scripts import manifests
from tests.parts.chart import KINDS, SETS, definition, golden, helm, values
from tests.parts.ground import fetched, kubectl

pytestmark = pytest.mark.ground

SPACE, RELEASE = "chart", "bailiwick"
BEFORE = manifests.VALUES.parent / "previous" / "bailiwick-0.0.9.tgz"
"""What the chart was before, with less in it. At a release, the package of that takes its place."""
STANDING = manifests.VALUES.parent / "ground.yaml"
ON_DISK = ("--set", "defaults.persistence.storageClass=chart")
RESTRICTED = "pod-security.kubernetes.io"
CALL = "Impersonate-Extra-Bailiwick.dev%2fcall-Id"


@dataclass(frozen=True)
class Place:
    """A namespace that enforces `restricted`, and the helm of its administrator."""

    ground: Ground

    def helm(self, *words: str) -> str:
        done = helm(*words, KUBECONFIG=str(self.ground.kubernetes.admin_kubeconfig))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def put(self, verb: str, chart: str, *words: str) -> str:
        waits = ("--wait", "--timeout", "50s")
        return self.helm(verb, RELEASE, chart, "--namespace", SPACE, *waits, *words)

    def gone(self) -> None:
        self.helm("uninstall", RELEASE, "-n", SPACE, "--wait", "--ignore-not-found")

    def settings(self) -> str:
        found = fetched(self.ground, "-n", SPACE, "configmap", "bailiwick-cluster")
        return str(found["data"]["config.toml"])

    def left(self) -> list[str]:
        """Name everything of the release that is there, in the namespace and beyond it."""
        named = kubectl(self.ground, "api-resources", "--verbs=list", "-o", "name").split()
        kinds = ",".join(name for name in named if not name.startswith(("events", "componentst")))
        label = f"app.kubernetes.io/instance={RELEASE}"
        return kubectl(self.ground, "get", kinds, "-A", "-l", label, "-o", "name").split()


@pytest.fixture(scope="module")
def place(ground: Ground) -> Generator[Place]:
    made = Place(ground)
    files = [word for name in KINDS for word in ("-f", str(definition(name)))]
    kubectl(ground, "apply", "--server-side", *files)
    kubectl(ground, "wait", "--for=condition=Established", "--timeout=30s", *files)
    kubectl(ground, "apply", "--server-side", "-f", str(STANDING))
    kubectl(ground, "create", "namespace", SPACE)
    levels = [f"{RESTRICTED}/{mode}=restricted" for mode in ("enforce", "warn")]
    kubectl(ground, "label", "namespace", SPACE, *levels)
    try:
        yield made
    finally:
        made.gone()
        kubectl(ground, "delete", "namespace", SPACE)
        kubectl(ground, "delete", "-f", str(STANDING))
        kubectl(ground, "delete", "--wait=false", *files)


def test_it_is_upgraded_rolled_back_and_leaves_nothing(place: Place) -> None:
    told = (*values("smallest"), *ON_DISK, "--set", "defaults.persistence.whenDeleted=Delete")
    claim = ("-n", SPACE, "pvc", "state-bailiwick-cluster-0")
    place.put("install", str(BEFORE), *told)
    assert "0.0.9" in place.helm("list", "-n", SPACE)
    volume = fetched(place.ground, *claim)["metadata"]["uid"]
    pod = fetched(place.ground, "-n", SPACE, "pod", "bailiwick-cluster-0")["metadata"]["uid"]

    place.put("upgrade", str(manifests.CHART), *told, "--set", "config.limits.in_flight=9")
    assert "in_flight = 9" in place.settings()
    now = fetched(place.ground, "-n", SPACE, "pod", "bailiwick-cluster-0")
    assert now["metadata"]["uid"] != pod
    assert now["spec"]["containers"][0]["image"] == f"bailiwick-cluster:{__version__}"
    assert "Succeeded" in place.helm("test", RELEASE, "-n", SPACE, "--timeout", "40s")

    place.helm("rollback", RELEASE, "1", "-n", SPACE, "--wait", "--timeout", "50s")
    assert "in_flight" not in place.settings()
    assert fetched(place.ground, *claim)["metadata"]["uid"] == volume  # the journal is kept

    assert {"rolebinding" in each or "clusterrole" in each for each in place.left()} == {
        True,
        False,
    }
    place.gone()
    kubectl(place.ground, "wait", "--for=delete", "--timeout=30s", "-n", SPACE, *claim[2:])
    assert place.left() == []


@pytest.mark.parametrize("name", SETS)
def test_the_api_takes_every_field_and_warns_of_none(place: Place, name: str) -> None:
    objects: list[Any] = golden(name)
    text = yaml.safe_dump_all(objects).replace("namespace: tools", f"namespace: {SPACE}")
    words = [*place.ground.kubernetes.kubectl, "create", "--dry-run=server", "--validate=strict"]
    done = subprocess.run(
        [*words, "-f", "-"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # a pod that is not restricted would be warned of
    assert len(done.stdout.splitlines()) == len(objects)


def test_the_cluster_is_asked_where_its_api_is(place: Place) -> None:
    slices = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "kubernetes", "namespace": "default"},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["192.0.2.77"]}],
        "ports": [{"name": "https", "port": 7443, "protocol": "TCP"}],
    }
    kubectl(place.ground, "create", "-f", "-", given=orjson.dumps(slices).decode())
    try:
        words = (*values("smallest"), "--set", "networkPolicy.kubernetes=null")
        said = place.helm(
            "template", RELEASE, str(manifests.CHART), "--dry-run=server", "-n", SPACE, *words
        )
    finally:
        kubectl(place.ground, "delete", "endpointslice", "-n", "default", "kubernetes")
    assert 'cidr: "192.0.2.77/32"' in said
    assert "port: 7443" in said


@pytest.fixture(scope="module")
def speaking(place: Place) -> Generator[Place]:
    """The cluster server, that may speak for ana and bo, sre and lead."""
    place.put("install", str(manifests.CHART), *values("smallest"), *ON_DISK)
    yield place
    place.gone()
    label = ("-l", f"app.kubernetes.io/instance={RELEASE}")
    assert "state-bailiwick-cluster-0" in kubectl(place.ground, "get", "pvc", "-n", SPACE, *label)
    kubectl(place.ground, "delete", "pvc", "-n", SPACE, *label)


ACCOUNT = f"system:serviceaccount:{SPACE}:bailiwick-cluster"
EXTRA = {"group": "authentication.k8s.io", "resource": "userextras"}
RBAC = "rbac.authorization.k8s.io"
SPEAKS: list[dict[str, str]] = [
    {"resource": "users", "name": "oidc:ana"},
    {"resource": "users", "name": "oidc:bo"},
    {"resource": "groups", "name": "oidc:sre"},
    {"resource": "groups", "name": "oidc:lead"},
    {**EXTRA, "subresource": "bailiwick.dev/call-id"},
]
SPEAKS_NOT: list[dict[str, str]] = [
    {"resource": "users", "name": "oidc:eve"},
    {"resource": "users", "name": "system:admin"},
    {"resource": "users"},
    {"resource": "groups", "name": "system:masters"},
    {"resource": "groups", "name": "oidc:other"},
    {"resource": "groups"},
    {"resource": "uids"},
    {"resource": "serviceaccounts", "namespace": "kube-system"},
    {**EXTRA, "subresource": "scopes"},
    EXTRA,
]
MAY_NOT: list[dict[str, str]] = [
    {"verb": "list", "resource": "pods"},
    {"verb": "get", "resource": "secrets", "namespace": SPACE},
    {"verb": "create", "resource": "serviceaccounts", "subresource": "token"},
    {"verb": "create", "group": "authorization.k8s.io", "resource": "subjectaccessreviews"},
    {"verb": "escalate", "group": RBAC, "resource": "clusterroles"},
    {"verb": "bind", "group": RBAC, "resource": "clusterroles"},
    {"verb": "*", "group": "*", "resource": "*"},
]


def test_its_account_speaks_for_those_who_are_named_and_no_more(speaking: Place) -> None:
    wanted = [{"verb": "impersonate", **each} for each in (*SPEAKS, *SPEAKS_NOT)] + MAY_NOT
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{SPACE}", "system:authenticated"]
    reviews = [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"user": ACCOUNT, "groups": groups, "resourceAttributes": each},
        }
        for each in wanted
    ]
    text = yaml.safe_dump_all(reviews)
    shown = 'jsonpath={.status.allowed}{"\\n"}'
    said = kubectl(speaking.ground, "create", "-o", shown, "-f", "-", given=text)
    answers = [word == "true" for word in said.splitlines()]
    assert len(answers) == len(wanted)
    assert [each for each, may in zip(wanted, answers, strict=True) if may] == [
        {"verb": "impersonate", **each} for each in SPEAKS
    ]


def test_beyond_that_it_may_what_everybody_may(speaking: Place) -> None:
    def rules(account: str) -> set[str]:
        who = f"--as=system:serviceaccount:{SPACE}:{account}"
        said = kubectl(speaking.ground, "auth", "can-i", "--list", who, "-n", SPACE, "--no-headers")
        return {" ".join(line.split()) for line in said.splitlines()}

    own = rules("bailiwick-cluster") - rules("default")
    assert {rule.split()[-1] for rule in own} == {"[impersonate]"}
    assert len(own) == 5  # two users, two groups, the call's id


@pytest.mark.parametrize(
    ("user", "group", "status"),
    [
        ("oidc:ana", "oidc:sre", 201),
        ("oidc:eve", "oidc:sre", 403),
        ("oidc:ana", "system:masters", 403),
    ],
)
def test_the_api_itself_lets_it_speak(speaking: Place, user: str, group: str, status: int) -> None:
    token = kubectl(speaking.ground, "create", "token", "-n", SPACE, "bailiwick-cluster").strip()
    kubernetes = speaking.ground.kubernetes
    heads = {"Authorization": f"Bearer {token}", "Impersonate-User": user, CALL: "a-call"}
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    trusted = ssl.create_default_context(cafile=str(kubernetes.ca_file))
    with httpx.Client(verify=trusted, base_url=kubernetes.server) as client:
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        said = client.post(path, json=review, headers={**heads, "Impersonate-Group": group})
    assert said.status_code == status, said.text
    if status == 201:
        info = said.json()["status"]["userInfo"]
        assert (info["username"], info["extra"]) == (user, {"bailiwick.dev/call-id": ["a-call"]})
