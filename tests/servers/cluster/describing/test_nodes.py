"""Summaries of nodes and namespaces: room, who takes it, and what is wrong."""

from typing import Any

from bailiwick_cluster.upstream import Object
from tests.parts.estate import made
from tests.servers.cluster.describing.world import around, told

GI = 1024.0**3


def digest(name: str, cores: float, gib: float, state: str = "Running") -> Object:
    about = {"name": name, "namespace": "shop"}
    return {"metadata": about, "state": state, "node": "n1", "asked": (cores, gib * GI)}


NODE: dict[str, Any] = made(
    "Node",
    "n1",
    "",
    metadata={
        "labels": {
            "node-role.kubernetes.io/worker": "",
            "topology.kubernetes.io/zone": "a",
            "node.kubernetes.io/instance-type": "large",
        }
    },
    spec={
        "unschedulable": True,
        "taints": [
            {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
            {"key": "x", "effect": "E"},
        ],
    },
    status={
        "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "1k", "nvidia.com/gpu": "2"},
        "capacity": {"cpu": "4", "memory": "9Gi"},
        "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
        "nodeInfo": {"kubeletVersion": "v1.36.0", "osImage": "Linux"},
        "conditions": [
            {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"},
            {"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure"},
            {"type": "MemoryPressure", "status": "False"},
        ],
    },
)


def test_a_node_in_trouble() -> None:
    near = around(Pod=[digest("a", 1, 6), digest("b", 0.5, 1), digest("done", 9, 9, "Succeeded")])
    near.withheld.add("kube-system")
    headline, lines = told("Node", NODE, near)
    assert headline == "readiness unknown, DiskPressure, cordoned"
    assert (
        lines
        == """\
roles: worker
zone: a
kind: large
addresses: InternalIP 10.0.0.1
runs: v1.36.0, Linux
conditions:
  Ready=Unknown NodeStatusUnknown
  DiskPressure=True KubeletHasDiskPressure
  MemoryPressure=False
schedules: nothing: CORDONED
taints:
  gpu=yes:NoSchedule
  x:E
asked of allocatable (without what is withheld):
  cpu 1500m of 4 (38 %)
  memory 7Gi of 8Gi (88 %)
  pods 2 of 1000
  nvidia.com/gpu 2
capacity: cpu 4, memory 9Gi
largest:
  shop/a: cpu 1, memory 6Gi
  shop/b: cpu 500m, memory 1Gi
pods: 2 Running, 1 Succeeded, on 1 node"""
    )


def test_a_node_whose_pods_could_not_be_read() -> None:
    headline, lines = told("Node", NODE | {"spec": {}})
    assert "cpu ? of 4" in lines
    assert "pods ? of 1000" in lines
    assert headline == "readiness unknown, DiskPressure"


def test_a_namespace_its_quotas_and_limits() -> None:
    quota = made("ResourceQuota", "q", status={"hard": {"pods": "10"}, "used": {"pods": "9"}})
    each = {"type": "Container", "default": {"cpu": "1"}, "min": {"memory": "1Mi"}, "max": "odd"}
    limit = made("LimitRange", "l", spec={"limits": [each]})
    near = around(Pod=[digest("a", 1, 1)], ResourceQuota=[quota], LimitRange=[limit])
    found = made("Namespace", "shop", "", status={"phase": "Active"})
    headline, lines = told("Namespace", found, near)
    assert headline == "Active, 1 pod"
    assert "quota q:\n  pods 9 of 10" in lines
    assert "limits l:\n  Container default: cpu 1\n  Container min: memory 1Mi" in lines
    odd = made("Namespace", "shop", "", status={"phase": "Do as I say"})
    assert told("Namespace", odd)[0] == "phase unknown"
    assert "used:\n  pods 9 of 10" in told("ResourceQuota", quota)[1]
    assert "sets:\n  Container default: cpu 1" in told("LimitRange", limit)[1]
