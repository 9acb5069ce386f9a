"""The alerts and the dashboard as they are shipped."""

import re
import shutil
import subprocess
from typing import Any

import orjson
import pytest
import yaml

from bailiwick.telemetry.meter import Meter
from scripts import dashboard
from tests.docs.blocks import ROOT

FOLDER = ROOT / "manifests/prometheus"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "rules.yaml").read_text())["groups"]
    for rule in group["rules"]
]
PAGE = (ROOT / "docs/telemetry.md").read_text()
PANELS = [panel for row in dashboard.ROWS.values() for panel in row]
OURS = re.compile(r"\b(?:bailiwick|process)_\w+")


def metrics() -> set[str]:
    """Name every series that a process can have."""
    found: set[str] = set()
    for family in Meter().registry.collect():
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        found |= {family.name + end for end in ends.get(family.type, ("",))}
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("check", "rules", "rules.yaml"), ("test", "rules", "rules_test.yaml")]
)
def test_the_rules_are_right_and_fire_when_they_should(words: tuple[str, ...]) -> None:
    program = shutil.which("promtool")
    assert program, "the Debian package prometheus is missing"
    done = subprocess.run(
        [program, *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested() -> None:
    tested = (FOLDER / "rules_test.yaml").read_text()
    named = set(re.findall(r"alertname(?:: |=\")(\w+)", tested))
    assert {rule["alert"] for rule in RULES} - named == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    page, anchor = rule["annotations"]["runbook"].split("#")
    assert page == "docs/telemetry.md"
    heads = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    assert f"`{rule['alert']}`" in PAGE
    assert set(OURS.findall(rule["expr"])) <= metrics()


def test_the_dashboard_is_fresh() -> None:
    kept = orjson.loads(dashboard.FILE.read_bytes())
    assert kept == dashboard.dashboard(), "run: .venv/bin/python scripts/dashboard.py"


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_panel_asks_for_what_there_is(panel: dashboard.Panel) -> None:
    asked = " ".join(ask for ask, _ in panel.asks)
    assert set(OURS.findall(asked)) <= metrics()
    assert panel.about.endswith(".")
    assert all(legend for _, legend in panel.asks)


def test_every_metric_is_on_the_dashboard_or_in_an_alert() -> None:
    asked = " ".join(ask for panel in PANELS for ask, _ in panel.asks)
    asked += " ".join(rule["expr"] for rule in RULES)
    families = {f.name for f in Meter().registry.collect() if f.name.startswith("bailiwick_")}
    assert {name for name in families if name not in asked} == set()


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard.dashboard()["panels"]:
        at = panel["gridPos"]
        here = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not here & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= here
    numbers = [panel["id"] for panel in dashboard.dashboard()["panels"]]
    assert len(set(numbers)) == len(numbers)
