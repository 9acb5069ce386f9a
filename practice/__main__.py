"""The command line: up, down, status, token, fill, unfill."""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import httpx

from practice import facts, ground, keycloak, tokens
from practice.fill import fill, unfill
from practice.steps import Steps

FAILURES = (
    *(RuntimeError, LookupError, OSError),
    *(subprocess.CalledProcessError, httpx.HTTPError),
)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it did what it was asked."""
    signal.signal(signal.SIGTERM, _interrupted)
    asked = _parser().parse_args(words)
    try:
        code: int = asked.run(asked)
    except FAILURES as failed:
        print(f"practice: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("practice: interrupted, everything is taken down", file=sys.stderr)
        return 130
    return code


def _interrupted(_sign: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m practice", description="A pretend enterprise.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--at", type=Path, help="folder of the ground; each checkout has its own")
    shared.add_argument("--json", action="store_true", help="print one JSON document")
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("up", parents=[shared], help="start a ground")
    one.add_argument("--only", nargs="+", choices=ground.PARTS, default=ground.PARTS)
    one.set_defaults(run=_up)
    one = commands.add_parser("down", parents=[shared], help="end it and remove its folder")
    one.set_defaults(run=_down)
    one = commands.add_parser("status", parents=[shared], help="tell what runs; 3 if not all")
    one.set_defaults(run=_status)
    one = commands.add_parser("token", parents=[shared], help="print a token for a user")
    one.add_argument("user")
    one.add_argument("--for", dest="purpose", choices=keycloak.CLIENTS, default="cluster")
    one.set_defaults(run=_token)
    one = commands.add_parser("fill", parents=[shared], help="create a crowd of pods")
    one.add_argument("count", type=int)
    one.add_argument("--namespaces", type=int, default=10)
    one.set_defaults(run=_fill)
    one = commands.add_parser("unfill", parents=[shared], help="delete that crowd")
    one.set_defaults(run=_unfill)
    return parser


def _up(asked: argparse.Namespace) -> int:
    said = ground.document(ground.up(asked.at, asked.only, Steps()))
    if asked.json:
        print(facts.dumps(said))
        return 0
    for part in ground.PARTS:
        for name, value in said.get(part, {}).items():
            print(f"{part} {name}: {value}")
    print(f"a token: {said['token']}")
    return 0


def _down(asked: argparse.Namespace) -> int:
    was = ground.down(asked.at, Steps())
    if asked.json:
        print(facts.dumps({"was_up": was}))
    return 0


def _status(asked: argparse.Namespace) -> int:
    said = ground.status(asked.at)
    if asked.json:
        print(facts.dumps(said))
    else:
        print(f"{said['at']}: {'up' if said['up'] else 'not up'}")
        for name, each in said["processes"].items():
            print(f"  {name:12} {each['pid']:>8} {'runs' if each['running'] else 'has ended'}")
    return 0 if said["up"] else 3


def _token(asked: argparse.Namespace) -> int:
    granted = tokens.obtain(ground.find(asked.at).keycloak, asked.user, asked.purpose)
    print(facts.dumps(granted) if asked.json else granted["access_token"])
    return 0


def _fill(asked: argparse.Namespace) -> int:
    made = fill(ground.find(asked.at), asked.count, asked.namespaces, Steps())
    print(facts.dumps(made))
    return 0


def _unfill(asked: argparse.Namespace) -> int:
    print(facts.dumps({"namespaces": unfill(ground.find(asked.at), Steps())}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
