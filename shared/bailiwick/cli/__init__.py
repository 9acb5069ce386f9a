"""The `bailiwick` command: serve, and look after what was served."""

from bailiwick.cli.main import main

__all__ = ["main"]
