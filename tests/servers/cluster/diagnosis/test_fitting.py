from typing import Any

import pytest

from bailiwick_cluster.diagnosis.fitting import Reason, reasons, rooms
from bailiwick_cluster.diagnosis.snapshot import Snapshot
from tests.parts.pictured import NOW, node, picture, unplaced, well

GPU = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}


def asks(cpu: str = "1", **more: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": cpu, **more}}}


def refusals(made_node: dict[str, Any], *others: dict[str, Any], **spec: Any) -> list[str]:
    snapshot = picture(made_node, *others, unplaced("new", **spec))
    (room,) = rooms(snapshot)
    (new,) = [pod for pod in snapshot.of("Pod") if pod["metadata"]["name"] == "new"]
    return [" ".join(filter(None, (one.what, one.detail))) for one in reasons(room, new)]


def test_what_fits_is_not_refused() -> None:
    assert refusals(node("n"), container=asks("4", memory="16Gi")) == []


def test_what_others_took_is_not_free() -> None:
    taken = well("a", node="n", container=asks("3"))
    assert refusals(node("n"), taken, container=asks("1")) == []
    assert refusals(node("n"), taken, container=asks("1500m")) == ["cpu"]
    over = well("done", node="n", phase="Succeeded", container=asks("3"))
    assert refusals(node("n"), over, container=asks("4")) == []


def test_a_resource_that_a_node_does_not_have_does_not_fit() -> None:
    gpu = {"nvidia.com/gpu": "1"}
    assert refusals(node("n"), container=asks(**gpu)) == ["nvidia.com/gpu"]
    assert refusals(node("n", has=gpu), container=asks(**gpu)) == []


def test_a_node_is_full_of_pods() -> None:
    assert refusals(node("n", has={"pods": "1"}), well("a", node="n")) == ["pods"]


@pytest.mark.parametrize(
    ("toleration", "refused"),
    [
        (None, True),
        ({"key": "dedicated", "value": "gpu"}, False),
        ({"key": "dedicated", "operator": "Equal", "value": "cpu"}, True),
        ({"key": "dedicated", "operator": "Exists"}, False),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, True),
        ({"key": "other", "operator": "Exists"}, True),
        ({"operator": "Exists"}, False),
        ({"value": "gpu"}, True),
    ],
)
def test_a_taint_refuses_what_does_not_tolerate_it(
    toleration: dict[str, str] | None, refused: bool
) -> None:
    spec = {"tolerations": [toleration]} if toleration else {}
    assert refusals(node("n", taints=[GPU]), **spec) == (["taint dedicated=gpu"] if refused else [])


def test_a_soft_taint_refuses_nothing() -> None:
    assert refusals(node("n", taints=[{**GPU, "effect": "PreferNoSchedule"}])) == []


def test_a_cordoned_node_is_told_once() -> None:
    taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    assert refusals(node("n", unschedulable=True, taints=[taint])) == ["cordoned"]
    tolerates = [{"key": taint["key"], "operator": "Exists"}]
    assert refusals(node("n", unschedulable=True, taints=[taint]), tolerations=tolerates) == []


def affinity(*rules: dict[str, Any], part: str = "matchExpressions") -> dict[str, Any]:
    terms = {"nodeSelectorTerms": [{part: list(rules)}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    return {"affinity": {"nodeAffinity": required}}


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, []),
        ({"nodeSelector": {"disk": "hdd"}}, ["label disk=hdd"]),
        (affinity({"key": "disk", "operator": "In", "values": ["ssd"]}), []),
        (affinity({"key": "disk", "operator": "In", "values": ["hdd"]}), ["affinity disk"]),
        (affinity({"key": "disk", "operator": "NotIn", "values": ["ssd"]}), ["affinity disk"]),
        (affinity({"key": "none", "operator": "NotIn", "values": ["x"]}), []),
        (affinity({"key": "disk", "operator": "Exists"}), []),
        (affinity({"key": "disk", "operator": "DoesNotExist"}), ["affinity disk"]),
        (affinity({"key": "cores", "operator": "Gt", "values": ["8"]}), []),
        (affinity({"key": "cores", "operator": "Gt", "values": ["16"]}), ["affinity cores"]),
        (affinity({"key": "cores", "operator": "Lt", "values": ["17"]}), []),
        (affinity({"key": "disk", "operator": "Gt", "values": ["1"]}), ["affinity disk"]),
        (affinity({"key": "disk", "operator": "Near", "values": ["1"]}), ["affinity disk"]),
        (
            affinity(
                {"key": "metadata.name", "operator": "In", "values": ["n"]}, part="matchFields"
            ),
            [],
        ),
        (affinity(), ["affinity"]),
    ],
)
def test_labels_and_affinity_choose_nodes(spec: dict[str, Any], why: list[str]) -> None:
    assert refusals(node("n", labels={"disk": "ssd", "cores": "16"}), **spec) == why


def test_a_host_port_is_taken_once() -> None:
    port = {"ports": [{"containerPort": 80, "hostPort": 80}]}
    assert refusals(node("n"), well("a", node="n", container=port), container=port) == [
        "host port 80"
    ]
    udp = {"ports": [{"containerPort": 80, "hostPort": 80, "protocol": "UDP"}]}
    assert refusals(node("n"), well("a", node="n", container=udp), container=port) == []


def test_pods_of_other_namespaces_take_room() -> None:
    beside: dict[str, Any] = {"spec": {"nodeName": "n", "containers": []}, "requests": {"cpu": 3.5}}
    nodes = [node("n")]
    (room,) = rooms(Snapshot({"Node": nodes}, NOW, neighbours=[beside]))
    new = {"requests": {"cpu": 1.0}, "spec": {}}
    assert list(reasons(room, new)) == [Reason("cpu", resource=True, free=0.5)]


def test_odd_nodes_and_pods_are_read() -> None:
    odd: dict[str, Any] = {
        "kind": "Node",
        "metadata": 3,
        "spec": {"taints": "x"},
        "status": {"allocatable": []},
    }
    (room,) = rooms(Snapshot({"Node": [odd], "Pod": [{"spec": 5}]}, NOW))
    assert [one.what for one in reasons(room, {"requests": {"cpu": 1.0}})] == ["cpu"]
