"""Alerts, the rules they come from, and silences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bailiwick_observability.quoting import escaped, labelled

Labels = Mapping[str, str]
State = Literal["firing", "pending", "silenced", "inhibited", "inactive"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One alerting rule, and what fires of it."""

    name: str
    query: str
    seconds: float
    """How long the expression holds before it fires."""
    group: str
    labels: Labels
    annotations: Labels
    health: str
    error: str
    alerts: Sequence["Alert"] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Labels identify it; annotations were written by whoever wrote the rule."""

    labels: Labels
    annotations: Labels = field(default_factory=dict[str, str])
    state: State = "firing"
    since: float = 0.0
    value: float | None = None
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()
    fingerprint: str = ""
    link: str = ""

    @property
    def name(self) -> str:
        """The alert's name."""
        return self.labels.get("alertname", "?")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label, as Alertmanager has it."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    def __str__(self) -> str:
        """Write it as amtool does."""
        op = ("=~" if self.regex else "=") if self.equal else ("!~" if self.regex else "!=")
        said = escaped(self.value)
        return f'{labelled(self.name)}{op}"{said}"'


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence; times in seconds since 1970."""

    id: str
    matchers: tuple[Matcher, ...]
    starts: float
    ends: float
    author: str
    comment: str
    state: str
    updated: float = 0.0


class Alertmanager(Protocol):
    """One Alertmanager, asked on behalf of one caller."""

    async def alerts(self) -> Sequence[Alert]:
        """Read all alerts, also silenced and inhibited ones."""
        ...

    async def silences(self) -> Sequence[Silence]:
        """Read all silences that are kept, expired ones too."""
        ...

    async def silence(self, silence: Silence) -> str:
        """Make it, and return its id."""
        ...

    async def expire(self, silence: str) -> None:
        """End one now."""
        ...

    def link(self, matchers: Sequence[Matcher] = ()) -> str:
        """Give the page on which a person sees these alerts."""
        ...

    def silence_link(self, silence: str) -> str:
        """Give the page of a silence."""
        ...
