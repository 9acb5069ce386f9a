"""What is known of a running double."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Confluence:
    """Where it is, its space, and the tokens of its accounts; `token_file` is Bailiwick's.

    `control` is where tests set faults, change pages, and look at what was asked.
    """

    url: str
    space: str
    control: str
    ca_file: Path
    token_file: Path
    tokens: dict[str, str]
    groups: dict[str, list[str]]
