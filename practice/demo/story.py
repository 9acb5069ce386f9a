"""The steps of the story, in order. Each says what must come out, and looks whether it did."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from practice import tokens
from practice.demo.agent import Agent, agent
from practice.demo.asking import ask
from practice.demo.cli import approve, bailiwick
from practice.demo.looking import look_up
from practice.demo.mending import mend
from practice.demo.stage import Stage
from practice.demo.watching import watch
from practice.facts import Ground

CLUSTER = "practice"


async def tell(ground: Ground, stage: Stage) -> None:
    """Tell it from the first question to the flipped byte."""
    _reset(ground)
    url = ground.servers.urls["cluster"]["mcp"]
    people = {name: tokens.obtain(ground.keycloak, name)["access_token"] for name in ("ana", "eve")}
    async with agent(url, people["ana"]) as ana:
        await _reads(ana, stage)
        async with agent(url, people["eve"]) as eve:
            await _sees_nothing(eve, stage)
        await _is_refused(ana, stage)
        await _changes(ground, ana, stage)
    _is_known_to_the_api(ground, stage)
    await mend(ground, stage)
    await watch(ground, stage)
    await look_up(ground, stage)
    _is_proven(ground, stage)


async def _reads(ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "what is wrong in shop?")
    answer = await ask(ana, stage, "list_resources", cluster=CLUSTER, kind="pods", namespace="shop")
    first = answer.text.splitlines()[0]
    stage.holds("the first line is the answer", "are not well" in first and "CrashLoop" in first)
    stage.holds("it is under 2 KB", answer.size < 2_000)
    stage.ask("ana", "and what is it with payments?")
    answer = await ask(
        ana, stage, "list_resources", cluster=CLUSTER, kind="events", namespace="shop",
        fields="reason=BackOff", columns=["Last Seen", "Reason", "Object", "Message"], limit=3,
    )  # fmt: skip
    stage.holds("the events are there", "BackOff" in answer.text)


async def _sees_nothing(eve: Agent, stage: Stage) -> None:
    stage.ask("eve", "what can I do here?")
    names = await eve.tools()
    stage.text(f"tools: {', '.join(names) or 'none'}")
    stage.holds("eve, who is in no group, is shown no tool", not names)
    answer = await ask(eve, stage, "list_resources", cluster=CLUSTER, kind="pods")
    stage.holds("and a hidden tool is refused when called", answer.is_error)


async def _is_refused(ana: Agent, stage: Stage) -> None:
    stage.ask("ana", "give coredns in kube-system another replica")
    answer = await ask(
        ana, stage, "scale_workload", cluster=CLUSTER, namespace="kube-system",
        workload="coredns", replicas=3, dry_run=False,
    )  # fmt: skip
    named = "kube-system-is-off-limits" in answer.text
    stage.holds("refused, and the policy that did it is named", answer.is_error and named)


async def _changes(ground: Ground, ana: Agent, stage: Stage) -> None:
    wanted: dict[str, Any] = {
        "cluster": CLUSTER,
        "namespace": "shop",
        "workload": "checkout",
        "replicas": 3,
    }
    stage.ask("ana", "scale checkout to 3: what would that do?")
    answer = await ask(ana, stage, "scale_workload", **wanted)
    stage.holds("a rehearsal changes nothing", _replicas(ground) == 2 and not answer.is_error)
    stage.ask("ana", "then do it")
    answer = await ask(ana, stage, "scale_workload", **wanted, dry_run=False)
    asked = answer.structured.get("approval", {}).get("id", "")
    stage.holds("it needs another person; nothing was done", bool(asked) and _replicas(ground) == 2)
    stage.ask("ana", "I approve it myself")
    code = approve(ground, stage, "ana", asked)
    stage.holds("nobody approves their own request", code != 0)
    stage.ask("bo", "I have seen the effect, and approve it")
    code = approve(ground, stage, "bo", asked)
    stage.holds("approved by a second person, with a token of their own", code == 0)
    stage.ask("ana", "now do it (the same call)")
    answer = await ask(ana, stage, "scale_workload", **wanted, dry_run=False)
    stage.holds("it took effect", not answer.is_error and _replicas(ground) == 3)
    stage.ask("ana", "and once more (the same call, a third time)")
    await ask(ana, stage, "scale_workload", **wanted, dry_run=False)
    stage.holds("it is not done again", len(_scalings(ground)) == 1 and _replicas(ground) == 3)


def _is_known_to_the_api(ground: Ground, stage: Stage) -> None:
    stage.ask("auditor", "who does the cluster itself say did that?")
    scalings = _scalings(ground)
    said = [
        f"{s['verb']} {s['requestURI'].split('?')[0]}\n"
        f"  as {s['impersonatedUser']['username']} {s['impersonatedUser'].get('groups', [])}\n"
        f"  by {s['user']['username']}, {s['userAgent']}"
        for s in scalings
    ]
    stage.text("\n".join(said))
    names = [s["impersonatedUser"]["username"] for s in scalings]
    stage.holds("the API's own audit log names ana", names == ["oidc:ana"])
    call = scalings[0]["userAgent"].removeprefix("bailiwick/") if scalings else "none"
    stage.ask("auditor", "and what do we know of that call?")
    stage.text(bailiwick(ground, "audit", "show", call)[1])


def _is_proven(ground: Ground, stage: Stage) -> None:
    stage.ask("auditor", "is the journal whole?")
    code, said = bailiwick(ground, "audit", "verify")
    stage.text(said)
    stage.holds("it is whole", code == 0)
    stage.ask("auditor", "and if somebody had changed one byte?")
    copy = ground.at / "flipped"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ground.servers.state / "journal", copy)
    line = _flip(copy)
    code, said = bailiwick(ground, "audit", "verify", "--path", str(copy))
    stage.text(said)
    stage.holds(
        f"it is noticed, and the record is named (line {line})", code == 1 and str(line) in said
    )
    shutil.rmtree(copy)


def _flip(journal: Path) -> int:
    """Make somebody else the approver: change one byte of one record, and say in which line."""
    for segment in sorted(journal.glob("*/*.jsonl")):
        lines = segment.read_bytes().split(b"\n")
        for number, line in enumerate(lines):
            if b'"event":"approval.used"' in line:
                lines[number] = line.replace(b"practice/bo", b"practice/ba", 1)
                segment.write_bytes(b"\n".join(lines))
                return number + 1
    raise LookupError("there is no record of an approval")


def _kubectl(ground: Ground, words: Sequence[str]) -> str:
    command = [*ground.kubernetes.kubectl, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def _reset(ground: Ground) -> None:
    """Let the story begin where it always begins."""
    _kubectl(ground, ["-n", "shop", "scale", "deployment/checkout", "--replicas=2"])
    ground.kubernetes.audit_log.write_bytes(b"")


def _replicas(ground: Ground) -> int:
    words = ["-n", "shop", "get", "deployment", "checkout", "-o", "jsonpath={.spec.replicas}"]
    return int(_kubectl(ground, words))


def _scalings(ground: Ground) -> list[dict[str, Any]]:
    """Read the changes of checkout's scale, rehearsals aside, in the API's own audit log."""
    found: list[dict[str, Any]] = []
    for line in ground.kubernetes.audit_log.read_bytes().splitlines():
        if b"/deployments/checkout/scale" in line and b'"verb":"patch"' in line:
            entry = orjson.loads(line)
            if "impersonatedUser" in entry and "dryRun" not in entry["requestURI"]:
                found.append(entry)
    return found
