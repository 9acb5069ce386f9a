"""Real agent frameworks through the product, with a model that does what the story says.

Short stories over each transport; and an incident, by twenty agents at once.
"""

import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from bailiwick.audit.reader import Query, Record, read
from practice.facts import Ground
from tests.agents.office import Office, office
from tests.agents.troupe import FRAMEWORKS, Line, Troupe, troupe
from tests.parts.ground import bailiwick, configured, token
from tests.parts.observed import written
from tests.parts.place import Place, place, workload
from tests.parts.served import BAILIWICK, Served, environ, served

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(300)]
AGENTS = 20
CLUSTER = """
[servers.cluster.clusters.practice]
kubeconfig = "{kubeconfig}"
"""
ALERT = {"source": "metrics-eu", "alert": "CheckoutLatencyHigh"}
GOOD = "registry.practice.example/x:1.0.1"
HIDDEN = {"cluster": "practice", "namespace": "kube-system"}
_PLAN = re.compile(r"\bpractice\.[a-z0-9-]+\.[A-Za-z0-9_-]{12,}")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def folder() -> Generator[Path]:
    """In memory where there is such a place: a disk that is busy is no part of these stories."""
    memory = Path("/dev/shm")  # noqa: S108 - made for that
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def product(ground: Ground, folder: Path) -> Generator[Served]:
    """Two servers in one process, with a journal of their own."""
    more = CLUSTER.format(kubeconfig=ground.kubernetes.kubeconfig)
    config = written(folder, ground, more)
    command = (*BAILIWICK, "serve", "cluster", "observability", "--http", "--config", str(config))
    with served(folder, command) as up:
        yield up


@pytest.fixture(scope="module")
async def troupes(ground: Ground, folder: Path) -> AsyncGenerator[dict[str, Troupe]]:
    """A process for each framework; what it starts over stdio is the local user's server."""
    local = {
        **environ(folder / "local"),
        "KUBECONFIG": str(ground.kubernetes.admin_kubeconfig),
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
    }
    local.pop("PYTHONPATH")
    async with AsyncExitStack() as stack:
        made = {
            each: await stack.enter_async_context(troupe(each, folder / f"{each}.log", local))
            for each in FRAMEWORKS
        }
        yield made


def servers(product: Served, transport: str) -> list[str]:
    """Say where an agent finds the servers."""
    if transport == "stdio":
        return [str(Path(sys.executable).with_name("bailiwick-cluster"))]
    cluster = product.url if transport == "http" else f"{product.url.removesuffix('/mcp')}/sse"
    return [cluster, cluster.replace("/cluster/", "/observability/")]


@pytest.mark.parametrize("transport", ["stdio", "sse", "http"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
async def test_an_agent_is_shown_tools_reads_and_is_refused(
    framework: str, transport: str, ground: Ground, product: Served, troupes: dict[str, Troupe]
) -> None:
    agent = troupes[framework].line(f"{framework} {transport}")
    known = "" if transport == "stdio" else token(ground, "ana")
    await agent.start("what runs in shop?", servers(product, transport), known)
    assert agent.seen == "what runs in shop?"
    assert {"list_resources", "apply_change"} <= set(agent.tools)
    assert ("explain_alert" in agent.tools) is (transport != "stdio")
    shop = {"cluster": "practice", "namespace": "shop"}
    seen = await agent.call("list_resources", **shop, kind="deployments")
    assert "deployments in practice/shop" in seen
    assert "<<untrusted" in seen
    refused = await agent.call("list_resources", **HIDDEN, kind="pods")
    assert "may not list_resources here: forbidden by kube-system-is-off-limits" in refused
    await agent.say("that is all I may see")


async def test_twenty_agents_mend_what_is_theirs(
    ground: Ground, product: Served, folder: Path, troupes: dict[str, Troupe]
) -> None:
    names = [f"{FRAMEWORKS[i % len(FRAMEWORKS)]}-{i:02}" for i in range(AGENTS)]
    bo = configured(ground) | {"BAILIWICK_TOKEN": token(ground, "bo", "approvals")}
    ana, where = token(ground, "ana"), servers(product, "http")
    with place(ground, "agents") as at:
        at.make(*(broken(name) for name in names))
        async with office(environ(folder, bo)) as desk, anyio.create_task_group() as tasks:
            for name in names:
                line = troupes[name.split("-")[0]].line(name)
                tasks.start_soon(story, line, where, ana, at, desk)
        assert {image(each) for each in at.fetched("deployments")["items"]} == set(names)
        written_down(product.state / "journal", at.name, desk)
    said = bailiwick(folder, "audit", "verify")
    assert said.returncode == 0, said.stdout + said.stderr


def broken(name: str) -> dict[str, object]:
    """Write a workload whose image, which no other has, cannot be pulled."""
    made = workload(name, replicas=1, image=name, fault="image-pull")
    made["spec"]["progressDeadlineSeconds"] = 10
    return made


def image(deployment: Any) -> str:
    """Read the tag of a workload's image."""
    found = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return str(found).rpartition(":")[2]


async def story(agent: Line, where: list[str], ana: str, at: Place, bo: Office) -> None:
    """From the alert to a change that a second person approved, and back again."""
    here = {"cluster": "practice", "namespace": at.name}
    await agent.start(f"mend {agent.name}", where, ana)
    assert "CheckoutLatencyHigh fires since" in await agent.call("explain_alert", **ALERT)
    why = await agent.call("diagnose_workload", **here, workload=agent.name)
    assert f"image registry.practice.example/x:{agent.name} is not in its registry" in why
    patch = {
        "metadata": {"labels": {"bailiwick.test/fault": None}},
        "spec": {"containers": [{"name": agent.name, "image": GOOD}]},
    }
    wanted = {"kind": "Deployment", "name": agent.name}
    text = orjson.dumps({"spec": {"template": patch}}).decode()
    would = await agent.call("preview_change", **here, **wanted, patch=text)
    refused = await agent.call(
        "scale_workload", **HIDDEN, workload="coredns", replicas=3, dry_run=False
    )
    assert "may not scale_workload here: forbidden by kube-system-is-off-limits" in refused
    done = await applied(agent, plan(would), bo)
    assert "1 object applied" in done
    assert f"x:{agent.name} to {GOOD}" in done
    undone = await applied(agent, plan(done.replace(plan(would), "")), bo)
    assert f"put Deployment {at.name}/{agent.name} back as it was before" in undone
    await agent.say("mended, and taken back")


def plan(seen: str) -> str:
    """Take the id of a plan out of an answer."""
    found = _PLAN.search(seen)
    assert found is not None, seen
    return found[0].rstrip(".")


async def applied(agent: Line, which: str, bo: Office) -> str:
    """Apply a plan: asked first, told to wait, asked again once bo has approved."""
    asked = await agent.call("apply_change", plan=which)
    await bo.approve(asked)
    return await agent.call("apply_change", plan=which)


def written_down(journal: Path, namespace: str, bo: Office) -> None:
    """Hold the journal to the story: each effect once, and by an approval of its own."""
    changes = [r for r in read(journal, Query(tool="apply_change")) if about(r) == namespace]
    done = [r for r in changes if r.text("phase") == "outcome" and facts(r)]
    assert [facts(r)["applied"] for r in done] == [1] * AGENTS * 2
    assert len({facts(r)["plan"] for r in done}) == AGENTS * 2
    assert sum(bool(facts(r)["undoes"]) for r in done) == AGENTS
    used = Counter(r.text("approval", "id") for r in changes if r.text("event") == "approval.used")
    assert used == Counter(bo.approved) == Counter(set(bo.approved))
    assert {r.text("approval", "by") for r in done} == {"practice/bo"}
    assert {r.text("source", "protocol") for r in done} == {"2025-11-25", "2026-07-28"}
    denied = list(read(journal, Query(tool="scale_workload", outcome="denied")))
    assert len({r.text("call") for r in denied}) == AGENTS, [r.fields for r in denied[:2]]


def facts(record: Record) -> dict[str, Any]:
    """Give what a record tells of an effect."""
    result: dict[str, Any] = record.fields.get("result", {})
    return result.get("facts", {})


def about(record: Record) -> str:
    """Name the namespace that a record is about."""
    return record.text("resource", "Namespace")
