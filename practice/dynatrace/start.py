"""Starts the double as a program of a ground."""

from pathlib import Path

from practice import answers, issuer, programs
from practice.dynatrace.accounts import ACCOUNTS, API, PLATFORM, Account
from practice.dynatrace.facts import Dynatrace
from practice.incident import PROBLEM, Clock
from practice.pki import Authority
from practice.ports import LOOPBACK
from practice.steps import Steps

NAME = "dynatrace"


def start(at: Path, authority: Authority, steps: Steps, clock: Clock) -> Dynatrace:
    """Start the double with a certificate of the ground's authority, and wait for it."""
    authority.issue(NAME, NAME, names=(LOOPBACK, "localhost"))
    folder = at / NAME
    folder.mkdir(exist_ok=True)
    for account in (API, PLATFORM):
        _write(_file(folder, account), account.token)
    return programs.persist(
        at, (NAME,), 1, lambda ports: _started(at, authority, steps, clock, ports[0])
    )


def facts(at: Path, authority: Authority, clock: Clock, port: int) -> Dynatrace:
    """Describe the double of a port, running or not."""
    url = f"https://{LOOPBACK}:{port}"
    return Dynatrace(
        now=clock.now.isoformat(),
        url=url,
        platform_url=url,
        control=f"{url}/practice",
        ca_file=authority.ca_file,
        api_file=_file(at / NAME, API),
        platform_file=_file(at / NAME, PLATFORM),
        tokens={name: each.token for name, each in ACCOUNTS.items()},
        scopes={name: sorted(each.scopes) for name, each in ACCOUNTS.items()},
        problem=PROBLEM,
    )


def _file(folder: Path, account: Account) -> Path:
    return folder / f"{account.name}.token"


def _write(path: Path, token: str) -> None:
    path.touch(mode=0o600)
    path.write_text(token)


def _started(at: Path, authority: Authority, steps: Steps, clock: Clock, port: int) -> Dynatrace:
    running = programs.start(at, NAME, answers.command(NAME, authority.folder, clock, port))
    known = facts(at, authority, clock, port)
    with issuer.link(authority.ca_file) as link:
        answers.answering(
            at, running, link, f"{known.control}/ready", "answer of Dynatrace's double", steps
        )
    steps.say("dynatrace: the double answers")
    return known
