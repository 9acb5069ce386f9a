"""Sources: who is asked, on whose behalf, and how they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bailiwick.policy.question import Principal
from bailiwick_observability.models.alerts import Alertmanager
from bailiwick_observability.models.dashboards import Dashboards
from bailiwick_observability.models.logs import Environment, Logs, Splunk
from bailiwick_observability.models.metrics import Metrics, Prometheus
from bailiwick_observability.models.problems import Problems
from bailiwick_observability.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Behalf:
    """On whose behalf a source is asked, and in which call. `token` is the caller's own.

    `progress` takes done, total and a text; `facts` goes into the record of the call.
    """

    principal: Principal
    call: str
    token: str = field(default="", repr=False)
    progress: Callable[..., Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Standing:
    """How a source is right now. `skew` is its clock minus ours, in seconds."""

    name: str
    kind: str
    version: str = ""
    features: tuple[str, ...] = ()
    problem: str = ""
    skew: float | None = None
    url: str = ""
    note: str = ""


class Sources(Protocol):
    """All sources of this server. None is contacted before it is asked for."""

    def names(self, *kinds: str) -> Sequence[str]:
        """Name them, or those of some kinds."""
        ...

    def settings(self, source: str) -> SourceSettings:
        """Return one's settings, or raise BadRequest with what there is."""
        ...

    def kind(self, source: str) -> str:
        """Return one's kind, or raise BadRequest with what there is."""
        ...

    async def standing(self, source: str, behalf: Behalf) -> Standing:
        """Look how one is. Never raises for one that does not answer."""
        ...

    def metrics(self, source: str, behalf: Behalf) -> Metrics:
        """Give one that has metrics, or raise BadRequest with those that do."""
        ...

    def prometheus(self, source: str, behalf: Behalf) -> Prometheus:
        """Give one that speaks Prometheus's API, or raise BadRequest with those that do."""
        ...

    def proxied(self, source: str, datasource: str, behalf: Behalf) -> Prometheus:
        """Give a metrics store as a Grafana sees it, asked with that Grafana's credential."""
        ...

    def alertmanager(self, source: str, behalf: Behalf) -> Alertmanager:
        """Give one that has alerts to silence, or raise BadRequest with those that do."""
        ...

    def logs(self, source: str, behalf: Behalf) -> Logs:
        """Give one that has logs, or raise BadRequest with those that do."""
        ...

    def splunk(self, source: str, behalf: Behalf) -> Splunk:
        """Give a Splunk, or raise BadRequest with those there are."""
        ...

    def environment(self, source: str, behalf: Behalf) -> Environment:
        """Give a Dynatrace, or raise BadRequest with those there are."""
        ...

    def problems(self, source: str, behalf: Behalf) -> Problems:
        """Give one that finds problems, or raise BadRequest with those that do."""
        ...

    def dashboards(self, source: str, behalf: Behalf) -> Dashboards:
        """Give one that has dashboards, or raise BadRequest with those that do."""
        ...


KINDS: Mapping[str, tuple[str, ...]] = {
    "metrics": ("prometheus", "dynatrace"),
    "rules": ("prometheus",),
    "alerts": ("alertmanager",),
    "logs": ("splunk", "dynatrace"),
    "problems": ("dynatrace",),
    "dashboards": ("grafana",),
}
"""Which kinds of source have what."""
