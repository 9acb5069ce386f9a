"""A panel's own queries, with its variables resolved, ready to be asked through its Grafana."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bailiwick.errors import BadRequest
from bailiwick.tool import Call
from bailiwick_observability import variables
from bailiwick_observability.asking import Upstream, behalf, proxied
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.dashboards import Dashboard, Datasource, Panel, Query
from bailiwick_observability.models.metrics import Prometheus, Window
from bailiwick_observability.naming import safe

_SPEAKS = (
    "prometheus",
    "grafana-amazonprometheus-datasource",
    "grafana-azureprometheus-datasource",
)
"""Types of data source whose proxy speaks Prometheus's API."""


@dataclass(frozen=True, slots=True)
class Ready:
    """One query that can be asked, and the store behind it."""

    ref: str
    query: str
    store: Metered[Prometheus]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A panel of a dashboard, its queries, and those that cannot be asked here."""

    dashboard: Dashboard
    panel: Panel
    ready: Sequence[Ready]
    notes: Sequence[str]


async def prepared(
    call: Call[Upstream],
    source: str,
    dashboard: str,
    panel: int,
    given: Mapping[str, str],
    window: Window,
) -> Prepared:
    """Read the panel and resolve its queries, or raise BadRequest with what there is."""
    boards = call.upstream.sources.dashboards(source, behalf(call))
    found = await boards.dashboard(dashboard)
    chosen = next((each for each in found.panels if each.id == panel), None)
    if chosen is None:
        known = ", ".join(str(each.id) for each in found.panels[:20])
        raise BadRequest(f"{dashboard} has no panel {panel}; its panels are {known}")
    if unknown := set(given) - {each.name for each in found.variables}:
        names = ", ".join(safe(each.name) for each in found.variables[:10]) or "none"
        raise BadRequest(f"no variable {', '.join(sorted(unknown))[:60]}; there are: {names}")
    stores = await boards.datasources()
    ready: list[Ready] = []
    notes: list[str] = []
    for query in chosen.queries[:6]:
        store = _store(query, stores, found, given, window)
        if store is None:
            notes.append(f"{query.ref}: its data source is no metrics store; not asked")
            continue
        resolved = variables.resolve(query.expression, found.variables, given, window)
        if resolved.unresolved:
            notes.append(f"{query.ref}: unresolved: {', '.join(map(safe, resolved.unresolved))}")
            continue
        asked = proxied(call, source, store.uid)
        ready.append(Ready(query.ref, resolved.text, asked, resolved.notes))
    return Prepared(found, chosen, ready, notes)


def _store(
    query: Query,
    stores: Sequence[Datasource],
    found: Dashboard,
    given: Mapping[str, str],
    window: Window,
) -> Datasource | None:
    """Find the data source of a query: by uid, by variable, or the default one."""
    uid = query.datasource
    if "$" in uid:
        name = next(iter(variables.names(uid)), "")
        uid = next(iter(variables.chosen(name, found.variables, given, window)), "?")
    for each in stores:
        usual = each.default and uid in ("", "default")
        if each.kind in _SPEAKS and (usual or uid in (each.uid, each.name)):
            return each
    return None
