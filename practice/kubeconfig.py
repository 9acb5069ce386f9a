"""Kubeconfigs that hold their secrets inline, so that they can be copied anywhere."""

from pathlib import Path
from typing import Any

import yaml

from practice.pki import Authority

NAME = "practice"


def by_certificate(path: Path, server: str, authority: Authority, name: str) -> None:
    """Write a kubeconfig that signs in with the certificate NAME."""
    user = {
        "client-certificate-data": authority.inline(f"{name}.crt"),
        "client-key-data": authority.inline(f"{name}.key"),
    }
    _write(path, server, authority, name, user)


def by_token(path: Path, server: str, authority: Authority, name: str, token: str) -> None:
    """Write a kubeconfig that signs in with a bearer token."""
    _write(path, server, authority, name, {"token": token})


def _write(path: Path, server: str, authority: Authority, name: str, user: dict[str, Any]) -> None:
    cluster = {"server": server, "certificate-authority-data": authority.inline("ca.crt")}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": name}}],
        "current-context": NAME,
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
