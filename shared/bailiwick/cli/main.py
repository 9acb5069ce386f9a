"""`bailiwick`: the arguments, and which file carries them out."""

import argparse
import gc
import importlib
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bailiwick import __version__
from bailiwick.errors import BailiwickError

COMMANDS = ("serve", "connect", "approvals", "audit", "policy", "tools", "retrieval")
"""Each is a module of this folder with `add(parser)` and `run(arguments) -> int`."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 fine, 1 the answer is no, 2 it could not be answered."""
    given = [*(argv or ()), *sys.argv[1:]] if argv is not None else sys.argv[1:]
    wanted = next((word for word in given if not word.startswith("-")), "")
    try:
        sys.exit(_run(given, wanted))
    except BailiwickError as error:
        print(f"bailiwick: {error}", file=sys.stderr)
        if error.detail:
            print(f"  {error.detail}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `| head` has seen enough
        sys.stderr.close()
        sys.exit(0)


def _run(given: Sequence[str], wanted: str) -> int:
    """Import only the wanted command: `serve` over stdio must start fast."""
    parser = argparse.ArgumentParser(
        prog="bailiwick",
        description="MCP servers whose every call is named, judged and written down.",
    )
    parser.add_argument("--version", action="version", version=f"bailiwick {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    module = None
    for name in COMMANDS:
        if wanted in COMMANDS and name != wanted:
            continue
        module = _imported(f"bailiwick.cli.{name}")
        sub = commands.add_parser(name, help=module.HELP, description=module.HELP)
        sub.add_argument("--config", type=Path, help="configuration file (TOML)")
        module.add(sub)
        sub.set_defaults(run=module.run)
    arguments = parser.parse_args(given)
    return int(arguments.run(arguments))


def _imported(name: str) -> Any:
    """Import a module and all it needs."""
    if name in sys.modules:
        return sys.modules[name]
    with lasting():
        return importlib.import_module(name)


@contextmanager
def lasting() -> Generator[None]:
    """Make what lasts: no garbage is looked for in it, now or later; a tenth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
