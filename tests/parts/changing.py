"""A namespace of their own for tests that change it by plans, and the way from plan to effect."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from practice.facts import Ground
from tests.parts.agents import Agent, Answer
from tests.parts.front import Front
from tests.parts.ground import fetched, kubectl

_RIGHTS = """
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {labels}}}}}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {{name: people-work, namespace: {name}}}
  roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}
  subjects:
  - {{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "oidc:sre"}}
  - {{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "oidc:lead"}}
"""
_PLAN = re.compile(r'apply_change\(plan="([^"]+)"\)')

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: app, image: "web:1", resources: {requests: {cpu: 100m}}}
"""
LEVEL = """
apiVersion: v1
kind: ConfigMap
metadata: {name: web}
data: {LEVEL: info}
"""


@dataclass(frozen=True)
class Space:
    """One namespace of the ground."""

    ground: Ground
    name: str

    @property
    def here(self) -> dict[str, Any]:
        """The arguments that name it."""
        return {"cluster": "practice", "namespace": self.name}

    def kubectl(self, *words: str, given: str = "") -> str:
        """Do something in it as the estate's administrator."""
        return kubectl(self.ground, "-n", self.name, *words, given=given)

    def fetched(self, *words: str) -> Any:
        """Read something in it as the estate's administrator."""
        return fetched(self.ground, "-n", self.name, *words)

    def names(self, kind: str) -> set[str]:
        """Name what there is of a kind."""
        return {each["metadata"]["name"] for each in self.fetched(kind)["items"]}


@contextmanager
def space(ground: Ground, name: str, labels: str = "{}", role: str = "edit") -> Generator[Space]:
    """Make a namespace in which people may work, and take it away again."""
    rights = _RIGHTS.format(name=name, labels=labels, role=role)
    kubectl(ground, "apply", "-f", "-", given=rights)
    try:
        yield Space(ground, name)
    finally:
        kubectl(ground, "delete", "namespace", name)


def plan(said: Answer) -> str:
    """Take the plan's id out of a preview, or out of what takes a change back."""
    found = _PLAN.search(said.text)
    assert found is not None, said.text
    return found[1]


async def applied(front: Front, one: Agent, which: str) -> Answer:
    """Apply a plan with bo's approval."""
    asked = await one.call("apply_change", plan=which)
    assert asked.approval, asked.text
    front.approve(asked.approval)
    return await one.call("apply_change", plan=which)


async def changed(front: Front, one: Agent, **arguments: Any) -> Answer:
    """Preview, and apply just that."""
    said = await one.call("preview_change", **arguments)
    done = await applied(front, one, plan(said))
    assert not done.is_error, done.text
    return done
