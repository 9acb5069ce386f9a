"""What is known of a running double."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Dynatrace:
    """One environment: `url` has the Environment API, `platform_url` has Grail.

    `tokens` are by account and `scopes` say what each may; `api_file` and `platform_file` hold the
    two that Bailiwick is given. `control` is where tests set faults and look at what was asked.
    """

    now: str
    url: str
    platform_url: str
    control: str
    ca_file: Path
    api_file: Path
    platform_file: Path
    tokens: dict[str, str]
    scopes: dict[str, list[str]]
    problem: str
    """The display id of the incident's problem."""
