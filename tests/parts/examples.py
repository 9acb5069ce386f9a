"""Real answers for the pages of the tools, recorded from a ground, and their shape.

    python -m tests.parts.examples --at FOLDER

asks a ground that is up every question of `asked.py`, and writes `docs/tools/*/examples/*.txt`
anew; `python scripts/reference.py` then puts them into the pages.
"""

import argparse
import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx

from practice.facts import Ground
from practice.ground import find
from practice.servers import policy
from tests.parts.agents import Agent, Answer, over_http
from tests.parts.asked import APPROVE, BEGINNING, EXAMPLES, SPACE, Question
from tests.parts.changing import WEB, plan, space
from tests.parts.ground import approve, configured, kubectl, token
from tests.parts.place import allowed
from tests.parts.served import BAILIWICK, ROOT, served

FOLDER = ROOT / "docs" / "tools"
CHARTS = ROOT / "practice" / "charts"
MOST = 34
"""Lines of an answer that a page shows."""
OBJECTS = Path(__file__).with_name("store.yaml")
LOOKING = """
@id("sre-may-look-inside")
permit (principal in Group::"sre", action == Action::"run_command", resource)
when {
  context.approval == "second_person" &&
  context.arguments has program && ["df", "ls", "ps"].contains(context.arguments.program)
};
"""
_MASKS: Sequence[tuple[str, str]] = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"\b[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}\b", "ID"),
    (r'(plan=")[^"]+', r"\1PLAN"),
    (r"-[a-z0-9]{8,10}-[a-z0-9]{5}\b", "-POD"),
    (r"(?:(?<=\s)[+-])?\d[\d.,:]*(?:k|M|Mi|m|s|h|d|B|ms|kB|MB)?(?:\d[\d.]*[smhd])*", "0"),
    (r"0(?:[- ]0)+", "0"),
    (r"\b0 (?:s|min|h|d) ago", "0 ago"),
    (r"\b0 ([a-z]+?)s\b", r"0 \1"),
)
"""What differs from one run to the next."""


def parts(ground: Ground) -> dict[str, str]:
    """Name what is of this machine, and what stands for it on a page."""
    told = tomllib.loads(ground.servers.config.read_text(encoding="utf-8"))
    sources: dict[str, Any] = told["servers"]["observability"]["sources"]
    found = {each["url"]: f"https://{name}.example.com" for name, each in sources.items()}
    api = {ground.kubernetes.server: "https://practice.example.com"}
    wiki = {ground.confluence.url: "https://wiki.example.com"}
    places = {str(ground.at): "/srv"}
    return {**found, **api, **wiki, **places}


@dataclass(frozen=True)
class Desk:
    """Who asks, whom, and what is filled in."""

    ground: Ground
    folder: Path
    agents: Mapping[str, Agent]
    given: Mapping[str, str]

    async def dialogue(self, server: str, questions: Sequence[Question]) -> list[str]:
        """Ask one question after another; return calls and answers as a page shows them."""
        lines: list[str] = []
        asked = ""
        for name, arguments in questions:
            if name == APPROVE:
                approve(self.ground, self.folder, asked)
                lines.append(f"bo: $ bailiwick approvals approve {asked}")
                continue
            said = await self.agents[server].call(name, **self._filled(arguments))
            asked = said.approval or asked
            lines += [_call(name, self._filled(arguments)), *_shown(said)]
        return self._masked(lines)

    def _filled(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._fill(value) for name, value in arguments.items()}

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            for name, given in self.given.items():
                value = value.replace(f"{{{name}}}", given)
        return value

    def _masked(self, lines: Sequence[str]) -> list[str]:
        """Leave nothing of this machine, and give what is drawn by lot a value that stays."""
        text = "\n".join(lines)
        told = parts(self.ground) | {self.given["charts"]: "/srv/charts"}
        for real, name in told.items():
            text = text.replace(real, name)
        text = re.sub(r"\b(untrusted|end) [0-9a-f]{8}\b", r"\1 854de885", text)
        text = re.sub(_MASKS[0][0], "01a20dff-75c7-7b44-a997-50d0169f23cd", text)
        return re.sub(f"(?<!-){_MASKS[1][0]}(?!-)", "ekc3-m67k-2bse", text).split("\n")


def _call(name: str, arguments: Mapping[str, Any]) -> str:
    told = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    return f"→ {name}({told})"


def _shown(said: Answer) -> Iterator[str]:
    lines = said.text.rstrip().split("\n")
    yield from (f"│ {line}".rstrip() for line in lines[:MOST])
    if len(lines) > MOST:
        yield f"│ … and {len(lines) - MOST} lines more"


def shape(lines: Sequence[str]) -> list[str]:
    """Keep of a dialogue what must not change: tools, first lines, and the names of facts."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        if not line.startswith("│"):
            kept.append(re.sub(r"\(.*", "", line))
        elif not lines[number - 1].startswith("│"):
            tool = re.sub(r"→ |\(.*", "", lines[number - 1])
            kept.append(loose(line.partition(",")[0] if tool in BEGINNING else line))
        elif not lines[number - 2].startswith("│"):
            kept.append(" ".join(re.findall(r"\b(\w+)=", line)) or re.split(r"[:\d]", line)[0])
    return kept


def loose(line: str) -> str:
    """Let numbers, times and ids not matter."""
    for pattern, word in _MASKS:
        line = re.sub(pattern, word, line)
    return line


def settings(ground: Ground, folder: Path, charts: Path) -> dict[str, str]:
    """Configure the cluster server with helm, charts, and a policy that names programs."""
    rules = policy(folder / "policy")
    (rules / "looking.cedar").write_text(LOOKING)
    table = "BAILIWICK_SERVERS__CLUSTER__HELM__"
    return {
        **configured(ground),
        f"{table}COMMAND": str([str(ground.kubernetes.kubectl[0]), "helm"]),
        f"{table}CHARTS": str([str(charts)]),
        "BAILIWICK_POLICY__PATH": f'"{rules}"',
    }


@contextmanager
def stage(ground: Ground) -> Generator[dict[str, str]]:
    """Make a namespace with a bit of everything, and a silence; say what they are called."""
    with (
        space(ground, SPACE) as place,
        silenced(ground) as silence,
        node(ground),
        charted() as charts,
    ):
        place.kubectl("apply", "-f", "-", given=WEB)
        place.kubectl("apply", "-f", "-", given=WEB.replace("web", "old"))
        place.kubectl("set", "image", "deploy/old", "app=old:2")
        kubeconfig = f"--kubeconfig={ground.kubernetes.admin_kubeconfig}"
        for replicas in (1, 2):
            chart = ["hello", f"{charts}/greeting", "--set", f"replicas={replicas}"]
            helm = [ground.kubernetes.kubectl[0], "helm", "upgrade", "--install", *chart]
            subprocess.run([*helm, "-n", SPACE, kubeconfig], check=True, capture_output=True)
        place.kubectl("rollout", "status", "deploy/web", "--timeout=60s")
        place.kubectl("rollout", "status", "deploy/old", "--timeout=60s")
        (pod, *_) = sorted(name for name in place.names("pod") if name.startswith("web-"))
        kubectl(ground, "-n", SPACE, "wait", "pod", "-l", "app=api", "--timeout=60s",
                "--for=jsonpath={.status.containerStatuses[0].state.waiting}")  # fmt: skip
        yield {"pod": pod, "silence": silence, "charts": charts}


@contextmanager
def node(ground: Ground) -> Generator[None]:
    """Make the examples' own objects, a node among them, with a pod of each sort on it."""
    rules = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "patch"]}]
    with allowed(ground, SPACE, [{**rules[0], "resourceNames": [SPACE]}]):
        try:
            kubectl(ground, "-n", SPACE, "apply", "-f", str(OBJECTS))
            kubectl(ground, "wait", f"node/{SPACE}", "--for=condition=Ready", "--timeout=60s")
            yield
        finally:
            # Nobody takes pods off a node that is gone.
            gone = ("deploy/cache", "pod/thumbnails", "pdb/cache")
            kubectl(ground, "-n", SPACE, "delete", *gone, "--ignore-not-found", "--wait=false")
            kubectl(ground, "-n", SPACE, "delete", "pods", "--all", "--grace-period=0", "--force")
            kubectl(ground, "delete", "node", SPACE, "--wait=false")


@contextmanager
def charted() -> Generator[str]:
    """Lay out the practice's chart without its Secret, which the shipped policy keeps back."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(CHARTS, folder, dirs_exist_ok=True)
        templates = Path(folder) / "greeting" / "templates"
        (templates / "secret.yaml").unlink()
        deployment = templates / "deployment.yaml"
        lines = deployment.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if "secretKeyRef" not in line]
        deployment.write_text("\n".join(kept) + "\n", encoding="utf-8")
        yield folder


@contextmanager
def silenced(ground: Ground) -> Generator[str]:
    """Silence an alert that there is not."""
    url, now = ground.metrics.alertmanager, datetime.now(UTC)
    body = {
        "matchers": [{"name": "alertname", "value": "NodeReplaced", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "bo",
        "comment": "the node is replaced",
    }
    with httpx.Client(trust_env=False) as link:
        made = link.post(f"{url}/api/v2/silences", json=body).raise_for_status().json()["silenceID"]
        yield made
        link.delete(f"{url}/api/v2/silence/{made}").raise_for_status()


@asynccontextmanager
async def desk(ground: Ground, folder: Path, given: dict[str, str]) -> AsyncGenerator[Desk]:
    """Let ana ask all three servers, and have something planned."""
    signed = token(ground, "ana")
    command = (*BAILIWICK, "serve", "cluster", "--http")
    charts = Path(given["charts"])
    with served(folder, command, settings(ground, folder, charts)) as up:
        urls = {name: ground.servers.urls[name]["mcp"] for name in EXAMPLES} | {"cluster": up.url}
        async with AsyncExitStack() as stack:
            agents = {
                name: await stack.enter_async_context(over_http(url, signed))
                for name, url in urls.items()
            }
            wanted = {"kind": "Deployment", "name": "old", "patch": "spec: {replicas: 1}"}
            where = {"cluster": "practice", "namespace": SPACE}
            said = await agents["cluster"].call("preview_change", **where, **wanted)
            yield Desk(ground, folder, agents, {**given, "plan": plan(said)})


def kept(server: str, tool: str) -> Path:
    """Say where an example is kept."""
    return FOLDER / server / "examples" / f"{tool}.txt"


async def _record(ground: Ground, folder: Path, given: dict[str, str]) -> None:
    async with desk(ground, folder, given) as made:
        for server, examples in EXAMPLES.items():
            for tool, questions in examples.items():
                file = kept(server, tool)
                file.parent.mkdir(parents=True, exist_ok=True)
                lines = await made.dialogue(server, questions)
                file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Record them all."""
    parser = argparse.ArgumentParser(description="Record the examples of the tools' pages.")
    parser.add_argument("--at", type=Path, required=True, help="folder of a ground that is up")
    ground = find(parser.parse_args().at)
    with tempfile.TemporaryDirectory() as folder, stage(ground) as given:
        anyio.run(_record, ground, Path(folder), given)


if __name__ == "__main__":
    main()
