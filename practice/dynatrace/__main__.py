"""Serve the double: `python -m practice.dynatrace --port … --cert … --key … --now …`."""

import argparse
from datetime import datetime
from pathlib import Path

import uvicorn

from practice.dynatrace.app import application
from practice.dynatrace.double import Double, following
from practice.incident import Clock
from practice.ports import LOOPBACK


def main() -> None:
    """Read the command line and serve until told to end."""
    read = argparse.ArgumentParser(prog="python -m practice.dynatrace", description=__doc__)
    read.add_argument("--port", type=int, required=True)
    read.add_argument("--cert", type=Path, required=True, help="certificate, PEM")
    read.add_argument("--key", type=Path, required=True, help="its key, PEM")
    read.add_argument("--now", type=datetime.fromisoformat, required=True, help="ISO 8601")
    said = read.parse_args()
    clock = Clock.at(said.now)
    uvicorn.run(
        application(Double(clock, following(clock))),
        host=LOOPBACK,
        port=said.port,
        ssl_certfile=said.cert,
        ssl_keyfile=said.key,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
