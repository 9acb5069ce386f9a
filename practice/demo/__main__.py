"""`python -m practice.demo`: bring the ground up, tell the story, and leave the servers up."""

import argparse
import shlex
import signal
import sys
from pathlib import Path

import anyio
import orjson

from practice.demo.stage import Stage
from practice.demo.story import tell
from practice.facts import Ground
from practice.ground import down, up
from practice.steps import Steps


def main() -> int:
    """Run the demo; exit 0 only if every step came out as told."""
    asked = _arguments()
    stage = Stage()
    try:
        ground = up(asked.at, steps=Steps())
        anyio.run(tell, ground, stage)
        print()
        for wrong in stage.wrong:
            print(f"not as told: {wrong}")
        print("every step came out as told" if not stage.wrong else "the story did not hold")
        if asked.stay:
            _stay(ground)
    except KeyboardInterrupt:
        print()
    finally:
        down(asked.at, Steps())
    return 1 if stage.wrong or not stage.step else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m practice.demo", description=__doc__)
    parser.add_argument("--at", type=Path, help="folder of the ground")
    parser.add_argument("--stay", action="store_true", help="leave the servers up until Ctrl-C")
    return parser.parse_args()


def _stay(ground: Ground) -> None:
    """Say how to connect, and wait."""
    program = Path(sys.executable).with_name("bailiwick-cluster")
    entry = {
        "command": str(program),
        "env": {"KUBECONFIG": str(ground.kubernetes.admin_kubeconfig)},
    }
    paste = orjson.dumps({"mcpServers": {"bailiwick-cluster": entry}}).decode()
    url = ground.servers.urls["cluster"]["mcp"]
    print("\nThe servers stay up until Ctrl-C.")
    print(f"\nClaude Desktop (claude_desktop_config.json):\n  {paste}")
    print(f"\nAn HTTP client: {url}\n  with a token of:  {ground.token}")
    print(f"\nThe command line: {shlex.quote(str(program.with_name('bailiwick')))} approvals list"
          f" --config {ground.servers.config}")  # fmt: skip
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    sys.exit(main())
