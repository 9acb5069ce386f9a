"""What stands in for machines: kwok's kinds and stages, nodes, logs, metrics."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from practice import api
from practice.flags import NODES, Plan
from practice.pki import Authority

SOURCE = Path(__file__).parent / "simulated"
Object = dict[str, Any]


def configure(to: Plan) -> None:
    """Write kwok's configuration and the logs of its pods."""
    text = (SOURCE / "kwok.yaml").read_text().replace("KWOK_PORT", str(to.ports["kwok"]))
    (to.at / "kwok.yaml").write_text(text.replace("PKI", str(to.pki)))
    (to.at / "pod-logs").mkdir()
    for file in SOURCE.glob("*.log"):
        shutil.copy(file, to.at / "pod-logs")


def kinds(to: Plan) -> list[Object]:
    """Give kwok's own resource definitions, then its own stages."""
    found: list[Object] = []
    for what in ("kwok-kinds", "kwok-stages"):
        said = subprocess.run([to.binary, what], capture_output=True, text=True, check=True)
        found += api.documents(said.stdout)
    return found


def stages(to: Plan, authority: Authority) -> list[Object]:
    """Give this ground's stages, logs and metrics; a stage named like kwok's replaces it."""
    filled = {
        "POD_LOGS": f"{to.at}/pod-logs",
        "METRICS_PORT": str(to.ports["metrics"]),
        "CA_BUNDLE": authority.inline("ca.crt"),
    }
    found: list[Object] = []
    for name in ("stages", "logs", "metrics"):
        text = (SOURCE / f"{name}.yaml").read_text()
        for word, value in filled.items():
            text = text.replace(word, value)
        found += api.documents(text)
    return found


def nodes() -> list[Object]:
    """Give the nodes: large enough for ten thousand pods, spread over three zones."""
    return [_node(number) for number in range(NODES)]


def _node(number: int) -> Object:
    name = f"node-{number}"
    room = {"cpu": "32", "memory": "256Gi", "pods": "3000"}
    path = f"/metrics/nodes/{name}/metrics/resource"
    labels = {
        "type": "kwok",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node-role.kubernetes.io/worker": "",
        "topology.kubernetes.io/zone": f"zone-{'abc'[number % 3]}",
    }
    notes = {"kwok.x-k8s.io/node": "fake", "metrics.k8s.io/resource-metrics-path": path}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": notes},
        "status": {"allocatable": room, "capacity": room},
    }
