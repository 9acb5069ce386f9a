"""`explain_access` on a real Kubernetes: what its own authorizers say must be what is explained."""

import re
from collections.abc import Generator
from itertools import product as pairs
from typing import Any

import pytest

from bailiwick.house import new_id
from bailiwick.policy.question import Principal
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.rights.binding import KINDS, book, lean
from bailiwick_cluster.rights.evaluation import MASTERS, ways
from bailiwick_cluster.rights.subject import asked
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream import Behalf, Target
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from bailiwick_cluster.upstream.reviews import Attributes, review
from practice.facts import Ground
from tests.integration.conftest import Product, Serving
from tests.parts.ground import kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
SPACE = "test-access"
HERE: dict[str, Any] = {"cluster": "practice"}
IN: dict[str, Any] = {**HERE, "namespace": SPACE}
ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))

ESTATE = """
apiVersion: v1
kind: Namespace
metadata: {name: test-access}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: test-access}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: mixed, namespace: test-access}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get, delete], resourceNames: [db]}
- {apiGroups: [""], resources: ["pods/exec"], verbs: [create]}
- {apiGroups: [apps], resources: ["*/scale"], verbs: ["*"]}
- {apiGroups: ["*"], resources: [configmaps], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: test-access}
rules:
- {apiGroups: [""], resources: [nodes, namespaces], verbs: [get]}
- {nonResourceURLs: ["/test/*", "/metrics"], verbs: [get]}
- {apiGroups: [""], resources: [configmaps], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: mixed, namespace: test-access}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: mixed}
subjects:
- {kind: ServiceAccount, name: robot, namespace: test-access}
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:eve"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: all-accounts, namespace: test-access}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: test-access}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:serviceaccounts:test-access"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: test-access}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: test-access}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "test-access:testers"}]
"""
LOOK = """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: look, namespace: test-access}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "oidc:ana"}]
"""


@pytest.fixture(scope="module", autouse=True)
def estate(ground: Ground) -> Generator[None]:
    """A namespace with rules of every shape; gone afterwards."""
    kubectl(ground, "apply", "-f", "-", given=ESTATE)
    yield
    kubectl(ground, "delete", "--timeout=50s", "-f", "-", given=ESTATE)


WHO = (
    "sa:test-access/robot",
    "sa:test-access/default",
    "sa:shop/default",
    "sa:kube-system/replicaset-controller",
    "user:oidc:eve",
    "user:oidc:ana,group:oidc:sre",
    "group:test-access:testers",
    "user:system:kube-scheduler",
    "user:system:anonymous",
    "group:system:masters",
)
VERBS = ("get", "list", "create", "delete")
WHAT = (
    ("", "pods", ""),
    ("", "pods", "exec"),
    ("", "pods", "log"),
    ("", "secrets", ""),
    ("", "configmaps", ""),
    ("apps", "deployments", ""),
    ("apps", "deployments", "scale"),
    ("apps", "replicasets", "scale"),
    ("", "nodes", ""),
    ("", "namespaces", ""),
    ("practice.bailiwick.dev", "certificates", ""),
    ("rbac.authorization.k8s.io", "roles", ""),
)
PLACES = (("", ""), (SPACE, ""), (SPACE, "db"), ("shop", ""), ("shop", "web"))
PATHS = ("/metrics", "/test/x", "/test", "/healthz", "/version", "/apis", "/logs/x")


async def test_what_is_found_is_what_the_apis_own_review_says(ground: Ground) -> None:
    """A grid of subjects, verbs, resources, places and paths: all must agree."""
    settings = ClusterSettings(kubeconfig=ground.kubernetes.admin_kubeconfig, act_as="kubeconfig")
    clusters = KubernetesClusters({"admin": settings})
    wanted = [Attributes(verb, *what, *where) for verb, what, where in pairs(VERBS, WHAT, PLACES)]
    wanted += [Attributes(verb, path=path) for verb, path in pairs(("get", "post"), PATHS)]
    differ: list[str] = []
    counted: dict[bool, int] = {True: 0, False: 0}
    try:
        async with clusters.named("admin", Behalf(ANA, new_id())) as api:
            found = {kind: (await api.objects(Target(BUILTIN[kind]), lean)).items for kind in KINDS}
            read = book(found)
            for said in WHO:
                who = asked(said, None).who
                for each in wanted:
                    ours = bool(ways(read, who, each)) or MASTERS in who.groups
                    theirs = await review(api, who, each)
                    assert theirs is not None
                    counted[ours] += 1
                    if ours is not theirs.allowed:
                        differ.append(f"{said} {each}: {ours}, the API {theirs}")
    finally:
        await clusters.close()
    assert differ == []
    assert min(counted.values()) > 300, counted


async def test_may_one_and_why(product: Product) -> None:
    async with product.as_("ana") as ana:
        yes = await ana.call(
            "explain_access", **HERE, namespace="shop", subject="me", verb="delete", resource="pod"
        )
        no = await ana.call("explain_access", **HERE, subject="me", verb="delete", resource="no")
        some = await ana.call("explain_access", **HERE, subject="me", verb="create", resource="cm")
    assert yes.text == (
        "yes: oidc:ana may delete Pod in shop:"
        " RoleBinding shop/people-work → ClusterRole edit (group oidc:sre)"
    )
    assert no.says == "no: oidc:ana may not delete Node"
    assert "on the same it may: get, list, watch" in no.outside
    assert 'with {apiGroups: [""], resources: ["nodes"], verbs: [delete]}' in no.outside
    assert re.fullmatch(
        r"no: oidc:ana may not create ConfigMap in every namespace; it may in bank,.* shop.*",
        some.says,
    )
    assert some.facts["withheld"] == "kube-system (policy)"


async def test_about_others(product: Product) -> None:
    async with product.as_("bo") as bo:
        named = await bo.call(
            "explain_access", **IN, subject="sa:robot", verb="get", resource="secret", name="db"
        )
        other = await bo.call(
            "explain_access", **IN, subject="sa:robot", verb="get", resource="secret", name="tls"
        )
    assert named.says == (
        "yes: sa test-access/robot may get Secret db in test-access:"
        " RoleBinding test-access/mixed → Role mixed"
    )
    assert named.rows == [
        ["RoleBinding test-access/mixed → Role mixed", "ServiceAccount", "robot",
         "get secrets [db]"]
    ]  # fmt: skip
    assert other.says == "no: sa test-access/robot may not get Secret tls in test-access"
    assert "the API does not let you ask about others" in other.outside


async def test_who_may(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_access", **IN, verb="exec", resource="pods")
    assert said.says == (
        "1 user, 1 service account may create Pod/exec in test-access: user oidc:eve,"
        " sa test-access/robot"
    )
    assert {row[1] for row in said.rows} == {"oidc:eve", "test-access/robot"}
    assert len(said.text.encode()) < 1_000


async def test_all_that_an_account_may(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_access", **HERE, subject="sa:test-access/robot")
        own = await ana.call("explain_access", **HERE)
        system = await ana.call("explain_access", **HERE, subject="sa:kube-system/default")
    assert said.says.startswith(
        "sa test-access/robot may read Secrets in test-access: gets passwords, keys, tokens of"
        " accounts, but for 1 name only (RoleBinding test-access/mixed → Role mixed); and 2 more"
    )
    assert [row[:2] for row in said.rows][:2] == [
        ["read Secrets (only db)", "test-access"],
        ["exec into Pods", "test-access"],
    ]
    assert re.match(
        r"oidc:ana may impersonate service accounts in bank,.* shop.*: acts as", own.says
    )
    assert len(own.text.encode()) < 3_000  # it names the namespaces of other tests, too
    assert system.is_error
    assert "the policy does not let you ask about namespace kube-system" in system.text


async def test_where_roles_of_the_cluster_may_not_be_read(ground: Ground, serving: Serving) -> None:
    """An admin of one namespace: the API is asked, and what cannot be explained is said."""
    kubectl(ground, "apply", "-f", "-", given=LOOK)
    try:
        async with serving({"groups": "[]"}) as product, product.as_("ana") as ana:
            may = await ana.call("explain_access", **IN, subject="me", verb="get", resource="pods")
            robot = await ana.call(
                "explain_access", **IN, subject="sa:robot", verb="list", resource="cm"
            )
            other = await ana.call(
                "explain_access", **IN, subject="sa:robot", verb="get", resource="pods"
            )
            mine = await ana.call("explain_access", **IN, subject="me")
            who = await ana.call("explain_access", **IN, verb="exec", resource="pods")
    finally:
        kubectl(ground, "delete", "--ignore-not-found", "-f", "-", given=LOOK)
    assert (
        may.says
        == "yes: oidc:ana may get Pod in test-access (the API says so; why could not be read)"
    )
    assert "1 binding whose role you may not read: RoleBinding test-access/look" in may.outside
    assert robot.says.startswith("yes: sa test-access/robot may list ConfigMap in test-access:")
    assert other.says == "no: sa test-access/robot may not get Pod in test-access"
    assert "not read, the cluster's RBAC does not let you: ClusterRole, ClusterRoleBinding" in (
        other.outside
    )
    assert mine.says.startswith("oidc:ana may impersonate service accounts in test-access")
    assert "each dangerous right was asked of the API" in mine.outside
    assert "not read, the cluster's RBAC does not let you: ClusterRole, ClusterRoleBinding" in (
        who.outside
    )


async def test_without_any_group_nobody_asks(product: Product) -> None:
    async with product.as_("eve") as eve:
        said = await eve.call("explain_access", **IN, subject="me", verb="get", resource="pods")
    assert said.is_error
    assert "[denied, call " in said.text


async def test_questions_that_are_none(product: Product) -> None:
    async with product.as_("ana") as ana:
        half = await ana.call("explain_access", **IN, verb="get")
        wide = await ana.call("explain_access", **IN, verb="get", resource="node")
        what = await ana.call("explain_access", **IN, verb="get", resource="widgets")
    assert "give `verb` and `resource` together" in half.text
    assert "Node is not in a namespace; leave `namespace` out" in wide.text
    assert "no resource 'widgets' is known; say a kind" in what.text
