"""The double of one ground, as a program of its own behind the ground's TLS."""

from pathlib import Path

from practice import answers, issuer, programs
from practice.grafana import tokens
from practice.grafana.facts import Grafana
from practice.grafana.library import Library
from practice.incident import Clock
from practice.pki import Authority
from practice.ports import LOOPBACK
from practice.steps import Steps

NAME = "grafana"


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
            awaited = "answer of the double of Grafana"
            answers.answering(at, program, link, f"{url}/api/health", awaited, steps)
        steps.say("grafana: the double answers")
        return Grafana(url, authority.ca_file, state, known, Library.of(clock).titles)

    return programs.persist(at, (NAME,), 1, attempt)


def command(
    port: int, pki: Path, clock: Clock, prometheus_url: str, state: Path
) -> list[str | Path]:
    """Give the words that start it."""
    return [
        *answers.command(NAME, pki, clock, port),
        *("--prometheus", prometheus_url, "--state", state),
    ]
