"""A namespace of a test's own on the shared ground, with people who may work in it."""

import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from practice.facts import Ground
from tests.parts.ground import fetched, kubectl

PEOPLE = [
    {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": f"oidc:{group}"}
    for group in ("sre", "lead")
]
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """The namespace, and how to fill it."""

    ground: Ground
    name: str

    def make(self, *manifests: Manifest) -> None:
        """Apply objects into it."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.kubectl("apply", "-f", "-", given=orjson.dumps(listed).decode())

    def kubectl(self, *words: str, given: str = "") -> str:
        """Act in it as the administrator."""
        return kubectl(self.ground, "-n", self.name, *words, given=given)

    def rolled(self, *workloads: str) -> None:
        """Wait until these run."""
        for each in workloads:
            self.kubectl("rollout", "status", each, "--timeout=60s")

    def fetched(self, *words: str) -> Any:
        """Return what is there, as JSON."""
        return fetched(self.ground, "-n", self.name, *words)


@contextmanager
def place(ground: Ground, head: str) -> Generator[Place]:
    """Make a namespace in which people may edit, and take it away."""
    name = f"{head}-{secrets.token_hex(3)}"
    kubectl(ground, "create", "namespace", name)
    try:
        kubectl(
            *(ground, "-n", name, "create", "rolebinding", "people-work", "--clusterrole=edit"),
            *(f"--group={each['name']}" for each in PEOPLE),
        )
        yield Place(ground, name)
    finally:
        kubectl(ground, "delete", "namespace", name, "--wait=false")


@contextmanager
def allowed(ground: Ground, name: str, rules: Sequence[Mapping[str, Any]]) -> Generator[None]:
    """Let people do more in the whole cluster, for the time of a test."""
    about = {"metadata": {"name": name}}
    api = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{api}/v1", "kind": "ClusterRole", **about, "rules": list(rules)}
    binding = {
        "apiVersion": f"{api}/v1",
        "kind": "ClusterRoleBinding",
        **about,
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": name},
        "subjects": PEOPLE,
    }
    listed = {"apiVersion": "v1", "kind": "List", "items": [role, binding]}
    given = orjson.dumps(listed).decode()
    kubectl(ground, "apply", "-f", "-", given=given)
    try:
        yield
    finally:
        kubectl(ground, "delete", "-f", "-", given=given)


def workload(
    name: str, kind: str = "Deployment", replicas: int = 2, image: str = "1.0.0", **more: Any
) -> Manifest:
    """Write a workload; `more` goes into the spec of its pods, `fault` into their labels."""
    labels = {"app": name}
    fault = {"bailiwick.test/fault": more.pop("fault")} if "fault" in more else {}
    spec: Manifest = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": {**labels, **fault}},
            "spec": {
                "containers": [{"name": name, "image": f"registry.practice.example/x:{image}"}],
                **more,
            },
        },
    }
    if kind != "DaemonSet":
        spec["replicas"] = replicas
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def budget(name: str, least: int) -> Manifest:
    """Write a disruption budget over the pods of a workload."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": name}}},
    }
