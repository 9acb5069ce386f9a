"""What is known of a running ground: the answer of `up`, kept in its folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from practice.confluence.facts import Confluence
from practice.dynatrace.facts import Dynatrace
from practice.grafana.facts import Grafana
from practice.library.facts import Library
from practice.splunk.facts import Splunk

FILE = "ground.json"
PATHS = {
    *("ca_file", "admin_kubeconfig", "kubeconfig", "audit_log", "config", "state"),
    *("api_file", "platform_file", "token_file"),
    *("runbooks", "handbook", "policies", "model"),
}


class Absent(LookupError):
    """The ground runs without the part that was asked for."""


@dataclass(frozen=True)
class Kubernetes:
    """The Kubernetes API and the two ways into it: as its admin and as Bailiwick."""

    server: str
    ca_file: Path
    admin_kubeconfig: Path
    kubeconfig: Path
    context: str
    audit_log: Path
    kubectl: tuple[str, ...]


@dataclass(frozen=True)
class Keycloak:
    """The identity provider: clients by what their tokens are for, users by name to groups."""

    issuer: str
    ca_file: Path
    jwks: str
    token_endpoint: str
    clients: dict[str, str]
    users: dict[str, list[str]]
    password: str


@dataclass(frozen=True)
class Servers:
    """Bailiwick itself: where it is, and what it was told. `urls` are by server and transport."""

    url: str
    urls: dict[str, dict[str, str]]
    config: Path
    state: Path


@dataclass(frozen=True)
class Metrics:
    """Two generations of Prometheus with one history, Alertmanager and what they watch, as URLs.

    `prometheus` is the current one, and the only one that `alertmanager` hears of.
    """

    now: str
    prometheus: str
    prometheus_old: str
    victoria: str
    alertmanager: str
    pushgateway: str
    exporter: str


Part = (
    Kubernetes | Keycloak | Metrics | Splunk | Dynatrace | Grafana | Confluence | Library | Servers
)
KINDS: dict[str, type[Any]] = {
    "kubernetes": Kubernetes,
    "keycloak": Keycloak,
    "metrics": Metrics,
    "splunk": Splunk,
    "dynatrace": Dynatrace,
    "grafana": Grafana,
    "confluence": Confluence,
    "library": Library,
    "servers": Servers,
}
"""The parts by name."""
P = TypeVar("P")


@dataclass(frozen=True)
class Ground:
    """A running practice ground; `processes` are process ids by name.

    `now` is the minute of its `Clock` in ISO 8601: the incident is told from there.
    """

    at: Path
    token: str | None
    processes: dict[str, int]
    parts: dict[str, Part]
    now: str = ""

    @property
    def kubernetes(self) -> Kubernetes:
        """Give the Kubernetes part, or raise `Absent`."""
        return self._part("kubernetes", Kubernetes)

    @property
    def keycloak(self) -> Keycloak:
        """Give the Keycloak part, or raise `Absent`."""
        return self._part("keycloak", Keycloak)

    @property
    def metrics(self) -> Metrics:
        """Give the metrics, or raise `Absent`."""
        return self._part("metrics", Metrics)

    @property
    def splunk(self) -> Splunk:
        """Give the double of Splunk, or raise `Absent`."""
        return self._part("splunk", Splunk)

    @property
    def dynatrace(self) -> Dynatrace:
        """Give the double of Dynatrace, or raise `Absent`."""
        return self._part("dynatrace", Dynatrace)

    @property
    def grafana(self) -> Grafana:
        """Give the double of Grafana, or raise `Absent`."""
        return self._part("grafana", Grafana)

    @property
    def confluence(self) -> Confluence:
        """Give the double of Confluence, or raise `Absent`."""
        return self._part("confluence", Confluence)

    @property
    def library(self) -> Library:
        """Give the documents, or raise `Absent`."""
        return self._part("library", Library)

    @property
    def servers(self) -> Servers:
        """Give the servers, or raise `Absent`."""
        return self._part("servers", Servers)

    def _part(self, name: str, kind: type[P]) -> P:
        part = self.parts.get(name)
        if not isinstance(part, kind):
            raise Absent(f"this ground runs without {name}")
        return part

    def document(self) -> dict[str, Any]:
        """Give the ground as plain values, the parts at the top level."""
        plain = asdict(self)
        parts = plain.pop("parts")
        return {"at": plain.pop("at"), **parts, **plain}


def dumps(document: dict[str, Any]) -> str:
    """Write a document as JSON, paths as text."""
    return json.dumps(document, indent=2, default=str)


def save(ground: Ground) -> None:
    """Keep the ground's facts in its folder: from now on it counts as up."""
    (ground.at / FILE).write_text(dumps(ground.document()) + "\n")


def load(at: Path) -> Ground | None:
    """Read the facts that `save` kept, or nothing."""
    file = at / FILE
    if not file.exists():
        return None
    said = yaml.safe_load(file.read_text())
    parts: dict[str, Part] = {
        name: kind(**_with_paths(said[name])) for name, kind in KINDS.items() if name in said
    }
    return Ground(Path(said["at"]), said["token"], said["processes"], parts, said.get("now", ""))


def _with_paths(part: dict[str, Any]) -> dict[str, Any]:
    """Read paths as paths, and a command as the tuple it was."""
    read: dict[str, Any] = {
        name: Path(value) if name in PATHS else value for name, value in part.items()
    }
    if "kubectl" in read:
        read["kubectl"] = tuple(read["kubectl"])
    return read
