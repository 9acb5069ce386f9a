"""The settings of the road: a TOML file, an overlay from the environment, and defaults that work.

Without any file a server serves one person on one machine. Secrets are never values here, only
paths of mounted files.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bailiwick.errors import BadConfig

PREFIX = "BAILIWICK_"
TOKEN = f"{PREFIX}TOKEN"
"""An approver's token for the command line; no setting, and never kept."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Signatures that whoever can check them cannot make."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ListenSettings(_Settings):
    """Where HTTP is served."""

    host: str = "127.0.0.1"
    """Address to bind. Beyond loopback only with an issuer, since nobody would be known."""
    port: int = Field(default=8765, ge=0, le=65535)
    """TCP port; 0 takes a free one and prints it."""
    url: str = ""
    """The URL clients use, without a path, e.g. behind an ingress. Default: from host and port."""
    hosts: tuple[str, ...] = ()
    """Further Host headers to accept, `name` or `name:*`. The URL's own and loopback are."""
    origins: tuple[str, ...] = ()
    """Browser origins to accept, e.g. of a console. Default: only loopback and the URL's own."""
    proxies: tuple[str, ...] = ()
    """Addresses or networks whose `X-Forwarded-For` is believed, and written down as the origin."""
    most_bytes: int = Field(default=1_000_000, ge=1_000)
    """Most bytes of a request body. Arguments are small; manifests fit."""
    most_depth: int = Field(default=64, ge=8, le=500)
    """Deepest nesting of a request body."""
    grace_seconds: float = Field(default=8.0, ge=0)
    """Seconds that open streams get at SIGTERM; below the 10 s that most orchestrators give."""
    certificate: Path | None = None
    """PEM chain to serve TLS with (1.2 or newer). Read again when it is renewed. Default: plain
    HTTP, for TLS that ends in front."""
    key: Path | None = None
    """PEM file with the certificate's private key."""

    @field_validator("url")
    @classmethod
    def _bare(cls, url: str) -> str:
        at = urlsplit(url)
        bare = at.hostname and not (at.path.strip("/") or at.query or at.fragment or at.username)
        if url and (at.scheme not in ("http", "https") or not bare):
            raise ValueError("is not http(s)://host or http(s)://host:port")
        return url

    @model_validator(mode="after")
    def _paired(self) -> "ListenSettings":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: name both or neither")
        return self


class IssuerSettings(_Settings):
    """One authorisation server whose access tokens are accepted."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")
    """Short name of the issuer; principals are called `name/subject` everywhere."""
    url: str
    """The exact `iss` of its tokens."""
    jwks: str = ""
    """URL of its keys. Default: read from its discovery document."""
    ca_file: Path | None = None
    """CA bundle for its TLS, where it is not a public one."""
    algorithms: tuple[str, ...] = Field(default=("RS256", "ES256", "PS256", "EdDSA"), min_length=1)
    """Signature algorithms accepted. Never `none`, never HMAC."""
    types: tuple[str, ...] = ("at+jwt", "application/at+jwt")
    """Values of the `typ` header accepted. Add `JWT` for issuers that do not follow RFC 9068."""
    audience_prefix: str = "bailiwick-"
    """A token for server `x` carries the audience `<prefix>x`, or the server's own URL."""
    audiences: tuple[str, ...] = ()
    """Further audiences accepted, for issuers that cannot be told which: exact strings."""
    groups_claim: str = "groups"
    """Claim with the caller's groups: a list of strings."""
    groups_prefix: str = ""
    """Put before each group, so that two issuers' groups stay apart."""
    longest_hours: float = Field(default=1.0, gt=0, le=24)
    """Longest lifetime of a token (`exp` minus `iat`), in hours."""
    unsafe_http: bool = False
    """Accept an issuer over plain HTTP. Loopback only; anybody on the way can forge keys."""

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [name for name in names if name not in ASYMMETRIC]:
            raise ValueError(
                f"{wrong}: not a signature by a private key; there are {sorted(ASYMMETRIC)}"
            )
        return names

    @model_validator(mode="after")
    def _secure(self) -> "IssuerSettings":
        for url in filter(None, (self.url, self.jwks)):
            at = urlsplit(url)
            loopback = at.scheme == "http" and self.unsafe_http and at.hostname in LOOPBACK
            if not at.hostname or (at.scheme != "https" and not loopback):
                raise ValueError(f"{url} is not https")
        return self


class LocalSettings(_Settings):
    """Who the person at this machine is, on stdio."""

    groups: tuple[str, ...] = ("local",)
    """Groups of the operating system's user for the policy."""


class IdentitySettings(_Settings):
    """Who is known, and by whom."""

    issuers: tuple[IssuerSettings, ...] = ()
    """Authorisation servers. None: HTTP is served on loopback only, to the local user."""
    local: LocalSettings = LocalSettings.model_construct()
    """The person on stdio."""

    @model_validator(mode="after")
    def _apart(self) -> "IdentitySettings":
        for field in ("name", "url"):
            values = [getattr(issuer, field) for issuer in self.issuers]
            if len(set(values)) < len(values):
                raise ValueError(f"two issuers share {field}; their people could be confused")
        for one, other in permutations([issuer.groups_prefix for issuer in self.issuers], 2):
            if one.startswith(other):
                raise ValueError(
                    f"the groups_prefix {one!r} starts with another's, {other!r}; their groups"
                    " could be confused"
                )
        if "local" in [issuer.name for issuer in self.issuers]:
            raise ValueError("the issuer name `local` means the user of this machine")
        return self


class PolicySettings(_Settings):
    """What is allowed."""

    path: Path | None = None
    """A Cedar file, or a folder whose `*.cedar` are read in order. Default: the shipped policy."""
    reload_seconds: float = Field(default=2.0, gt=0)
    """How often the files are looked at; a broken change keeps the last good set."""


class ApprovalSettings(_Settings):
    """How a person agrees."""

    path: Path | None = None
    """The SQLite file. Default: `approvals.db` in the state folder."""
    minutes: float = Field(default=15, gt=0, le=24 * 60)
    """How long a request, and its approval, may be used."""


class JournalSettings(_Settings):
    """Where everything is written down."""

    path: Path | None = None
    """The folder. Default: `journal` in the state folder."""
    segment_bytes: int = Field(default=16_000_000, ge=10_000)
    """A segment is closed at this size, or after an hour."""
    key_file: Path | None = None
    """32 random bytes, kept elsewhere too: each record then carries a MAC of a key that is erased
    after use, and whoever rewrites the journal later, hashes and all, is found out."""
    reserve_bytes: int = Field(default=1_000_000, ge=0)
    """Kept free on the disk, so that outcomes of calls under way still fit when it is full."""


class LimitSettings(_Settings):
    """Budgets of one principal, in the notation of the `limits` package."""

    read: str = "600/minute"
    """READ calls."""
    change: str = "30/minute"
    """CHANGE calls."""
    destroy: str = "6/minute"
    """DESTROY calls."""
    in_flight: int = Field(default=32, ge=1)
    """Calls at once."""


class SharedSettings(_Settings):
    """What the replicas of one installation share. Without it a process stands alone."""

    database_file: Path | None = None
    """Mounted file with a `postgresql://` URL: approvals, plans, budgets and the journal's index.
    Read again for each new connection. Default: SQLite files in the state folder, for one replica.
    """
    rates_file: Path | None = None
    """Mounted file with a `redis://`, `rediss://`, `valkey://` or `valkeys://` URL: rates are then
    counted over all replicas. Default: by each process for itself."""
    key_file: Path | None = None
    """32 random bytes, the same on every replica, in place of `digest.key`; a database needs it."""
    connections: int = Field(default=4, ge=1, le=50)
    """Most connections of a process to the database. A statement takes a millisecond or two."""
    seconds: float = Field(default=2.0, gt=0, le=30)
    """Longest that one use of the database may take; beyond it the database counts as away."""
    rates_seconds: float = Field(default=0.3, gt=0, le=0.5)
    """The same for the store of rates, which every call waits for."""
    index_days: float = Field(default=90, gt=0)
    """How long the searchable copy of a record is kept. The journal itself is not shortened."""
    unsafe_plain: bool = False
    """Talk to a database or a store of rates beyond loopback without TLS that names the host."""

    @model_validator(mode="after")
    def _keyed(self) -> "SharedSettings":
        if self.database_file and not self.key_file:
            raise ValueError(
                "database_file needs key_file: 32 bytes, the same for every replica, or the"
                " approvals, cursors and plans of one would mean nothing to another"
            )
        return self


class TelemetrySettings(_Settings):
    """What those who run the servers can see, beside the metrics: spans, and lines of the log."""

    traces: str = ""
    """OTLP/HTTP URL that takes spans, with its path, e.g. `https://otel.example.com/v1/traces`.
    Default: no spans are made."""
    headers_file: Path | None = None
    """File with headers to send along, a `Name: value` on each line. Read again for each batch."""
    ca_file: Path | None = None
    """CA bundle for the collector's TLS, where it is not a public one."""
    sample: float = Field(default=1.0, ge=0, le=1)
    """Share of the calls that become spans. A caller that is traced itself has decided already."""
    service: str = Field(default="bailiwick", min_length=1, max_length=100)
    """The `service.name` of the spans."""
    attributes: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Further attributes of the process, e.g. `"deployment.environment.name" = "prod"`."""
    propagate: bool = False
    """Send `traceparent` to upstreams, so that their spans join. Web sites never get it."""
    logs: Literal["auto", "text", "json"] = "auto"
    """How standard error is written: `json` is an object a line. `auto` is `json` where HTTP is
    served and standard error is no terminal, else `text`."""
    unsafe_plain: bool = False
    """Send spans beyond loopback without TLS: who calls which tool, and how it ends."""

    @model_validator(mode="after")
    def _secure(self) -> "TelemetrySettings":
        at = urlsplit(self.traces)
        if not self.traces:
            return self
        plain = at.scheme == "http" and (self.unsafe_plain or at.hostname in LOOPBACK)
        if not at.hostname or at.username or not (at.scheme == "https" or plain):
            raise ValueError("traces is not an https URL without a password in it")
        return self


class Settings(_Settings):
    """Everything the road reads."""

    state: Path = Field(default=Path("~/.local/state/bailiwick"), validate_default=True)
    """Folder of journal, approvals and keys. `$XDG_STATE_HOME/bailiwick` where that is set."""
    listen: ListenSettings = ListenSettings.model_construct()
    """HTTP."""
    identity: IdentitySettings = IdentitySettings.model_construct()
    """Callers."""
    policy: PolicySettings = PolicySettings.model_construct()
    """Rules."""
    approval: ApprovalSettings = ApprovalSettings.model_construct()
    """Agreement."""
    journal: JournalSettings = JournalSettings.model_construct()
    """Records."""
    limits: LimitSettings = LimitSettings.model_construct()
    """Budgets."""
    shared: SharedSettings = SharedSettings.model_construct()
    """Replicas."""
    telemetry: TelemetrySettings = TelemetrySettings.model_construct()
    """Spans and log lines."""
    servers: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict[str, Mapping[str, Any]])
    """What each server reads for itself: `[servers.cluster]` and so on."""

    @field_validator("state")
    @classmethod
    def _home(cls, path: Path) -> Path:
        return path.expanduser()

    @property
    def journal_path(self) -> Path:
        """The journal's folder."""
        return self.journal.path or self.state / "journal"

    @property
    def approval_path(self) -> Path:
        """The approvals' file."""
        return self.approval.path or self.state / "approvals.db"

    @property
    def key_path(self) -> Path:
        """The key of the argument digests."""
        return self.state / "digest.key"


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file, lay the environment over it, and check everything, or raise BadConfig."""
    raw: dict[str, Any] = {}
    if home := environ.get("XDG_STATE_HOME"):
        raw["state"] = str(Path(home) / "bailiwick")
    found = path or _usual(environ)
    if found is not None:
        try:
            raw |= tomllib.loads(found.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadConfig(f"cannot read the configuration {found}: {error}") from error
    try:
        return Settings.model_validate(overlay(raw, environ))
    except ValidationError as error:
        where = found or "(environment)"
        raise BadConfig(f"configuration {where}: {wrong_fields(error)}") from error


def wrong_fields(error: ValidationError) -> str:
    """Say which fields are wrong and how, without repeating what stands there."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)
    )


def overlay(raw: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Lay `BAILIWICK_LISTEN__PORT=80` over `listen.port`. A value is TOML, or else a string."""
    merged = dict(raw)
    for name, value in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in (f"{PREFIX}CONFIG", TOKEN):
            continue
        *parents, last = name.removeprefix(PREFIX).lower().split("__")
        table = merged
        for parent in parents:
            inner: Any = table.get(parent) or {}
            if not isinstance(inner, Mapping):
                raise BadConfig(f"{name} looks into `{parent}`, which is a value and not a table")
            table[parent] = dict(cast("Mapping[str, Any]", inner))
            table = table[parent]
        table[last] = _value(value)
    return merged


def dangers(raw: Any, where: str = "") -> Iterator[str]:
    """Name every `unsafe_…` option that is set, wherever it stands, for the warning at start."""
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(raw, BaseModel | Mapping):
        items = dict(cast("Mapping[str, Any]", raw)).items()
    elif isinstance(raw, list | tuple):
        items = enumerate(cast("list[Any]", raw))
    for name, value in items:
        here = f"{where}.{name}" if where else str(name)
        if str(name).startswith("unsafe_") and value:
            yield here
        else:
            yield from dangers(value, here)


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def _usual(environ: Mapping[str, str]) -> Path | None:
    """Find the file that is read when none is named."""
    if named := environ.get(f"{PREFIX}CONFIG"):
        return Path(named)
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME") or "/") / ".config")
    usual = home / "bailiwick" / "config.toml"
    return usual if usual.is_file() else None
