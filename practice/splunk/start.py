"""Starts the double as a program of a ground."""

from pathlib import Path

from practice import answers, issuer, programs
from practice.incident import Clock
from practice.pki import Authority
from practice.ports import LOOPBACK
from practice.splunk import accounts
from practice.splunk.facts import Splunk
from practice.splunk.rows import store
from practice.steps import Steps

NAME = "splunk"


def start(at: Path, authority: Authority, steps: Steps, clock: Clock) -> Splunk:
    """Start the double with a certificate of the ground's authority, and wait for it."""
    authority.issue(NAME, NAME, names=(LOOPBACK, "localhost"))
    return programs.persist(
        at, (NAME,), 1, lambda ports: _started(at, authority, steps, clock, ports[0])
    )


def facts(authority: Authority, clock: Clock, port: int) -> Splunk:
    """Describe the double of a port, running or not."""
    url = f"https://{LOOPBACK}:{port}"
    return Splunk(
        url=url,
        web=f"{url}/en-US",
        control=f"{url}/practice",
        ca_file=authority.ca_file,
        tokens=accounts.tokens(clock),
        roles={name: list(account.roles) for name, account in accounts.ACCOUNTS.items()},
        password=accounts.PASSWORD,
        indexes={name: not index.disabled for name, index in store.indexes(clock).items()},
    )


def _started(at: Path, authority: Authority, steps: Steps, clock: Clock, port: int) -> Splunk:
    running = programs.start(at, NAME, answers.command(NAME, authority.folder, clock, port))
    known = facts(authority, clock, port)
    with issuer.link(authority.ca_file) as link:
        answers.answering(
            at, running, link, f"{known.control}/ready", "answer of Splunk's double", steps
        )
    steps.say("splunk: the double answers")
    return known
