"""The product in front of the practice ground: its configuration, its people, its estate."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from practice import tokens
from practice.facts import Ground
from tests.parts.served import BAILIWICK, environ


def configured(ground: Ground, **cluster: str) -> dict[str, str]:
    """Configure a host for a ground; `cluster` holds more settings of its cluster `practice`."""
    keycloak, kubernetes = ground.keycloak, ground.kubernetes
    known = f'name = "practice", url = "{keycloak.issuer}", ca_file = "{keycloak.ca_file}"'
    table = "BAILIWICK_SERVERS__CLUSTER__CLUSTERS__PRACTICE__"
    return {
        "BAILIWICK_IDENTITY__ISSUERS": f"[{{{known}}}]",
        "BAILIWICK_LIMITS__CHANGE": "600/minute",
        f"{table}KUBECONFIG": f'"{kubernetes.kubeconfig}"',
        **{f"{table}{name.upper()}": value for name, value in cluster.items()},
    }


def token(ground: Ground, user: str, purpose: str = "cluster") -> str:
    """Sign somebody in."""
    return str(tokens.obtain(ground.keycloak, user, purpose)["access_token"])


def kubectl(ground: Ground, *words: str, given: str = "") -> str:
    """Do something as the estate's administrator, beside the product."""
    command = [*ground.kubernetes.kubectl, *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, input=given
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def fetched(ground: Ground, *words: str) -> Any:
    """Return what `kubectl get` says, as JSON."""
    return orjson.loads(kubectl(ground, "get", *words, "-o", "json"))


def bailiwick(folder: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line over the state of the host that `served` keeps in `folder`."""
    return subprocess.run(
        [sys.executable, *BAILIWICK, *words],
        env=environ(folder, more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def approve(ground: Ground, folder: Path, request: str, by: str = "bo") -> str:
    """Approve as somebody does: with the command line, and a token that is for approvals."""
    more = {**configured(ground), "BAILIWICK_TOKEN": token(ground, by, "approvals")}
    done = bailiwick(folder, "approvals", "approve", request, "--yes", **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


__all__ = ["approve", "bailiwick", "configured", "fetched", "kubectl", "token"]
