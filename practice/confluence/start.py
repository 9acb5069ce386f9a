"""Starts the double as a program of a ground."""

from pathlib import Path

from practice import answers, issuer, programs
from practice.confluence.accounts import ACCOUNTS
from practice.confluence.facts import Confluence
from practice.confluence.library import Library
from practice.incident import Clock
from practice.pki import Authority
from practice.ports import LOOPBACK
from practice.steps import Steps

NAME = "confluence"
OURS = "bailiwick"
"""The account that Bailiwick is given."""


def start(at: Path, authority: Authority, steps: Steps, clock: Clock) -> Confluence:
    """Start the double with a certificate of the ground's authority, and wait for it."""
    authority.issue(NAME, NAME, names=(LOOPBACK, "localhost"))
    (at / NAME).mkdir(exist_ok=True)
    file = _file(at)
    file.touch(mode=0o600)
    file.write_text(ACCOUNTS[OURS].token)
    return programs.persist(
        at, (NAME,), 1, lambda ports: _started(at, authority, steps, clock, ports[0])
    )


def facts(at: Path, authority: Authority, clock: Clock, port: int) -> Confluence:
    """Describe the double of a port, running or not."""
    url = f"https://{LOOPBACK}:{port}"
    return Confluence(
        url=url,
        space=Library.of(clock).key,
        control=f"{url}/practice",
        ca_file=authority.ca_file,
        token_file=_file(at),
        tokens={name: each.token for name, each in ACCOUNTS.items()},
        groups={name: sorted(each.groups) for name, each in ACCOUNTS.items()},
    )


def _file(at: Path) -> Path:
    return at / NAME / f"{OURS}.token"


def _started(at: Path, authority: Authority, steps: Steps, clock: Clock, port: int) -> Confluence:
    running = programs.start(at, NAME, answers.command(NAME, authority.folder, clock, port))
    known = facts(at, authority, clock, port)
    with issuer.link(authority.ca_file) as link:
        awaited = "answer of Confluence's double"
        answers.answering(at, running, link, f"{known.control}/ready", awaited, steps)
    steps.say("confluence: the double answers")
    return known
