"""The dashboard and the alerts, asked of a real Prometheus that scrapes a loaded suite."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from practice.facts import Ground
from practice.ports import free
from scripts import dashboard
from tests.faults.stage import records
from tests.parts.agents import Agent, over_http
from tests.parts.collector import Collector, collector
from tests.parts.ground import configured
from tests.parts.ground import token as ground_token
from tests.parts.observed import Observed, written
from tests.parts.place import place, workload
from tests.parts.served import BAILIWICK, ROOT, served

pytestmark = [pytest.mark.ground, pytest.mark.timeout(180)]

RULES = ROOT / "manifests/prometheus/rules.yaml"
SECRET = "ghp_" + "a1B2" * 9
MORE = """
[telemetry]
traces = "{traces}"
logs = "text"

[servers.observability.sources.gone]
kind = "prometheus"
url = "http://127.0.0.1:{gone}"
"""
SCRAPE = """
global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: bailiwick
    static_configs: [{{targets: ["{target}"]}}]
"""
CALLS, AT_ONCE = 200, 40


@dataclass(frozen=True)
class Loaded:
    """The suite after the calls, what scrapes it, and who got its spans."""

    suite: Observed
    prometheus: str
    spans: Collector

    def asked(self, path: str, **words: str) -> Any:
        """Ask Prometheus's API."""
        answer = httpx.get(f"{self.prometheus}/api/v1/{path}", params=words, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def found(self, expression: str) -> list[Any]:
        """Ask a query as Grafana would, with everything chosen at the top."""
        for name, value in (("$job", ".*"), ("$server", ".*"), ("$__rate_interval", "60s")):
            expression = expression.replace(name, value)
        return list(self.asked("query", query=expression)["result"])

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Read what the suite says itself: values by name and labels."""
        base = self.suite.served.url.rsplit("/", 2)[0]
        text = httpx.get(f"{base}/metrics", trust_env=False).text
        return {
            (sample.name, *(v for _, v in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def until(true: Callable[[], Any]) -> None:
    """Wait for what a scrape will bring; the test's own limit ends it."""
    while not true():
        time.sleep(0.1)


@contextmanager
def scraping(folder: Path, url: str) -> Generator[str]:
    """Run Prometheus over the suite, with our alerts."""
    (port,) = free(1)
    folder.mkdir()
    file, target = folder / "prometheus.yaml", url.split("/")[2]
    file.write_text(SCRAPE.format(rules=RULES, target=target))
    program = shutil.which("prometheus")
    assert program, "the Debian package prometheus is missing"
    at = f"127.0.0.1:{port}"
    words = [program, f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("wb") as log:
        made = subprocess.Popen([*words, f"--web.listen-address={at}"], stdout=log, stderr=log)
    try:
        yield f"http://{at}"
    finally:
        made.terminate()
        made.wait(20)


@pytest.fixture(scope="module")
def loaded(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[Loaded]:
    """Load a suite, while Prometheus looks."""
    folder = tmp_path_factory.mktemp("loaded")
    (gone,) = free(1)
    with collector() as spans:
        file = written(folder, ground, MORE.format(traces=spans.url, gone=gone))
        said = {
            **configured(ground),
            "BAILIWICK_LIMITS__READ": "100/minute",
            "BAILIWICK_LIMITS__IN_FLIGHT": "24",
        }
        command = (*BAILIWICK, "serve", "cluster", "observability", "--http", "--config", str(file))
        with served(folder, command, said) as up:
            suite = Observed(ground, up, folder)
            with (
                scraping(folder / "prometheus", up.url) as prometheus,
                place(ground, "seen") as here,
            ):
                here.make(workload("web"))
                made = Loaded(suite, prometheus, spans)
                until(lambda: _answers(prometheus) and made.found("bailiwick_build_info"))
                anyio.run(_load, suite, here.name)
                yield made


def _answers(prometheus: str) -> bool:
    try:
        return httpx.get(f"{prometheus}/-/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False


async def _load(suite: Observed, namespace: str) -> None:
    base, token = suite.served.url.rsplit("/", 2)[0], ground_token(suite.ground, "ana")
    async with httpx.AsyncClient(trust_env=False) as stranger:
        for _ in range(3):
            await stranger.get(f"{base}/cluster/mcp")
    async with (
        over_http(f"{base}/cluster/mcp", token) as cluster,
        over_http(f"{base}/observability/mcp", token) as watching,
    ):
        await _change(suite, cluster, namespace)
        for first in range(0, CALLS, AT_ONCE):
            async with anyio.create_task_group() as tasks:
                for number in range(first, first + AT_ONCE):
                    tasks.start_soon(_one, cluster, watching, number)


async def _change(suite: Observed, ana: Agent, namespace: str) -> None:
    """Ask for a change, have it approved, and ask again."""
    what = {"cluster": "practice", "namespace": namespace, "workload": "web"}
    first = await ana.call("scale_workload", **what, replicas=3, dry_run=False)
    assert first.approval, first.text
    suite.approve(first.approval)
    second = await ana.call("scale_workload", **what, replicas=3, dry_run=False)
    assert not second.is_error, second.text
    other = await ana.call("scale_workload", **what, replicas=4, dry_run=False)
    assert other.approval, "this one goes on waiting"


async def _one(cluster: Agent, watching: Agent, number: int) -> None:
    """Make one of the calls: most are fine, some are denied, misread, secret, or lead nowhere."""
    source, practice = {"source": "metrics-eu"}, {"cluster": "practice"}
    match number % 10:
        case 0:
            await cluster.call("list_events", **practice, namespace="kube-system")
        case 1:
            await watching.call("query_metrics", **source, query=f'up{{x="{SECRET}"}}')
        case 2:
            await watching.call("query_metrics", source="gone", query="up")
        case 3 | 4 | 5:
            await watching.call("query_metrics", **source, query="up")
        case _:
            await cluster.call("list_events", **practice, namespace="shop")


def test_every_panel_has_data(loaded: Loaded) -> None:
    panels = [panel for row in dashboard.ROWS.values() for panel in row]
    asked = [(p.title, ask) for p in panels for ask, _ in p.asks if p.only != "an alert fires"]

    def empty() -> list[tuple[str, str]]:
        return [(title, ask) for title, ask in asked if not loaded.found(ask)]

    end = time.monotonic() + 40
    until(lambda: not empty() or time.monotonic() > end)
    assert empty() == []


def test_numbers_are_those_of_the_load(loaded: Loaded) -> None:
    said = loaded.metrics()
    calls = {key[1:]: value for key, value in said.items() if key[0] == "bailiwick_calls_total"}
    assert sum(calls.values()) == CALLS + 3
    assert calls["denied", "read", "cluster", "list_events"] > 0
    assert said["bailiwick_approvals_total", "asked", "cluster"] == 2
    assert said["bailiwick_approvals_total", "used", "cluster"] == 1
    assert said["bailiwick_approvals_waiting",] == 1
    assert said["bailiwick_door_refusals_total", "no"] == 3
    for why in ("rate", "in_flight"):
        assert said["bailiwick_limits_refused_total", "read", why] > 0
    assert said["bailiwick_upstream_requests_total", "no_answer", "observability", "gone"] > 0
    assert said["bailiwick_upstream_requests_total", "ok", "cluster", "practice"] > 0
    assert sum(v for k, v in said.items() if k[0] == "bailiwick_redactions_total") > 0
    assert said["bailiwick_in_flight", "cluster"] == 0
    assert said["bailiwick_journal_pending_records",] >= 0
    stages = {key[2] for key in said if key[0] == "bailiwick_stage_seconds_count"}
    assert stages >= {"limits", "policy", "journal.intent", "plan", "approval", "tool", "shaping"}
    assert (
        "bailiwick_denials_total",
        "kube-system-is-off-limits",
        "cluster",
        "list_events",
    ) in said


def test_every_alert_is_loaded_and_asks_for_what_there_is(loaded: Loaded) -> None:
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]

    def judged() -> list[Any]:
        groups = loaded.asked("rules")["groups"]
        return [rule for group in groups for rule in group["rules"] if rule["health"] != "unknown"]

    until(lambda: len(judged()) == len(rules))
    assert {rule["name"]: rule["lastError"] for rule in judged() if "lastError" in rule} == {}
    there = set(loaded.asked("label/__name__/values"))
    named = {name for rule in rules for name in re.findall(r"\bbailiwick_\w+", rule["expr"])}
    assert named - there == set()


def test_spans_of_the_suite_name_its_records_and_no_argument(loaded: Loaded) -> None:
    until(lambda: any(span.name == "tools/call scale_workload" for span in loaded.spans.spans()))
    spans = loaded.spans.spans()
    roots = {s.attributes["bailiwick.call"]: s for s in spans if "bailiwick.call" in s.attributes}
    recorded = {r.text("call"): r for r in records(loaded.suite.journal, event="tool.call")}
    assert roots.keys() & recorded.keys()
    for call in roots.keys() & recorded.keys():
        assert recorded[call].text("source", "trace") == roots[call].trace
    assert {span.resource["service.name"] for span in spans} == {"bailiwick"}
    said = b"".join(loaded.spans.bodies)
    for word in (SECRET.encode(), b"kube-system", b"/apis/apps", b"ana"):
        assert word not in said
