"""The tokens of the service accounts, each in a file of its own as a mounted secret would be."""

import secrets
from pathlib import Path

from practice.grafana.facts import ROLES


def made(state: Path) -> dict[str, str]:
    """Read the tokens in a folder by role, and make those that are not there."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {role: _token(state / f"{role}.token") for role in ROLES}


def _token(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"glsa_{secrets.token_hex(16)}_{secrets.token_hex(4)}")
    return file.read_text().strip()
