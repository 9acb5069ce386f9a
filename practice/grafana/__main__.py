"""The command line: `python -m practice.grafana --port 3000 --cert C --key K ...`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import httpx
import uvicorn

from practice.grafana import tokens
from practice.grafana.app import build
from practice.grafana.library import Library
from practice.incident import Clock
from practice.ports import LOOPBACK


def main(words: Sequence[str] | None = None) -> int:
    """Serve until asked to end."""
    asked = _parser().parse_args(words)
    clock = Clock.at(datetime.fromisoformat(asked.now))
    prometheus = httpx.AsyncClient(base_url=asked.prometheus, timeout=120, trust_env=False)
    app = build(Library.of(clock), tokens.made(asked.state), prometheus)
    uvicorn.run(
        app,
        host=LOOPBACK,
        port=asked.port,
        ssl_certfile=asked.cert,
        ssl_keyfile=asked.key,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m practice.grafana", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cert", type=Path, required=True, help="certificate, PEM")
    parser.add_argument("--key", type=Path, required=True, help="its key, PEM")
    parser.add_argument("--now", required=True, help="the ground's minute, ISO 8601")
    parser.add_argument("--prometheus", required=True, help="URL of the one behind the proxy")
    parser.add_argument("--state", type=Path, required=True, help="folder of the tokens")
    return parser


if __name__ == "__main__":
    sys.exit(main())
