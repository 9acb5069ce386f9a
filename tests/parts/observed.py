"""The observability server in front of the practice ground: what it is told, and who asks it."""

import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from practice.facts import Ground
from practice.servers import sources
from tests.parts.front import Front
from tests.parts.served import BAILIWICK, served

COMMAND = (*BAILIWICK, "serve", "observability", "--http", "--config")
IDENTITY = """
[limits]
change = "600/minute"

[[identity.issuers]]
name = "practice"
url = "{issuer}"
ca_file = "{ca_file}"
"""


@dataclass(frozen=True)
class Observed(Front):
    """The observability server."""


def written(folder: Path, ground: Ground, more: str = "", policy: str = "") -> Path:
    """Write a configuration with the ground's sources and people; `more` is added to it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = IDENTITY.format(issuer=ground.keycloak.issuer, ca_file=ground.keycloak.ca_file)
    if policy:
        (folder / "test.cedar").write_text(policy)
        text += f'\n[policy]\npath = "{folder / "test.cedar"}"\n'
    file = folder / "observed.toml"
    file.write_text(f"{text}{sources(folder, ground.parts)}\n{more}")
    return file


@contextmanager
def observed(folder: Path, ground: Ground, more: str = "", policy: str = "") -> Generator[Observed]:
    """Serve observability alone in front of a ground."""
    file = written(folder, ground, more, policy)
    with served(folder, (*COMMAND, str(file))) as up:
        yield Observed(ground, up, folder)


def trust(ca_file: Path) -> ssl.SSLContext:
    """Trust the ground's own authority."""
    return ssl.create_default_context(cafile=str(ca_file))


@dataclass(frozen=True)
class Control:
    """What a double offers to tests alone: faults, and what it was asked."""

    url: str
    ca_file: Path

    def get(self, what: str) -> Any:
        """Look at something."""
        return self._send("GET", what).json()

    def clear(self, what: str) -> None:
        """Forget something."""
        self._send("DELETE", what)

    def fault(self, kind: str, **more: Any) -> None:
        """Have something done wrong."""
        self._send("POST", "faults", {"kind": kind, **more})

    def _send(self, method: str, what: str, body: Mapping[str, Any] | None = None) -> Any:
        with httpx.Client(verify=trust(self.ca_file), timeout=10, trust_env=False) as link:
            answer = link.request(method, f"{self.url}/{what}", json=body)
        answer.raise_for_status()
        return answer


def splunk(ground: Ground) -> Control:
    """Give the control of Splunk's double."""
    return Control(ground.splunk.control, ground.splunk.ca_file)


def dynatrace(ground: Ground) -> Control:
    """Give the control of Dynatrace's double."""
    return Control(ground.dynatrace.control, ground.dynatrace.ca_file)


def grafana(ground: Ground) -> Control:
    """Give the control of Grafana's double."""
    return Control(f"{ground.grafana.url}/practice", ground.grafana.ca_file)
