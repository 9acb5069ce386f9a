"""Whose tokens the Kubernetes API takes: those that Keycloak issues for the audience kubernetes."""

from pathlib import Path
from typing import Any

import yaml

from practice.facts import Keycloak

AUDIENCE = "kubernetes"
PREFIX = "oidc:"


def configuration(keycloak: Keycloak | None) -> str:
    """Write the API server's structured authentication: no provider, or this one."""
    document: dict[str, Any] = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "jwt": [] if keycloak is None else [_provider(keycloak)],
    }
    return yaml.safe_dump(document, sort_keys=False)


def extend(file: Path, keycloak: Keycloak) -> None:
    """Let a running API server trust a provider: it reads the file again when that is replaced."""
    beside = file.with_suffix(".new")
    beside.write_text(configuration(keycloak))
    beside.replace(file)


def _provider(keycloak: Keycloak) -> dict[str, Any]:
    return {
        "issuer": {
            "url": keycloak.issuer,
            "certificateAuthority": keycloak.ca_file.read_text(),
            "audiences": [AUDIENCE],
        },
        "claimMappings": {
            "username": {"claim": "sub", "prefix": PREFIX},
            "groups": {"claim": "groups", "prefix": PREFIX},
        },
    }
