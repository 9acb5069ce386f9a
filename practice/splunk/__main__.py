"""Serve the double: `python -m practice.splunk --port … --cert … --key … --now …`."""

import argparse
from datetime import datetime
from pathlib import Path

import uvicorn

from practice.incident import Clock
from practice.ports import LOOPBACK
from practice.splunk.app import application
from practice.splunk.double import Double

PACE = 20.0
"""Seconds that a job takes for a million rows, so that a client must ask more than once."""


def main() -> None:
    """Read the command line and serve until told to end."""
    read = argparse.ArgumentParser(prog="python -m practice.splunk", description=__doc__)
    read.add_argument("--port", type=int, required=True)
    read.add_argument("--cert", type=Path, required=True)
    read.add_argument("--key", type=Path, required=True)
    read.add_argument("--now", type=datetime.fromisoformat, required=True)
    read.add_argument("--pace", type=float, default=PACE)
    said = read.parse_args()
    base = f"https://{LOOPBACK}:{said.port}"
    uvicorn.run(
        application(Double(Clock.at(said.now), base, said.pace)),
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
