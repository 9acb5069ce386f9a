"""What is known of the documents of a running ground."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Library:
    """Where the documents are: two folders, a Git repository, and the embedding model's folder."""

    runbooks: Path
    handbook: Path
    policies: Path
    model: Path
