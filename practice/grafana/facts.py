"""What is known of the running double."""

from dataclasses import dataclass
from pathlib import Path

ROLES = ("viewer", "editor")


@dataclass(frozen=True)
class Grafana:
    """Where it is, the tokens of its service accounts by role, its dashboards' titles by uid.

    In the folder `state` lies a file `ROLE.token` for each role.
    """

    url: str
    ca_file: Path
    state: Path
    tokens: dict[str, str]
    dashboards: dict[str, str]

    def token_file(self, role: str) -> Path:
        """Name the file that holds a role's token."""
        return self.state / f"{role}.token"
