"""What every tool needs to ask a source: on whose behalf, within which guards, of which sources."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from bailiwick.errors import BadRequest
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_observability.budget import Budget
from bailiwick_observability.guards import Guarding
from bailiwick_observability.metering import Metered, Purse
from bailiwick_observability.models.metrics import Metrics, Prometheus
from bailiwick_observability.models.sources import Behalf, Sources

M = TypeVar("M", bound=Metrics)


class Upstream(Protocol):
    """What stands behind the observability server."""

    @property
    def sources(self) -> Sources:
        """Return all sources."""
        ...

    @property
    def budget(self) -> Budget:
        """Return what everybody has cost today."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """Return what tells the time, in seconds since 1970."""
        ...


@dataclass(frozen=True, slots=True)
class Live:
    """The upstream that is given its parts, for tests and for the server alike."""

    sources: Sources
    budget: Budget
    clock: Callable[[], float] = field(default=time.time)


def behalf(call: Call[Upstream]) -> Behalf:
    """Say on whose behalf a call asks."""
    return Behalf(call.principal, call.id, call.credential, call.progress, call.facts)


def guarding(call: Call[Upstream], source: str) -> Guarding:
    """Give the guards of a source, whose looks are facts of this call."""
    told = call.facts.get("source", "")
    asked = {source, *told.split(",")} - {""}
    call.facts["source"] = ",".join(sorted(asked))
    return Guarding(call.upstream.sources.settings(source).guards, call.facts)


# Who evaluates gets the source from one of these three: nothing else judges and charges.


def metrics(call: Call[Upstream], source: str) -> Metered[Metrics]:
    """Give a source that has metrics, or raise BadRequest with those that do."""
    return _metered(call, source, call.upstream.sources.metrics(source, behalf(call)))


def prometheus(call: Call[Upstream], source: str, hint: str = "") -> Metered[Prometheus]:
    """Give a source that speaks Prometheus's API; `hint` as in `Metered`."""
    return _metered(call, source, call.upstream.sources.prometheus(source, behalf(call)), hint)


def proxied(call: Call[Upstream], source: str, datasource: str) -> Metered[Prometheus]:
    """Give a metrics store behind a Grafana, within that Grafana's guards."""
    store = call.upstream.sources.proxied(source, datasource, behalf(call))
    return _metered(call, source, store)


def _metered(call: Call[Upstream], source: str, store: M, hint: str = "") -> Metered[M]:
    purse = Purse(call.upstream.budget, call.principal.id, call.facts)
    return Metered(store, guarding(call, source), purse, call.upstream.clock, hint)


@dataclass(frozen=True, slots=True)
class Asked:
    """The sources that a wide question reaches, and what the policy kept back."""

    names: Sequence[str]
    withheld: str = ""


def reached(call: Call[Upstream], source: str | None, kinds: Sequence[str], what: str) -> Asked:
    """Choose the sources of some kinds that this caller may see, or the one that was named."""
    sources = call.upstream.sources
    if source is not None:
        if sources.kind(source) not in kinds:
            known = ", ".join(sources.names(*kinds)) or "none; its operator adds one"
            raise BadRequest(f"source {source!r} has no {what}; these do: {known}")
        return Asked([source])
    known = sources.names(*kinds)
    if not known:
        raise BadRequest(
            f"no source with {what} is configured; its operator adds one under"
            " [servers.observability.sources]"
        )
    seen = [name for name in known if call.sees("Source", name)]
    withheld = len(known) - len(seen)
    return Asked(seen, f"{many(withheld, 'source')} (policy)" if withheld else "")
