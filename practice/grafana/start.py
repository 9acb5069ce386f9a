"""The double of one ground, as a program of its own behind the ground's TLS."""

import sys
from pathlib import Path

import httpx

from practice import issuer, programs
from practice.grafana import tokens
from practice.grafana.facts import Grafana
from practice.grafana.library import Library
from practice.incident import Clock
from practice.pki import Authority
from practice.ports import LOOPBACK
from practice.steps import Steps

NAME = "grafana"
ROOT = Path(__file__).resolve().parents[2]


def start(
    at: Path, authority: Authority, steps: Steps, clock: Clock, prometheus_url: str
) -> Grafana:
    """Start it on a free port, with that Prometheus behind its proxy, and wait for an answer."""
    state = at / NAME
    known = tokens.made(state)
    authority.issue(NAME, NAME, names=(LOOPBACK, "localhost"))

    def attempt(ports: list[int]) -> Grafana:
        words = command(ports[0], authority.folder, clock, prometheus_url, state)
        program = programs.start(at, NAME, words)
        url = f"https://{LOOPBACK}:{ports[0]}"
        with issuer.link(authority.ca_file) as link:

            def answering() -> bool:
                programs.watch(at, [program])
                try:
                    return link.get(f"{url}/api/health").is_success
                except httpx.TransportError:
                    return False

            steps.until(answering, "answer of the double of Grafana", 30)
        steps.say("grafana: the double answers")
        return Grafana(url, authority.ca_file, state, known, Library.of(clock).titles)

    return programs.persist(at, (NAME,), 1, attempt)


def command(port: int, pki: Path, clock: Clock, prometheus_url: str, state: Path) -> list[str]:
    """Give the words that start it; programs get no path, so it is said in the words."""
    words = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    run = "from practice.grafana.__main__ import main; sys.exit(main())"
    return [
        *(sys.executable, "-c", f"{words}; {run}"),
        *("--port", str(port)),
        *("--cert", str(pki / f"{NAME}.crt")),
        *("--key", str(pki / f"{NAME}.key")),
        *("--now", clock.now.isoformat()),
        *("--prometheus", prometheus_url),
        *("--state", str(state)),
    ]
