"""What is known of a running double."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Splunk:
    """The management API and its users: tokens and roles by user, one password for all of them.

    `control` is where tests set faults and look at what was asked; `indexes` are by name to
    whether they are enabled.
    """

    url: str
    web: str
    control: str
    ca_file: Path
    tokens: dict[str, str]
    roles: dict[str, list[str]]
    password: str
    indexes: dict[str, bool]
