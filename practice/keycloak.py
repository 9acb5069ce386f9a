"""Keycloak for one ground: its own folder and port on the cached distribution."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from practice import issuer, keycloak_build, programs
from practice.facts import Keycloak
from practice.pki import Authority
from practice.ports import LOOPBACK
from practice.steps import Steps

CLIENTS = {
    "cluster": "agent",
    "approvals": "bailiwick-approvals",
    "kubernetes": "kubectl",
    "other": "other",
}
PASSWORD = "practice"  # noqa: S105 -- says itself that it is none


def start(at: Path, authority: Authority, steps: Steps, port: int) -> Keycloak:
    """Start Keycloak with the realm `practice`, on the given port if that is still free."""
    dist = keycloak_build.distribution(steps)
    seed = keycloak_build.seed(dist, steps)
    steps.say("keycloak: distribution and seed at hand")
    authority.issue("keycloak", "keycloak", names=(LOOPBACK, "localhost"))

    def attempt(ports: list[int]) -> Keycloak:
        home = _home(at, dist, seed)
        archive = [f"-XX:SharedArchiveFile={seed}/{keycloak_build.ARCHIVE}"]
        serve = keycloak_build.serve(authority.folder, ports[0])
        words = keycloak_build.command(dist, home, *serve, options=archive)
        running = programs.start(at, "keycloak", words)
        issuer.answering(at, running, ports[0], authority.ca_file, steps)
        steps.say("keycloak: realm served")
        return facts(ports[0], authority)

    return programs.persist(at, ("keycloak",), 1, attempt, [port])


def _home(at: Path, dist: Path, seed: Path) -> Path:
    home = at / "keycloak"
    shutil.rmtree(home, ignore_errors=True)
    keycloak_build.furnish(dist, home)
    database = home / "data" / "h2"
    database.mkdir(parents=True)
    shutil.copy(seed / keycloak_build.DATABASE, database)
    return home


def facts(port: int, authority: Authority) -> Keycloak:
    """Describe the Keycloak of a port, running or not."""
    where = issuer.url(port)
    realm: dict[str, Any] = yaml.safe_load(keycloak_build.REALM.read_text())
    users = {
        each["username"]: [group.strip("/") for group in each.get("groups", [])]
        for each in realm["users"]
    }
    return Keycloak(
        issuer=where,
        ca_file=authority.ca_file,
        jwks=f"{where}/protocol/openid-connect/certs",
        token_endpoint=f"{where}/protocol/openid-connect/token",
        clients=CLIENTS,
        users=users,
        password=PASSWORD,
    )
