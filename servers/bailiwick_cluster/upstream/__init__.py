"""What the cluster tools need from Kubernetes, in our words."""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Mapping,
    MutableMapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from bailiwick.policy.question import Principal
from bailiwick.tool import Call
from bailiwick_cluster.kinds import KindInfo

Object = dict[str, Any]
"""One Kubernetes object as JSON, redacted: no Secret's data, no last-applied configuration."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the server-side Table; `wide` ones are shown only when asked for."""

    name: str
    wide: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One object in a Table: its cells as text, and what is needed to name it."""

    namespace: str
    name: str
    cells: tuple[str, ...]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where the next ones are (`more` is empty at the end)."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    more: str


@dataclass(frozen=True, slots=True)
class Target:
    """What to list: a kind, a namespace or all of them, and the API's own selectors.

    `with_labels` asks for the labels of each row, too; they cost far more than the cells.
    `bare` asks for metadata alone where whole objects are listed.
    """

    kind: KindInfo
    namespace: str | None = None
    labels: str = ""
    fields: str = ""
    with_labels: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Objects that a look kept of all it was shown.

    `looked` counts what was shown. `full` says that there is more than was looked at, `torn` that
    the list changed while it was read, so that objects may be missing or out of date.
    """

    items: Sequence[Object]
    looked: int
    full: bool = False
    torn: bool = False


Query = Sequence[tuple[str, str | int]]
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
"""Media types of bodies; a body is JSON under each of them, which YAML contains."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came back for one request; `warnings` are the API's own, headers of RFC 7234."""

    status: int
    body: bytes
    warnings: Sequence[str] = ()


Keep = Callable[[Object], Object | None]
"""Takes of one object what is needed, or None of one that is not."""


@dataclass(frozen=True, slots=True)
class Behalf:
    """On whose behalf a cluster is called, and in which call. `token` is the caller's own."""

    principal: Principal
    call: str
    token: str = field(default="", repr=False)


class Kubernetes(Protocol):
    """One cluster, called on behalf of one caller. What is special has a module beside this."""

    name: str

    @property
    def kept(self) -> MutableMapping[str, bytes]:
        """Documents that are kept between calls, and are the same whoever asks."""
        ...

    @property
    def apart(self) -> float:
        """How many seconds the cluster's clock is ahead of ours, by its last answer."""
        ...

    @property
    def now(self) -> float:
        """The time (seconds since 1970) by the cluster's clock, which wrote its times."""
        ...

    async def kind(self, name: str) -> KindInfo:
        """Find out where a kind is served, or raise BadRequest with what there is."""
        ...

    async def served(self, names: Sequence[str]) -> Sequence[KindInfo]:
        """Find out which of these kinds are served; a kind that is not is left out."""
        ...

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        """Read one page of a Table."""
        ...

    def pages(self, target: Target, limit: int = 500) -> AsyncGenerator[Page]:
        """Read all pages, asking for the next while this one is looked at."""
        ...

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Read one object, redacted."""
        ...

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        """Look at all objects, keeping of each what `keep` takes. Secrets come without data.

        What is kept is not redacted: it is shaped like any text from outside.
        """
        ...

    async def exact(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Read one object with all its secrets: to write it back or to compare, never to show."""
        ...

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        """Send one request as the caller; return the body, or raise one of our errors.

        In a call that only reads, whatever is not a GET, a dry run or an access review is refused.
        """
        ...

    async def sent(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> tuple[int, bytes]:
        """Send one request as `raw` does; return status and body, a refusal's too."""
        ...

    async def asked(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> Sent:
        """Send one request as `sent` does; return what the API warns of, too."""
        ...

    def stream(
        self, path: str, query: Query = (), seconds: float = 60, accept: str = "*/*"
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """GET an answer piece by piece as it comes: logs, watches. Raises as `raw` does."""
        ...

    def socket(
        self, path: str, query: Query, protocols: Sequence[str]
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a WebSocket as the caller; give its binary messages until it is closed.

        What is reached so acts inside a container: a call that only reads is refused. Raises as
        `raw` does, and Unreadable where the other end breaks its protocol.
        """
        ...

    async def scale(
        self, kind: KindInfo, namespace: str, name: str, *, replicas: int, seen: str, dry_run: bool
    ) -> int:
        """Set replicas if the object is still at resourceVersion `seen`, else raise Moved.

        Returns the replicas that the API then wants.
        """
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """How a cluster is right now: reachable or why not, its version, and how far its clock is off.

    `apart` is in seconds, ahead of ours.
    """

    name: str
    server: str
    acts_as: str
    version: str
    problem: str
    apart: float = 0.0


class Clusters(Protocol):
    """All clusters this server may reach. None is contacted before it is asked for."""

    def names(self) -> Sequence[str]:
        """Name them."""
        ...

    def named(self, cluster: str, behalf: Behalf) -> AbstractAsyncContextManager[Kubernetes]:
        """Open one on behalf of a caller, or raise BadRequest."""
        ...

    async def standing(self, cluster: str, behalf: Behalf) -> Standing:
        """Look whether one answers. Never raises for a cluster that does not."""
        ...


class Upstream(Protocol):
    """What stands behind the cluster server."""

    @property
    def clusters(self) -> Clusters:
        """Return all clusters."""
        ...


def opened(call: Call[Upstream], cluster: str) -> AbstractAsyncContextManager[Kubernetes]:
    """Open a cluster on behalf of a call's principal."""
    return call.upstream.clusters.named(cluster, behalf(call))


def behalf(call: Call[Upstream]) -> Behalf:
    """Say on whose behalf a call asks."""
    return Behalf(call.principal, call.id, call.credential)
