"""`bailiwick tools`: the catalogue as a model sees it, and what it costs."""

import argparse
import os

import orjson

from bailiwick.config import load
from bailiwick.house import SERVERS, application, installed

HELP = "list the tools, their risk, and the bytes that a model reads of each"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("servers", nargs="*", metavar="SERVER", help=f"{', '.join(SERVERS)}")
    parser.add_argument("--json", action="store_true", help="print what the model sees, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the catalogue."""
    settings = load(arguments.config, os.environ)
    for name in arguments.servers or installed():
        for spec in application(name, settings).tools:
            seen = {
                "name": spec.name,
                "description": spec.description,
                "input_schema": spec.schema(),
            }
            raw = orjson.dumps(seen)
            if arguments.json:
                print(raw.decode())
            else:
                first = spec.description.splitlines()[0]
                print(f"{name}\t{spec.risk}\t{len(raw)}\t{spec.name}\t{first}")
    return 0
