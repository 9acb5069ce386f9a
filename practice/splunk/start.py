"""Starts the double as a program of a ground."""

import ssl
import sys
from pathlib import Path

import httpx

from practice import programs
from practice.incident import Clock
from practice.pki import Authority
from practice.ports import LOOPBACK
from practice.splunk import accounts
from practice.splunk.facts import Splunk
from practice.splunk.rows import store
from practice.steps import Steps

NAME = "splunk"
ROOT = Path(__file__).resolve().parents[2]


def start(at: Path, authority: Authority, steps: Steps, clock: Clock) -> Splunk:
    """Start the double with a certificate of the ground's authority, and wait for it."""
    authority.issue(NAME, NAME, names=(LOOPBACK, "localhost"))
    return programs.persist(
        at, (NAME,), 1, lambda ports: _started(at, authority, steps, clock, ports[0])
    )


def command(authority: Authority, clock: Clock, port: int) -> list[str | Path]:
    """Give the command line; programs get no path of Python's, so it is said in the words."""
    words = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    return [
        *(sys.executable, "-c", f"{words}; from practice.splunk.__main__ import main; main()"),
        *("--port", str(port), "--now", clock.now.isoformat()),
        *("--cert", authority.folder / f"{NAME}.crt", "--key", authority.folder / f"{NAME}.key"),
    ]


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
    running = programs.start(at, NAME, command(authority, clock, port))
    known = facts(authority, clock, port)
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    with httpx.Client(verify=trust, timeout=5) as link:

        def ready() -> bool:
            programs.watch(at, [running])
            try:
                return link.get(f"{known.control}/ready").is_success
            except httpx.TransportError:
                return False

        steps.until(ready, "answer of Splunk's double", 30)
    steps.say("splunk: the double answers")
    return known
