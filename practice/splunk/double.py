"""The whole state of a double: its clock, sessions, jobs, and what searches refer to."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request

from practice.incident import Clock
from practice.splunk.accounts import ACCOUNTS, Account, Sessions, tokens
from practice.splunk.faults import Effects, Faults
from practice.splunk.jobs import Jobs
from practice.splunk.knowledge import knowledge
from practice.splunk.rows import store
from practice.splunk.spl import engine
from practice.splunk.spl.context import Context, Knowledge, Watch
from practice.splunk.spl.values import Row

NEAR = 3600
"""Seconds by which the ground's clock may differ from the machine's before it is followed."""


@dataclass(frozen=True)
class Form:
    """What a request says in its query and its body."""

    values: Mapping[str, list[str]]

    def get(self, name: str, otherwise: str = "") -> str:
        """Give the last value."""
        found = self.values.get(name)
        return found[-1] if found else otherwise

    def all(self, name: str) -> list[str]:
        """Give all values; several may be parted by commas."""
        return [part for each in self.values.get(name, []) for part in each.split(",") if part]

    def number(self, name: str, otherwise: float) -> float:
        """Give a number."""
        try:
            return float(self.get(name, str(otherwise)))
        except ValueError:
            return otherwise

    @property
    def mode(self) -> str:
        """Name the form of the answer that is wanted."""
        return self.get("output_mode", "xml")


@dataclass
class Double:
    """One for each running program."""

    clock: Clock
    base: str
    pace: float
    sessions: Sessions = field(init=False)
    jobs: Jobs = field(init=False)
    knowledge: Knowledge = field(default_factory=knowledge)
    effects: Effects = field(default_factory=Effects)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        """Begin with no sessions and no jobs."""
        self.indexes = store.indexes(self.clock)
        self.sessions = Sessions(tokens(self.clock))
        self.jobs = Jobs(self.pace)
        ahead = self.clock.now.timestamp() - time.time()
        # A test may live in another year; a ground lives now, and its clocks must agree.
        self._ahead = ahead if abs(ahead) > NEAR else 0.0

    def now(self) -> float:
        """Give the moment that it is for the double."""
        return time.time() + self._ahead

    def updated(self) -> str:
        """Write the moment as resources have it."""
        return datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="seconds")

    def context(
        self, account: Account, watch: Watch, now: float, earliest: float, latest: float
    ) -> Context:
        """Give what a search of an account's runs with."""
        return Context(
            user=account.name,
            allowed=account.allowed,
            default=account.default,
            capabilities=account.capabilities,
            now=now,
            earliest=earliest,
            latest=latest,
            indexes=self.indexes,
            knowledge=self.knowledge,
            effects=self.effects,
            watch=watch,
            rest=self.rest,
            build=engine.build,
        )

    def rest(self, user: str, path: str) -> list[Row]:
        """Answer the command `rest` for the few endpoints that matter to it."""
        account = ACCOUNTS[user]
        if path.rstrip("/").endswith("data/indexes"):
            now = self.now()
            return [
                {"title": index.name, "totalEventCount": str(index.count(0, now))}
                for index in self.visible(account)
            ]
        if path.rstrip("/").endswith("authentication/current-context"):
            return [{"username": user, "roles": list(account.roles)}]
        if path.rstrip("/").endswith("saved/searches"):
            return [
                {"title": name, "search": text} for name, text in self.knowledge.searches.items()
            ]
        return []

    def visible(self, account: Account) -> list[store.Index]:
        """Give the indexes that an account may know of."""
        watch = Watch(lambda _: True)
        return self.context(account, watch, 0, 0, 0).readable(["*", "_*"])


def of(request: Request) -> Double:
    """Give the double that a request came to."""
    double: Double = request.app.state.double
    return double


def form(request: Request) -> Form:
    """Give what a request says."""
    found: Form = request.state.form
    return found


def named(request: Request) -> str | None:
    """Give the name at the end of a path; splunkd takes a plus sign there for a space."""
    name: str | None = request.path_params.get("name")
    return name.replace("+", " ") if name is not None else None


def account(request: Request) -> Account:
    """Tell whose request it is."""
    found: Account = request.state.account
    return found
