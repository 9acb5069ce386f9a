"""A part of the story: a release does not come up; it is diagnosed, mended, and that undone."""

import re
import subprocess
from collections.abc import Sequence
from typing import Any

from practice import tokens
from practice.demo.agent import Agent, Answer, agent
from practice.demo.asking import ask
from practice.demo.cli import approve
from practice.demo.stage import Stage
from practice.facts import Ground

CLUSTER = "practice"
HERE: dict[str, Any] = {"cluster": CLUSTER, "namespace": "shop"}
GOOD, BAD = "registry.practice.example/checkout:3.7.2", "registry.practice.example/checkout:3.8.0"
_PLAN = re.compile(r"\b[a-z0-9-]+\.[a-z0-9-]+\.[A-Za-z0-9_-]{12,}")
# What the release pipeline does: an image that reads a Secret that nobody has made.
_RELEASE = f"""
spec:
  progressDeadlineSeconds: 10
  template:
    metadata:
      labels: {{bailiwick.test/fault: config-error}}
      annotations: {{bailiwick.test/reason: 'secret "gateway-key" not found'}}
    spec:
      containers:
      - name: checkout
        image: {BAD}
        env: [{{name: GATEWAY_KEY, valueFrom: {{secretKeyRef: {{name: gateway-key, key: key}}}}}}]
"""
_MEND = f"""
spec:
  template:
    metadata:
      labels: {{bailiwick.test/fault: null}}
      annotations: {{bailiwick.test/reason: null}}
    spec:
      containers:
      - name: checkout
        image: {GOOD}
        env: [{{name: GATEWAY_KEY, $patch: delete}}]
"""


async def mend(ground: Ground, stage: Stage) -> None:
    """Find out why a release does not come up, put the one before back, and take that back."""
    url = ground.servers.urls["cluster"]["mcp"]
    token = tokens.obtain(ground.keycloak, "ana")["access_token"]
    try:
        async with agent(url, token) as ana:
            _released(ground, stage)
            await _diagnosed(ana, stage)
            plan = await _previewed(ground, ana, stage)
            undo = await _applied(ground, ana, stage, plan)
            await _undone(ground, ana, stage, undo)
    finally:
        _kubectl(ground, ["patch", "deployment", "checkout", "--type=strategic", "-p", _MEND])


def _released(ground: Ground, stage: Stage) -> None:
    stage.ask("pipeline", "checkout 3.8.0 goes out")
    _kubectl(ground, ["patch", "deployment", "checkout", "--type=strategic", "-p", _RELEASE])
    reason = "{.items[*].status.containerStatuses[*].state.waiting.reason}"
    chosen = ["get", "pods", "-l", "app=checkout", "-o", f"jsonpath={reason}"]
    for _ in range(100):
        if "CreateContainerConfigError" in _kubectl(ground, chosen):
            return
    stage.holds("its pods come up to the point where they fail", False)


async def _diagnosed(ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "checkout 3.8.0 does not come up. Why?")
    answer = await ask(ana, stage, "diagnose_workload", **HERE, workload="checkout")
    first = answer.text.splitlines()[0]
    stage.holds("the first line is the cause", "Secret shop/gateway-key is missing" in first)
    stage.holds("it is under 1.5 KB", answer.size < 1_500)


async def _previewed(ground: Ground, ana: Agent, stage: Stage) -> str:
    stage.ask("ana", "put 3.7.2 back: what would that do?")
    wanted = {"kind": "Deployment", "name": "checkout", "patch": _MEND}
    answer = await ask(ana, stage, "preview_change", **HERE, **wanted)
    found = _PLAN.search(answer.text)
    stage.holds("the difference is shown", f"+        image: {GOOD}" in _squeezed(answer))
    stage.holds("and nothing was done", _image(ground) == BAD and not answer.is_error)
    return found[0].rstrip(".,:") if found else ""


async def _applied(ground: Ground, ana: Agent, stage: Stage, plan: str) -> str:
    stage.ask("ana", "do that")
    answer = await _agreed(ground, ana, stage, plan)
    stage.holds("it is done, and the image is 3.7.2", _image(ground) == GOOD)
    undo = str(answer.structured.get("undo", ""))
    found = _PLAN.search(undo) or _PLAN.search(answer.text.replace(plan, ""))
    stage.holds("it can be undone", found is not None)
    stage.ask("ana", "and the plan once more")
    again = await ask(ana, stage, "apply_change", plan=plan)
    stage.holds("a plan is good for once", again.is_error)
    return found[0].rstrip(".,:") if found else ""


async def _undone(ground: Ground, ana: Agent, stage: Stage, undo: str) -> None:
    stage.ask("ana", "that was hasty: undo it")
    await _agreed(ground, ana, stage, undo)
    stage.holds("everything is as it was before", _image(ground) == BAD)


async def _agreed(ground: Ground, ana: Agent, stage: Stage, plan: str) -> Answer:
    """Apply a plan, with bo's approval where it needs one."""
    answer = await ask(ana, stage, "apply_change", plan=plan)
    if asked := answer.structured.get("approval", {}).get("id", ""):
        stage.ask("bo", "I have seen the effect, and approve it")
        approve(ground, stage, "bo", asked)
        stage.ask("ana", "now (the same call)")
        answer = await ask(ana, stage, "apply_change", plan=plan)
    return answer


def _squeezed(answer: Answer) -> str:
    """Let differences of depth not matter: a line of the diff is what counts."""
    return re.sub(r"^\+\s*(- )?", "+        ", answer.text, flags=re.MULTILINE)


def _image(ground: Ground) -> str:
    path = "jsonpath={.spec.template.spec.containers[0].image}"
    return _kubectl(ground, ["get", "deployment", "checkout", "-o", path])


def _kubectl(ground: Ground, words: Sequence[str]) -> str:
    command = [*ground.kubernetes.kubectl, "-n", "shop", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
