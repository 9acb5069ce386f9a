"""All sources of this process: clients are made when first needed, and kept by credential."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import httpx

from bailiwick.errors import BadRequest
from bailiwick.upstream.http import Http, client
from bailiwick_observability.models.alerts import Alertmanager
from bailiwick_observability.models.dashboards import Dashboards
from bailiwick_observability.models.logs import Environment, Logs, Splunk
from bailiwick_observability.models.metrics import Metrics
from bailiwick_observability.models.problems import Problems
from bailiwick_observability.models.sources import KINDS, Behalf, Standing
from bailiwick_observability.settings import (
    AlertmanagerSettings,
    DynatraceSettings,
    GrafanaSettings,
    PrometheusSettings,
    Source,
    SourceSettings,
    SplunkSettings,
)
from bailiwick_observability.upstream import standing
from bailiwick_observability.upstream.alertmanager import AlertmanagerApi
from bailiwick_observability.upstream.clients import Clients
from bailiwick_observability.upstream.credentials import Use, identity, tenant
from bailiwick_observability.upstream.grafana import READS as GRAFANA_READS
from bailiwick_observability.upstream.grafana import GrafanaApi
from bailiwick_observability.upstream.prometheus import READS as PROMETHEUS_READS
from bailiwick_observability.upstream.prometheus import PrometheusApi

if TYPE_CHECKING:
    from bailiwick_observability.upstream.dynatrace import DynatraceApi

S = TypeVar("S", bound=SourceSettings)
_REFUSED = "there is no source {0!r} with {1}; there are: {2}"
Transport = Callable[[str], httpx.AsyncBaseTransport | None]


@dataclass(slots=True)
class SourcePool:
    """The sources of the settings."""

    known: Mapping[str, Source]
    _clients: Clients = field(default_factory=Clients)

    def names(self, *kinds: str) -> Sequence[str]:
        """Name them, or those of some kinds, in the order of the configuration."""
        return [name for name, each in self.known.items() if not kinds or each.kind in kinds]

    def settings(self, source: str) -> SourceSettings:
        """Return one's settings, or raise BadRequest with what there is."""
        return self._one(source, SourceSettings, "anything")

    def kind(self, source: str) -> str:
        """Return one's kind, or raise BadRequest with what there is."""
        self.settings(source)
        return self.known[source].kind

    def metrics(self, source: str, behalf: Behalf) -> Metrics:
        """Give one that has metrics."""
        if self.kind(source) == "dynatrace":
            return self._dynatrace(source, behalf)
        return self.prometheus(source, behalf)

    def prometheus(self, source: str, behalf: Behalf) -> PrometheusApi:
        """Give one that speaks Prometheus."""
        settings = self._one(source, PrometheusSettings, "metrics")
        scope = tenant(source, settings.tenants, behalf)
        http = self._http(source, settings, behalf, PROMETHEUS_READS.pattern, scope=scope)
        return PrometheusApi(source, http, settings, behalf, get_only=settings.get_only)

    def proxied(self, source: str, datasource: str, behalf: Behalf) -> PrometheusApi:
        """Give a metrics store as a Grafana sees it, with that Grafana's credential."""
        settings = self._one(source, GrafanaSettings, "dashboards")
        api = GrafanaApi(source, self._grafana(source, settings, behalf), settings, behalf)
        return PrometheusApi(source, api.http, settings, behalf, api.proxy(datasource))

    def alertmanager(self, source: str, behalf: Behalf) -> Alertmanager:
        """Give one that has alerts to silence."""
        settings = self._one(source, AlertmanagerSettings, "alerts")
        scope = tenant(source, settings.tenants, behalf)
        http = self._http(source, settings, behalf, scope=scope)
        return AlertmanagerApi(source, http, settings, behalf)

    def logs(self, source: str, behalf: Behalf) -> Logs:
        """Give one that has logs."""
        if self.kind(source) == "dynatrace":
            return self._dynatrace(source, behalf)
        return self.splunk(source, behalf)

    def splunk(self, source: str, behalf: Behalf) -> Splunk:
        """Give a Splunk."""
        # The vendor's package is for those who have a Splunk; others need not wait for it.
        from bailiwick_observability.upstream.splunk import READS, SplunkApi  # noqa: PLC0415

        settings = self._one(source, SplunkSettings, "logs")
        http = self._http(source, settings, behalf, READS.pattern)
        return SplunkApi(source, http, settings, behalf)

    def environment(self, source: str, behalf: Behalf) -> Environment:
        """Give a Dynatrace."""
        return self._dynatrace(source, behalf)

    def problems(self, source: str, behalf: Behalf) -> Problems:
        """Give one that finds problems."""
        return self._dynatrace(source, behalf)

    def dashboards(self, source: str, behalf: Behalf) -> Dashboards:
        """Give one that has dashboards."""
        settings = self._one(source, GrafanaSettings, "dashboards")
        return GrafanaApi(source, self._grafana(source, settings, behalf), settings, behalf)

    async def standing(self, source: str, behalf: Behalf) -> Standing:
        """Look how one is. Never raises for one that does not answer."""
        settings = self.known[source]
        path = standing.PROBES[settings.kind]
        tenants = getattr(settings, "tenants", ())

        def http() -> Http:
            return self._http(source, settings, behalf, scope=tenant(source, tenants, behalf))

        return await standing.look(source, settings, path, http)

    async def close(self) -> None:
        """Close every connection."""
        await self._clients.close()

    def _dynatrace(self, source: str, behalf: Behalf) -> "DynatraceApi":
        from bailiwick_observability.upstream.dynatrace import READS, DynatraceApi  # noqa: PLC0415

        settings = self._one(source, DynatraceSettings, "problems")
        http = self._http(source, settings, behalf, READS.pattern)
        grail = None
        if settings.platform_url:
            base = settings.platform_url
            grail = self._http(source, settings, behalf, READS.pattern, use="platform", base=base)
        return DynatraceApi(source, http, grail, settings, behalf)

    def _grafana(self, source: str, settings: GrafanaSettings, behalf: Behalf) -> Http:
        return self._http(source, settings, behalf, GRAFANA_READS.pattern)

    def _one(self, source: str, kind: type[S], what: str) -> S:
        found = self.known.get(source)
        if isinstance(found, kind):
            return found
        kinds = KINDS.get(what, ())
        known = ", ".join(self.names(*kinds)[:30]) or "none; its operator adds one"
        if found is not None:
            raise BadRequest(
                f"source {source!r} is of kind {found.kind} and has no {what}; these do: {known}"
            )
        raise BadRequest(_REFUSED.format(source, what, known))

    def _http(
        self,
        source: str,
        settings: SourceSettings,
        behalf: Behalf,
        reads: str = r"(?!)",
        *,
        use: Use = "api",
        base: str = "",
        scope: str = "",
    ) -> Http:
        chosen = identity(source, settings, behalf, use)
        at = base or settings.url
        key = source, f"{chosen.key} {scope} {at}"

        def make() -> httpx.AsyncClient:
            return client(
                settings.ca_file,
                at,
                auth=chosen.sign,
                headers={"X-Scope-OrgID": scope} if scope else None,
                unsafe_skip_tls=settings.unsafe_skip_tls,
            )

        return Http(
            source,
            self._clients.get(key, make),
            seconds=settings.seconds,
            reads=standing.pattern(reads),
            lend=lambda: self._clients.lend(key, make),
        )
