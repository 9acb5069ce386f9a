"""The metrics' configurations: rules and history tell of the same alerts."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from practice import incident
from practice.metrics import alerts, build, plan, shop

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((plan.SOURCE / "rules.yml").read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
SECONDS = {"m": 60, "h": 3_600}
debian = pytest.mark.skipif(
    not all(map(shutil.which, build.PACKAGES)), reason="needs Debian's Prometheus packages"
)


def planned(at: Path) -> plan.Plan:
    return plan.plan(at, range(9_001, 9_008), Path("/prometheus"), 1_800_000_000)


def test_as_many_alerts_fire_as_were_told() -> None:
    current = list(alerts.current())
    assert sum(each.fires for each in current) == incident.FIRING
    assert len(current) == incident.FIRING + incident.PENDING
    assert {each.labels["alertname"] for each in current} == set(ALERTS)


@pytest.mark.parametrize(
    "alert", [*alerts.current(), *alerts.past()], ids=lambda each: each.labels["alertname"]
)
def test_the_history_knows_an_alert_as_its_rule_does(alert: alerts.Alert) -> None:
    rule = ALERTS[alert.labels["alertname"]]
    assert rule["labels"].items() <= alert.labels.items()
    said = rule.get("for", "0m")
    if alert.until > 0:  # a past episode need not have begun when today's rule would have
        assert int(said[:-1]) * SECONDS[said[-1]] == alert.hold


def test_alerts_of_checkout_name_the_runbook_and_the_objective() -> None:
    for name in ("CheckoutLatencyHigh", "CheckoutErrorBudgetBurn", "ConnectionPoolExhausted"):
        assert ALERTS[name]["annotations"]["runbook_url"] == incident.RUNBOOK
    objective = next(rule for rule in RULES if rule.get("record") == "slo:http_objective:ratio")
    assert objective["expr"].endswith(str(shop.OBJECTIVE))


def test_what_is_recorded_has_a_past() -> None:
    assert {rule["record"] for rule in RULES if "record" in rule} == {
        family.name for family in shop.recorded()
    }


def test_an_annotation_gives_orders_and_hides() -> None:
    text = ALERTS["HostDiskAlmostFull"]["annotations"]["description"]
    assert "ignore previous instructions" in text
    assert {"\x1b", "\u202e"} <= set(text)


def test_past_alerts_are_of_the_last_seven_days() -> None:
    found = next(alerts.families(0.0)).series
    oldest = min(found, key=lambda each: each.born)
    assert -incident.ALERTED.total_seconds() < oldest.born < -5 * 86_400


@debian
def test_programs_take_their_configurations(tmp_path: Path) -> None:
    plan.configure(planned(tmp_path))
    # The older generation does not know of native histograms, so it can judge its own only.
    for words in (
        ["promtool", "check", "rules", plan.SOURCE / "rules.yml"],
        ["promtool", "check", "config", tmp_path / "metrics-old.yml"],
        ["amtool", "check-config", plan.SOURCE / "alertmanager.yml"],
    ):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@debian
def test_only_the_current_generation_tells_of_its_alerts(tmp_path: Path) -> None:
    plan.configure(planned(tmp_path))
    told = {
        name: yaml.safe_load((tmp_path / f"{name}.yml").read_text()) for name in (plan.EU, plan.OLD)
    }
    assert "alerting" in told[plan.EU]
    assert "alerting" not in told[plan.OLD]
    count = sum(
        len(group["targets"])
        for job in told[plan.OLD]["scrape_configs"]
        for group in job["static_configs"]
    )
    assert count == incident.TARGETS
    for name in plan.NAMES:
        assert Path(plan.command(planned(tmp_path), name)[0]).is_absolute()


def test_the_version_is_read_from_the_module() -> None:
    assert build.version() == "3.16.0"


def test_a_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FileNotFoundError, match="install the Debian package prometheus"):
        build.check()
