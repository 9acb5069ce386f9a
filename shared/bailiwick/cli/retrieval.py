"""`bailiwick retrieval`: sync, model, eval and status, where the retrieval server is installed."""

import argparse
import os
from importlib import import_module
from typing import Any

from bailiwick.config import load
from bailiwick.errors import BadConfig

HELP = "sync documents, install the embedding model, measure search, look at the index"


def _commands() -> Any:
    """Import the server's own commands: the core knows no server."""
    try:
        return import_module("bailiwick_retrieval.commands")
    except ModuleNotFoundError as error:
        raise BadConfig(
            f"the retrieval server is not installed whole: {error.name} is missing;"
            " pip install bailiwick-mcp[retrieval]"
        ) from error


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    _commands().add(parser)


def run(arguments: argparse.Namespace) -> int:
    """Carry out one command."""
    return int(_commands().run(arguments, load(arguments.config, os.environ)))
