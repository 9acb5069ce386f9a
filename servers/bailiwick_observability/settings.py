"""What the observability server reads for itself: `[servers.observability]`."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bailiwick.config import wrong_fields
from bailiwick.errors import BadConfig

NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
Mode = Literal["off", "shadow", "enforce"]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GuardSettings(_Settings):
    """One guard: `off` does not look, `shadow` only writes down, `enforce` refuses."""

    mode: Mode = "enforce"
    """What happens to a question that would cost more."""
    most: float = Field(gt=0)
    """The most, in the guard's own unit."""


class Guards(_Settings):
    """What one question may cost, judged before it is run."""

    range_hours: GuardSettings = GuardSettings(most=31 * 24)
    """Longest time range, in hours."""
    samples: GuardSettings = GuardSettings(most=2_000_000)
    """Most samples that a metrics query may make the source read out, estimated."""
    series: GuardSettings = GuardSettings(most=20_000)
    """Most series of one answer, counted by the source beforehand."""
    scanned_gb: GuardSettings = GuardSettings(most=100)
    """Most gigabytes that a log search may scan, where the source can say or be told."""
    run_seconds: GuardSettings = GuardSettings(most=60)
    """Longest run of one query; told to the source, which stops it."""

    @property
    def run_limit(self) -> float:
        """Seconds a query may run; infinity where the guard does not enforce."""
        return self.run_seconds.most if self.run_seconds.mode == "enforce" else math.inf


class BudgetSettings(_Settings):
    """What one principal may cost in a day (UTC). No tool can reset it."""

    mode: Mode = "shadow"
    """What happens to a question beyond it."""
    samples: float = Field(default=500_000_000, gt=0)
    """Samples read out of metrics sources."""
    scanned_gb: float = Field(default=500, gt=0)
    """Gigabytes scanned by log searches."""


class CredentialSettings(_Settings):
    """One credential, for all callers or those of some groups."""

    file: Path
    """The mounted file that holds it. Read again when it changes."""
    scheme: Literal["bearer", "basic", "api-token", "splunk"] = "bearer"
    """How it is sent: `Bearer x`, `Basic` of `user:password`, `Api-Token x`, `Splunk x`."""
    groups: tuple[str, ...] = ()
    """Only for callers of one of these groups. Empty: for everybody."""
    use: Literal["api", "platform"] = "api"
    """Dynatrace only: `platform` tokens are for Grail (DQL), `api` for the Environment API."""


class SourceSettings(_Settings):
    """What all sources have."""

    url: str
    """Base URL of the API, e.g. `https://prometheus.example:9090` or with a prefix."""
    open_url: str = ""
    """Base URL that people open, for links. Default: `url`."""
    ca_file: Path | None = None
    """CA bundle for its TLS, where it is not a public one."""
    unsafe_skip_tls: bool = False
    """Do not check the certificate: whoever is on the way reads the credential."""
    credentials: tuple[CredentialSettings, ...] = ()
    """The first one whose groups fit the caller is used."""
    act_as: Literal["service", "caller"] = "service"
    """`service` uses `credentials`; `caller` passes the caller's own token on, nobody else's."""
    seconds: float = Field(default=20, gt=0, le=110)
    """Longest wait for one request."""
    guards: Guards = Guards()
    """What one question may cost."""

    @field_validator("url", "open_url")
    @classmethod
    def _web(cls, url: str) -> str:
        at = urlsplit(url)
        bare = at.hostname and not (at.query or at.fragment or at.username)
        if url and (at.scheme not in ("http", "https") or not bare):
            raise ValueError("is not http(s)://host[:port][/prefix]")
        return url.rstrip("/")

    @property
    def opens(self) -> str:
        """The base of links for people."""
        return self.open_url or self.url


class TenantSettings(_Settings):
    """A tenant of a shared metrics store, for callers of some groups."""

    tenant: str = Field(pattern=r"^[A-Za-z0-9!_.*'()|-]{1,150}$")
    """Value of `X-Scope-OrgID`."""
    groups: tuple[str, ...] = ()
    """Callers of one of these groups. Empty: everybody."""


class SloSettings(_Settings):
    """A service level objective that is kept in a metrics source."""

    name: str = Field(min_length=1, max_length=80)
    """How people call it."""
    errors: str = Field(min_length=1)
    """PromQL of the share of bad events, from 0 to 1, with `$window` where a range stands:
    `sum(rate(errors_total[$window])) / sum(rate(requests_total[$window]))`."""
    target: float = Field(gt=0, lt=1)
    """Share of good events that is promised: 0.999."""
    window: str = Field(default="30d", pattern=r"^[1-9][0-9]{0,3}[hdw]$")
    """Over which time."""


class PrometheusSettings(SourceSettings):
    """Prometheus and what speaks its API: Thanos, Mimir, VictoriaMetrics."""

    kind: Literal["prometheus"]
    """Which client."""
    alertmanager: str = ""
    """Name of the Alertmanager source that its alerts go to."""
    tenants: tuple[TenantSettings, ...] = ()
    """The first whose groups fit; a caller whom none fits may not ask at all."""
    deployments: str = "kube_deployment_status_observed_generation"
    """Selector whose changes of value or labels are deployments, for time lines. Empty: none."""
    slos: tuple[SloSettings, ...] = ()
    """Objectives for list_slos."""
    watch: tuple[str, ...] = ()
    """PromQL whose sudden changes go on time lines, e.g. error ratios and latencies."""
    get_only: bool = False
    """Send queries with GET, where something on the way lets no POST through."""


class AlertmanagerSettings(SourceSettings):
    """Alertmanager, API v2."""

    kind: Literal["alertmanager"]
    """Which client."""
    tenants: tuple[TenantSettings, ...] = ()
    """As with Prometheus."""
    silence_hours: float = Field(default=24, gt=0, le=24 * 7)
    """Longest silence."""
    silence_share: float = Field(default=0.3, gt=0, le=1)
    """Largest share of the firing alerts that one silence may mute, once there are five."""


class GrafanaSettings(SourceSettings):
    """Grafana's HTTP API; panels are asked through its data source proxy."""

    kind: Literal["grafana"]
    """Which client."""


class SplunkSettings(SourceSettings):
    """Splunk's management API (usually port 8089)."""

    kind: Literal["splunk"]
    """Which client."""
    app: str = Field(default="search", pattern=r"^[A-Za-z0-9_.-]{1,80}$")
    """The app whose macros and saved searches count."""
    errors: str = ""
    """Search whose bursts go on time lines: `index=shop level=ERROR`. Empty: none."""
    lookups: tuple[str, ...] = ()
    """Lookup files that may be read by `inputlookup`."""


class DynatraceSettings(SourceSettings):
    """Dynatrace, SaaS or Managed: the Environment API v2, and Grail where it is there."""

    kind: Literal["dynatrace"]
    """Which client."""
    platform_url: str = ""
    """Base URL of the platform (`https://abc.apps.…`), where Grail answers. Empty: no DQL."""


Source = Annotated[
    PrometheusSettings
    | AlertmanagerSettings
    | GrafanaSettings
    | SplunkSettings
    | DynatraceSettings,
    Field(discriminator="kind"),
]


class Settings(_Settings):
    """All sources, by the name that callers use."""

    sources: Mapping[Annotated[str, Field(pattern=NAME)], Source] = Field(
        default_factory=dict[str, Source]
    )
    """One table each: `[servers.observability.sources.prod-eu]`."""
    budget: BudgetSettings = BudgetSettings()
    """What a principal may cost in a day."""

    @model_validator(mode="after")
    def _known(self) -> "Settings":
        for name, source in self.sources.items():
            if not isinstance(source, PrometheusSettings) or not source.alertmanager:
                continue
            other = self.sources.get(source.alertmanager)
            if not isinstance(other, AlertmanagerSettings):
                raise ValueError(  # noqa: TRY004 - pydantic reports only these
                    f"{name}: there is no Alertmanager source {source.alertmanager!r}"
                )
        return self


def read(raw: Mapping[str, Any]) -> Settings:
    """Check the table, or raise BadConfig."""
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        raise BadConfig(f"[servers.observability] {wrong_fields(error)}") from error
