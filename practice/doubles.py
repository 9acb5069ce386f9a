"""Serve a double: `python -m practice.doubles splunk --port … --cert … --key … --now …`."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from practice.incident import Clock
from practice.ports import LOOPBACK

PACE = 20.0
"""Seconds that a job of Splunk's takes for a million rows, so that a client asks repeatedly."""


def main(words: Sequence[str] | None = None) -> None:
    """Read the command line and serve one double until told to end."""
    said = _parser().parse_args(words)
    uvicorn.run(
        DOUBLES[said.double](said, Clock.at(said.now)),
        host=LOOPBACK,
        port=said.port,
        ssl_certfile=said.cert,
        ssl_keyfile=said.key,
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m practice.doubles", description=__doc__)
    kinds = parser.add_subparsers(dest="double", required=True)
    by_name = {name: kinds.add_parser(name) for name in DOUBLES}
    for each in by_name.values():
        each.add_argument("--port", type=int, required=True)
        each.add_argument("--cert", type=Path, required=True, help="certificate, PEM")
        each.add_argument("--key", type=Path, required=True, help="its key, PEM")
        each.add_argument("--now", type=datetime.fromisoformat, required=True, help="ISO 8601")
    by_name["splunk"].add_argument("--pace", type=float, default=PACE)
    grafana = by_name["grafana"]
    grafana.add_argument("--prometheus", required=True, help="URL of the one behind the proxy")
    grafana.add_argument("--state", type=Path, required=True, help="folder of the tokens")
    return parser


# Each brings much along that the others do not need: only the one that is served is imported.


def _splunk(said: argparse.Namespace, clock: Clock) -> Any:
    from practice.splunk.app import application  # noqa: PLC0415
    from practice.splunk.double import Double  # noqa: PLC0415

    return application(Double(clock, f"https://{LOOPBACK}:{said.port}", said.pace))


def _dynatrace(_said: argparse.Namespace, clock: Clock) -> Any:
    from practice.dynatrace.app import application  # noqa: PLC0415
    from practice.dynatrace.double import Double, following  # noqa: PLC0415

    return application(Double(clock, following(clock)))


def _grafana(said: argparse.Namespace, clock: Clock) -> Any:
    from practice.grafana import tokens  # noqa: PLC0415
    from practice.grafana.app import build  # noqa: PLC0415
    from practice.grafana.library import Library  # noqa: PLC0415

    prometheus = httpx.AsyncClient(base_url=said.prometheus, timeout=120, trust_env=False)
    return build(Library.of(clock), tokens.made(said.state), prometheus)


def _confluence(said: argparse.Namespace, clock: Clock) -> Any:
    from practice.confluence.app import Double, build  # noqa: PLC0415
    from practice.confluence.library import Library  # noqa: PLC0415

    return build(Double(Library.of(clock), f"https://{LOOPBACK}:{said.port}"))


DOUBLES: Mapping[str, Callable[[argparse.Namespace, Clock], Any]] = {
    "splunk": _splunk,
    "dynatrace": _dynatrace,
    "grafana": _grafana,
    "confluence": _confluence,
}

if __name__ == "__main__":
    main()
