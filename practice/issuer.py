"""Whether a Keycloak answers yet."""

import ssl
from pathlib import Path

import httpx

from practice import answers
from practice.ports import LOOPBACK
from practice.programs import Program
from practice.steps import Steps

REALM = "practice"


def url(port: int) -> str:
    """Give the issuer's URL."""
    return f"https://{LOOPBACK}:{port}/realms/{REALM}"


def link(ca_file: Path) -> httpx.Client:
    """Open a client that trusts an authority and nobody else."""
    tls = ssl.create_default_context(cafile=str(ca_file))
    return httpx.Client(verify=tls, timeout=30, trust_env=False)


def answering(at: Path, program: Program, port: int, ca_file: Path, steps: Steps) -> None:
    """Wait until the realm is served; it answers 503 while Keycloak boots."""
    with link(ca_file) as asking:
        known = f"{url(port)}/.well-known/openid-configuration"
        answers.answering(at, program, asking, known, "Keycloak", steps, 120)
