"""What is known of a running ground: the answer of `up`, kept in its folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = "ground.json"
PATHS = {"ca_file", "admin_kubeconfig", "kubeconfig", "audit_log", "config", "state"}


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


Part = Kubernetes | Keycloak | Metrics | Servers


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
        part = self.parts.get("kubernetes")
        if not isinstance(part, Kubernetes):
            raise Absent("this ground runs without kubernetes")
        return part

    @property
    def keycloak(self) -> Keycloak:
        """Give the Keycloak part, or raise `Absent`."""
        part = self.parts.get("keycloak")
        if not isinstance(part, Keycloak):
            raise Absent("this ground runs without keycloak")
        return part

    @property
    def metrics(self) -> Metrics:
        """Give the metrics, or raise `Absent`."""
        part = self.parts.get("metrics")
        if not isinstance(part, Metrics):
            raise Absent("this ground runs without metrics")
        return part

    @property
    def servers(self) -> Servers:
        """Give the servers, or raise `Absent`."""
        part = self.parts.get("servers")
        if not isinstance(part, Servers):
            raise Absent("this ground runs without servers")
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
    parts: dict[str, Part] = {}
    if "kubernetes" in said:
        part = _with_paths(said["kubernetes"])
        part["kubectl"] = tuple(part["kubectl"])
        parts["kubernetes"] = Kubernetes(**part)
    if "keycloak" in said:
        parts["keycloak"] = Keycloak(**_with_paths(said["keycloak"]))
    if "metrics" in said:
        parts["metrics"] = Metrics(**said["metrics"])
    if "servers" in said:
        parts["servers"] = Servers(**_with_paths(said["servers"]))
    return Ground(Path(said["at"]), said["token"], said["processes"], parts, said.get("now", ""))


def _with_paths(part: dict[str, Any]) -> dict[str, Any]:
    return {name: Path(value) if name in PATHS else value for name, value in part.items()}
