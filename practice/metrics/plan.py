"""How each program of the metrics is started: its ports, its folders, its configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from practice import incident
from practice.metrics import build, exporter
from practice.metrics.targets import jobs
from practice.ports import LOOPBACK

SOURCE = Path(__file__).parent / "configured"
EU, OLD, ALERTS, VICTORIA = "metrics-eu", "metrics-old", "alerts-eu", "metrics-vm"
PUSHED, HOST, EXPORTER = "pushgateway", "node-exporter", "exporter"
NAMES = (EU, OLD, ALERTS, VICTORIA, PUSHED, HOST, EXPORTER)
FEATURES = {
    EU: (
        *("search-api", "query-cost", "exemplar-storage", "promql-per-step-stats"),
        *("promql-experimental-functions", "promql-binop-fill-modifiers"),
    ),
    OLD: ("exemplar-storage", "promql-per-step-stats"),
}
"""What of each generation is not on by itself and matters to whoever asks its API."""
INTERVAL = f"{incident.SCRAPE.seconds}s"


@dataclass(frozen=True)
class Plan:
    """Where everything of the metrics is; `now` is the ground's, in seconds."""

    at: Path
    ports: dict[str, int]
    prometheus: Path
    now: int

    def address(self, name: str) -> str:
        """Give a program's address."""
        return f"{LOOPBACK}:{self.ports[name]}"

    def url(self, name: str) -> str:
        """Give the URL of a program's API."""
        return f"http://{self.address(name)}"

    def folder(self, name: str) -> Path:
        """Give the folder in which a program keeps its own."""
        return self.at / name


def plan(at: Path, ports: Sequence[int], prometheus: Path, now: int) -> Plan:
    """Give each program a port."""
    return Plan(at, dict(zip(NAMES, ports, strict=True)), prometheus, now)


def configure(to: Plan) -> None:
    """Write the configurations."""
    for name in (EU, OLD):
        (to.at / f"{name}.yml").write_text(yaml.safe_dump(_prometheus(to, name)))
    scraped = [job for job in jobs(to.ports[EXPORTER]) if job["job_name"] != "node"]
    taken = {"global": {"scrape_interval": INTERVAL}, "scrape_configs": scraped}
    (to.at / f"{VICTORIA}.yml").write_text(yaml.safe_dump(taken))


def _prometheus(to: Plan, name: str) -> dict[str, Any]:
    own: dict[str, Any] = {"job_name": "prometheus", "static_configs": _static(to, name)}
    said: dict[str, Any] = {
        "global": {
            "scrape_interval": INTERVAL,
            "evaluation_interval": INTERVAL,
            "external_labels": {"cluster": incident.CLUSTER},
        },
        "rule_files": [str(SOURCE / "rules.yml")],
        "scrape_configs": [
            own,
            *jobs(to.ports[EXPORTER]),
            {"job_name": "ground", "static_configs": _static(to, HOST)},
            {"job_name": "alertmanager", "static_configs": _static(to, ALERTS)},
            # Its groups' own `job` is what was meant, not that of the gateway.
            {"job_name": "push", "honor_labels": True, "static_configs": _static(to, PUSHED)},
        ],
    }
    if name == EU:
        own["scrape_native_histograms"] = True
        said["alerting"] = {"alertmanagers": [{"static_configs": _static(to, ALERTS)}]}
    return said


def _static(to: Plan, name: str) -> list[dict[str, Any]]:
    return [{"targets": [to.address(name)]}]


def command(to: Plan, name: str) -> list[str | Path]:
    """Give a program's command line."""
    made: dict[str, list[str | Path]] = {
        EU: _serving(to, EU, to.prometheus),
        OLD: _serving(to, OLD, build.program("prometheus")),
        ALERTS: [
            build.program("prometheus-alertmanager"),
            f"--config.file={SOURCE / 'alertmanager.yml'}",
            f"--storage.path={to.folder(ALERTS)}",
            f"--web.listen-address={to.address(ALERTS)}",
            f"--web.external-url={to.url(ALERTS)}",
            *("--cluster.listen-address=", "--log.level=warn"),
        ],
        VICTORIA: [
            build.program("victoria-metrics"),
            f"-httpListenAddr={to.address(VICTORIA)}",
            f"-storageDataPath={to.folder(VICTORIA)}",
            f"-promscrape.config={to.at / f'{VICTORIA}.yml'}",
            *("-retentionPeriod=1", "-memory.allowedBytes=128MiB", "-search.latencyOffset=1s"),
            "-loggerLevel=WARN",
        ],
        PUSHED: [
            build.program("prometheus-pushgateway"),
            *(f"--web.listen-address={to.address(PUSHED)}", "--log.level=warn"),
        ],
        # What the history has of its hosts must not get a thirty-first from this machine.
        HOST: [
            build.program("prometheus-node-exporter"),
            *(f"--web.listen-address={to.address(HOST)}", "--log.level=warn"),
            *("--collector.disable-defaults", "--collector.loadavg", "--collector.vmstat"),
        ],
        EXPORTER: [*exporter.command(to.ports[EXPORTER], to.now)],
    }
    return made[name]


def _serving(to: Plan, name: str, binary: str | Path) -> list[str | Path]:
    return [
        binary,
        f"--config.file={to.at / f'{name}.yml'}",
        f"--storage.tsdb.path={to.folder(name)}",
        "--storage.tsdb.retention.time=30d",
        # The history's blocks are left as they are: putting them together would only cost.
        *("--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"),
        f"--web.listen-address={to.address(name)}",
        f"--web.external-url={to.url(name)}",
        # Alertmanager forgets an alert four resends after the last: a minute for a busy machine.
        *("--rules.alert.for-grace-period=0s", "--rules.alert.resend-delay=15s"),
        "--scrape.discovery-reload-interval=1s",
        *(f"--enable-feature={','.join(FEATURES[name])}", "--log.level=warn"),
    ]
