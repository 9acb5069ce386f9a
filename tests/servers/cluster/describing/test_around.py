"""What is read around an object: bounded, within rights, and honest about what was not read."""

from typing import Any

import pytest

from bailiwick_cluster.describing.around import look_around
from bailiwick_cluster.describing.wanted import MOST_SINGLES, singles, wishes
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.upstream import Object, Row
from tests.parts.estate import Estate, asking, made

pytestmark = pytest.mark.anyio
WIDGET = KindInfo("Widget.example.com", "example.com", "v1", "widgets", namespaced=True)
WEB: Object = made(
    "Deployment",
    "web",
    spec={
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {"containers": [{"envFrom": [{"secretRef": {"name": "db"}}]}]},
        },
    },
)
POD: Object = made("Pod", "web-1", status={"phase": "Running"})


def event(name: str, namespace: str = "shop") -> Object:
    about = {"kind": "Pod", "namespace": namespace, "name": name}
    return made("Event", f"e-{name}", namespace, involvedObject=about, reason="Pulled")


async def test_the_pods_of_a_workload_and_what_happened_to_them() -> None:
    estate = Estate([WEB, POD, event("web-1"), event("webster"), event("web")])
    near = await look_around(asking(), estate, BUILTIN["Deployment"], "shop", "web", WEB)
    assert [each["metadata"]["name"] for each in near.of("Pod")] == ["web-1"]
    assert sum(group.count for group in near.happened) == 2, "webster is another one's"
    asked = {target.kind.name: target for target in estate.targets}
    assert asked["Pod"].labels == asked["ReplicaSet"].labels == "app=web"
    assert near.standing("Secret", "db") == "MISSING"
    assert near.standing("ServiceAccount", "other") == ""
    assert near.gaps == ()


async def test_what_could_not_be_read_is_said_and_never_raises() -> None:
    estate = Estate(
        [WEB, made("Secret", "db")],
        refused=frozenset({"Pod", "Secret"}),
        failing=frozenset({"Service"}),
    )
    near = await look_around(asking(), estate, BUILTIN["Deployment"], "shop", "web", WEB)
    assert set(near.gaps) == {
        "not looked at, the cluster's RBAC refuses: Pod, Secret",
        "not looked at, the cluster failed to list them: Service",
    }
    assert not near.has("Pod")
    assert near.standing("Secret", "db") == ""


async def test_the_pods_of_a_node_are_those_that_the_policy_shows() -> None:
    node = made("Node", "n1", "")
    estate = Estate([node, POD, made("Pod", "dns", "kube-system")])
    near = await look_around(asking("kube-system"), estate, BUILTIN["Node"], None, "n1", node)
    assert [each["metadata"]["name"] for each in near.of("Pod")] == ["web-1"]
    assert near.withheld == {"kube-system"}
    assert [t.fields for t in estate.targets if t.kind.name == "Pod"] == ["spec.nodeName=n1"]


async def test_nothing_is_read_inside_a_namespace_that_the_policy_hides() -> None:
    space = made("Namespace", "kube-system", "")
    estate = Estate([space, made("Pod", "dns", "kube-system")])
    near = await look_around(
        asking("kube-system"), estate, BUILTIN["Namespace"], None, "kube-system", space
    )
    assert estate.targets == []
    assert near.withheld == {"kube-system"}
    shown = await look_around(asking(), estate, BUILTIN["Namespace"], None, "kube-system", space)
    assert len(shown.of("Pod")) == 1
    assert {t.namespace for t in estate.targets if t.kind.name == "Pod"} == {"kube-system"}


async def test_a_custom_object_prints_itself_and_is_asked_what_it_owns() -> None:
    widget = made("Widget", "w")
    mine = made("ConfigMap", "w-conf", metadata={"ownerReferences": [{"uid": "u-w"}]})
    rows = [Row("shop", "w", ("w",), {})]
    estate = Estate([widget, mine, made("ConfigMap", "other")], rows=rows)
    near = await look_around(asking(), estate, WIDGET, "shop", "w", widget)
    assert near.of("ConfigMap") == [{"metadata": {"name": "w-conf"}}]
    assert near.row == rows[0]
    assert all(t.bare for t in estate.targets if t.kind.name == "Secret")
    closed = Estate([widget], refused=frozenset({WIDGET.name}))
    assert (await look_around(asking(), closed, WIDGET, "shop", "w", widget)).row is None


def test_only_so_many_named_objects_are_looked_up() -> None:
    volumes: list[Any] = [{"name": f"v{n}", "secret": {"secretName": f"s{n}"}} for n in range(99)]
    pod = made("Pod", "p", spec={"volumes": volumes})
    assert len(singles(BUILTIN["Pod"], pod)) == MOST_SINGLES


def test_every_list_is_of_a_kind_that_is_known() -> None:
    for info in [*BUILTIN.values(), WIDGET]:
        for wish in wishes(info, made(info.name, "x")):
            assert wish.kind in BUILTIN
        for single in singles(info, made(info.name, "x")):
            assert single.kind in BUILTIN


def test_only_a_node_and_events_are_asked_about_in_all_namespaces() -> None:
    for info in BUILTIN.values():
        for wish in wishes(info, made(info.name, "x")):
            if wish.wide:
                assert not info.namespaced
                assert "=x" in wish.fields
