"""What may be filled into prompts and addresses: found by calls, for who may see it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from mcp.types import CompleteRequestParams, CompleteResult

from bailiwick.completion import Completer
from bailiwick.errors import Unavailable
from bailiwick.gate import Caller
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal
from bailiwick_cluster.completing import completes
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.prompts import PROMPTS
from bailiwick_cluster.resources import RESOURCES
from bailiwick_cluster.tools import TOOLS
from bailiwick_cluster.upstream import JSON, MERGE_PATCH, Object, Page, Query, Row, Target
from tests.parts.cluster import Unasked
from tests.parts.gates import ANA, EVE, Memory, setting

pytestmark = pytest.mark.anyio
TEMPLATE = {"type": "ref/resource", "uri": RESOURCES[0].template}
READERS = """
@id("readers")
permit (principal in Group::"sre", action in Action::"read", resource);
@id("bank-is-closed")
forbid (principal, action, resource) when { resource is Namespace && resource.name == "bank" };
@id("far-is-closed")
forbid (principal, action, resource in Cluster::"far");
@id("no-secrets")
forbid (principal, action == Action::"list_resources", resource)
when { context.arguments has kind && context.arguments.kind == "Secret" };
"""
DISCOVERY = {
    "items": [
        {
            "metadata": {"name": group},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        {
                            "resource": f"{kind.lower()}s",
                            "responseKind": {"kind": kind},
                            "scope": scope,
                            "verbs": verbs,
                        }
                    ],
                }
            ],
        }
        for group, kind, scope, verbs in (
            ("cert-manager.io", "Certificate", "Namespaced", ["get", "list", "watch"]),
            ("cert-manager.io", "ClusterIssuer", "Cluster", ["get", "list"]),
            ("authorization.k8s.io", "SubjectAccessReview", "Cluster", ["create"]),
            ("apps", "Deployment", "Namespaced", ["get"]),
        )
    ]
}
POD = {"spec": {"containers": [{"name": "app"}, 3], "initContainers": [{"name": "ready"}]}}
READ: dict[str, Any] = {
    "Deployment": {"spec": {"template": POD}},
    "Pod": {"spec": {**POD["spec"], "ephemeralContainers": [{"name": "debug"}]}},
    "CronJob": {"spec": {"jobTemplate": {"spec": {"template": POD}}}},
    "ConfigMap": {"spec": [None], "data": {"a": "b"}},
}


@dataclass
class Estate(Unasked):
    """Names by kind and namespace."""

    names: dict[tuple[str, str], list[str]] = field(
        default_factory=lambda: {
            ("Namespace", ""): ["shop", "bank", "kube-system", "my-shop"],
            ("Deployment", "shop"): ["web", "api", "web-canary"],
            ("StatefulSet", "shop"): ["db"],
            ("Node", ""): ["node-1", "node-2"],
        }
    )
    away: bool = False
    seen: list[str] = field(default_factory=list[str])
    name: str = "eu"

    async def kind(self, name: str) -> KindInfo:
        return BUILTIN[name]

    async def pages(self, target: Target, limit: int = 500) -> AsyncGenerator[Page]:
        self.seen.append(f"pages {target.kind.name} {target.namespace or '-'}")
        if self.away:
            raise Unavailable("no answer")
        names = self.names.get((target.kind.name, target.namespace or ""), [])
        for at in range(0, len(names), limit):
            rows = [Row(target.namespace or "", n, (n,), {}) for n in names[at : at + limit]]
            yield Page((), rows, "more")

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        self.seen.append(f"read {kind.name} {namespace}/{name}")
        return READ[kind.name]

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        self.seen.append(f"{method} {path}")
        return orjson.dumps(DISCOVERY)


@dataclass
class Clusters:
    """One cluster that answers, and one that nobody may see."""

    estate: Estate

    def names(self) -> list[str]:
        return ["eu", "far"]

    @asynccontextmanager
    async def named(self, cluster: str, behalf: object) -> AsyncGenerator[Estate]:
        yield self.estate


class Desk:
    """A completer over the gate."""

    def __init__(self, folder: Path) -> None:
        made = setting(folder)
        self.journal: Memory = made.journal
        rules = Policy.load(READERS, [spec.action("cluster") for spec in TOOLS])
        self.gate = replace(made.gate, server="cluster", policy=lambda: rules)
        self.estate = Estate()
        self.clusters = Clusters(self.estate)

    async def ask(
        self, ref: Mapping[str, str], name: str, typed: str, who: Principal, given: dict[str, str]
    ) -> CompleteResult:
        params = CompleteRequestParams.model_validate(
            {
                "ref": dict(ref),
                "argument": {"name": name, "value": typed},
                "context": {"arguments": given},
            }
        )
        caller = Caller(who, _quiet)
        made = Completer(self.gate, self, PROMPTS, completes, lambda _: caller, RESOURCES)
        context: Any = None
        return await made(context, params)

    async def values(
        self, name: str, typed: str = "", who: Any = ANA, ref: Any = TEMPLATE, **given: str
    ) -> list[str]:
        """Give the values alone."""
        return (await self.ask(ref, name, typed, who, given)).completion.values


async def _quiet(done: float, total: float, text: str) -> None:
    """Report to nobody."""


def prompt(name: str) -> dict[str, str]:
    return {"type": "ref/prompt", "name": name}


INVESTIGATE = prompt("investigate_workload")
SHOP = {"cluster": "eu", "namespace": "shop"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


async def test_clusters_are_named_without_asking_any(desk: Desk) -> None:
    for ref in (TEMPLATE, INVESTIGATE, prompt("triage_cluster"), prompt("plan_change")):
        assert await desk.values("cluster", ref=ref) == ["eu"]
    assert await desk.values("cluster", "x") == []
    assert desk.estate.seen == []


async def test_namespaces_are_those_that_the_policy_shows(desk: Desk) -> None:
    assert await desk.values("namespace", cluster="eu") == ["shop", "kube-system", "my-shop"]
    assert await desk.values("namespace", "sho", cluster="eu") == ["shop", "my-shop"]
    assert await desk.values("namespace", "bank", cluster="eu") == []
    found = await desk.values("namespace", cluster="eu", ref=INVESTIGATE)
    assert found == ["shop", "kube-system", "my-shop"]


async def test_what_is_in_no_namespace_is_at_a_dash(desk: Desk) -> None:
    assert await desk.values("namespace", cluster="eu", kind="Node") == ["-"]
    assert (await desk.values("namespace", "-", cluster="eu"))[0] == "-"


async def test_kinds_are_ours_and_those_that_are_served(desk: Desk) -> None:
    assert await desk.values("kind", "deploy", cluster="eu") == ["Deployment"]
    assert await desk.values("kind", "cert", **SHOP) == ["Certificate.cert-manager.io"]
    issuers = await desk.values("kind", "cluster", cluster="eu", namespace="-")
    assert issuers == ["ClusterRole", "ClusterRoleBinding", "ClusterIssuer.cert-manager.io"]
    assert await desk.values("kind", "node", **SHOP) == []
    assert await desk.values("kind", "SubjectAccess", cluster="eu") == []
    assert set(desk.estate.seen) == {"GET /apis"}


async def test_names_of_a_kind_in_a_namespace(desk: Desk) -> None:
    assert await desk.values("name", "web", **SHOP, kind="deploy") == ["web", "web-canary"]
    assert await desk.values("name", "b", **SHOP, kind="StatefulSet") == ["db"]
    nodes = await desk.values("name", cluster="eu", namespace="-", kind="Node")
    assert nodes == ["node-1", "node-2"]


async def test_a_workload_is_a_deployment_or_says_what_it_is(desk: Desk) -> None:
    for typed, found in {
        "": ["web", "api", "web-canary", "StatefulSet/", "DaemonSet/", "CronJob/", "Job/", "Pod/"],
        "canary": ["web-canary"],
        "State": ["StatefulSet/"],
        "StatefulSet/": ["StatefulSet/db"],
        "sts/d": ["sts/db"],
        "Deployment/ap": ["Deployment/api"],
        "Nonsense/x": [],
        "a/b/c": [],
    }.items():
        assert await desk.values("workload", typed, ref=INVESTIGATE, **SHOP) == found, typed


async def test_containers_are_read_from_what_makes_the_pods(desk: Desk) -> None:
    for workload, found in {
        "web": ["app", "ready"],
        "deploy/web": ["app", "ready"],
        "Pod/web-1": ["app", "ready", "debug"],
        "CronJob/nightly": ["app", "ready"],
        "ConfigMap/x": [],
        "": [],
    }.items():
        said = await desk.values("container", ref=INVESTIGATE, **SHOP, workload=workload)
        assert said == found, workload


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("namespace", {}),
        ("kind", {}),
        ("name", {"cluster": "eu"}),
        ("name", {**SHOP}),
        ("name", {"cluster": "eu", "kind": "Pod"}),
        ("workload", {"cluster": "eu"}),
        ("container", {"cluster": "eu", "workload": "web"}),
        ("container", {**SHOP}),
        ("goal", {**SHOP}),
        ("nothing", {**SHOP}),
    ],
)
async def test_what_cannot_be_known_yet_is_not_asked(
    desk: Desk, name: str, given: dict[str, str]
) -> None:
    for ref in (TEMPLATE, INVESTIGATE, prompt("plan_change")):
        assert await desk.values(name, ref=ref, **given) == []
    assert desk.estate.seen == []
    assert desk.journal.seen == []


@pytest.mark.parametrize(
    ("name", "typed", "given"),
    [
        ("kind", "", {"cluster": "far"}),
        ("name", "", {"cluster": "eu", "namespace": "bank", "kind": "Pod"}),
        ("name", "", {**SHOP, "kind": "Secret"}),
    ],
)
async def test_what_the_policy_hides_is_not_asked_for(
    desk: Desk, name: str, typed: str, given: dict[str, str]
) -> None:
    assert await desk.values(name, typed, **given) == []
    assert desk.estate.seen == []
    assert desk.journal.story()[-1] == "tool.refused single denied"


async def test_of_a_cluster_that_is_closed_no_namespace_is_shown(desk: Desk) -> None:
    assert await desk.values("namespace", cluster="far") == []


async def test_who_may_nothing_is_shown_nothing(desk: Desk) -> None:
    for name in ("cluster", "namespace", "kind", "name"):
        assert await desk.values(name, who=EVE, **SHOP, kind="Deployment") == []
    for name in ("workload", "container"):
        assert await desk.values(name, who=EVE, ref=INVESTIGATE, **SHOP, workload="web") == []
    assert desk.estate.seen == []


@pytest.mark.parametrize("bad", ["../x", "x" * 300, "Shop", "a b", "a\nb", "{x}", "\u202e"])
async def test_it_never_raises(desk: Desk, bad: str) -> None:
    for name in ("namespace", "kind", "name"):
        assert await desk.values(name, bad, cluster=bad, namespace=bad, kind=bad) == []
    for name in ("workload", "container"):
        given = {"cluster": "eu", "namespace": "shop", "workload": bad}
        assert await desk.values(name, ref=INVESTIGATE, **{**given, "namespace": bad}) == []
        await desk.values(name, bad, ref=INVESTIGATE, **given)


async def test_a_cluster_that_is_away_offers_nothing(desk: Desk) -> None:
    desk.estate.away = True
    assert await desk.values("name", **SHOP, kind="Deployment") == []
    assert desk.journal.story()[-1] == "tool.call outcome error"


async def test_a_hundred_at_most_and_that_there_are_more(desk: Desk) -> None:
    names = [f"pod-{n:05}" for n in range(9_000)]
    desk.estate.names["Pod", "shop"] = names
    given = {**SHOP, "kind": "Pod"}
    found = (await desk.ask(TEMPLATE, "name", "pod", ANA, given)).completion
    assert (found.values, found.has_more) == (names[:100], True)
    late = (await desk.ask(TEMPLATE, "name", "04999", ANA, given)).completion
    assert late.values == ["pod-04999"]
    assert (await desk.ask(TEMPLATE, "name", "08999", ANA, given)).completion.values == []


async def test_long_names_stay_whole(desk: Desk) -> None:
    name = "a." * 120 + "z"
    desk.estate.names["Deployment", "shop"] = [name]
    assert await desk.values("name", "a", **SHOP, kind="Deployment") == [name]


async def test_each_is_written_down_as_the_call_that_it_is(desk: Desk) -> None:
    await desk.values("cluster")
    await desk.values("namespace", cluster="eu")
    await desk.values("kind", cluster="eu")
    await desk.values("name", **SHOP, kind="Deployment")
    await desk.values("container", ref=INVESTIGATE, **SHOP, workload="web")
    assert desk.journal.story() == ["tool.call intent", "tool.call outcome success"] * 5
    asked = [str(entry.data["action"]) for entry in desk.journal.seen[::2]]
    names = [
        "list_clusters", "list_resources", "list_clusters", "list_resources", "read_resource",
    ]  # fmt: skip
    assert all(name in said for name, said in zip(names, asked, strict=True))
