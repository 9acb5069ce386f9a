"""Writing to the API, really or rehearsed, under our field manager; what it refuses comes back.

Server-side apply (KEP-555), patches of all kinds, PUT and DELETE with preconditions. A refusal is
an answer here, as it is what a rehearsal is for; only an API that fails as a whole raises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import orjson

from bailiwick.errors import BadRequest, Unavailable
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import APPLY_PATCH, JSON, Kubernetes, Object, Query, Sent

MANAGER = "bailiwick"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_WARNING = re.compile(r'299 \S+ "(.*)"', re.DOTALL)
_OWNED = re.compile(r'conflict with "(.*?)"', re.DOTALL)
_FAILING = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Place:
    """Where one object is, or would be."""

    kind: KindInfo
    namespace: str | None
    name: str

    @property
    def path(self) -> str:
        """Return its path in the API."""
        return self.kind.path(self.namespace, quote(self.name, safe=":"))

    @property
    def told(self) -> str:
        """Name it as people do: `Deployment shop/web`."""
        return f"{self.kind.name} {self.namespace + '/' if self.namespace else ''}{self.name}"


@dataclass(frozen=True, slots=True)
class Owned:
    """A field that another field manager owns. Both are text from outside."""

    manager: str
    field: str


@dataclass(frozen=True, slots=True)
class Written:
    """What the API made of a request: the object as it then is, or why not.

    `message`, `causes` (field, message) and `warnings` are text from outside.
    """

    status: int
    found: Object
    reason: str = ""
    message: str = ""
    causes: tuple[tuple[str, str], ...] = ()
    owned: tuple[Owned, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Say whether the API took it."""
        return self.status < 300

    @property
    def moved(self) -> bool:
        """Say whether the object is no longer at the resourceVersion or uid that was given."""
        return self.status in (409, 412) and not self.owned

    @property
    def absent(self) -> bool:
        """Say whether the object is not there, or the namespace it would be in."""
        return self.status == 404


async def look(kubernetes: Kubernetes, place: Place) -> Object | None:
    """Read one object with all its secrets; None where it is not there. Raises as `raw` does."""
    back = await kubernetes.asked("GET", place.path)
    if back.status == 404:
        if not mapping(_json(back.body), "details").get("name"):
            version = f"{place.kind.group}/{place.kind.version}".strip("/")
            raise BadRequest(f"{kubernetes.name} does not serve {place.kind.name} in {version}")
        return None
    if back.status >= 300:  # asked again, so that refusals are translated in one place
        return await kubernetes.exact(place.kind, place.namespace, place.name)
    return _json(back.body)


async def apply(
    kubernetes: Kubernetes, place: Place, body: Object, *, force: bool, dry_run: bool
) -> Written:
    """Apply a manifest on the server's side; a resourceVersion in it is a precondition."""
    query = [*_query(dry_run=dry_run), *([("force", "true")] if force else [])]
    return await _sent(kubernetes, "PATCH", place.path, query, body, APPLY_PATCH)


async def patch(
    kubernetes: Kubernetes, place: Place, body: Any, content: str, *, dry_run: bool
) -> Written:
    """Send a patch of the given media type."""
    return await _sent(kubernetes, "PATCH", place.path, _query(dry_run=dry_run), body, content)


async def put(kubernetes: Kubernetes, place: Place, body: Object, *, dry_run: bool) -> Written:
    """Put a whole object in the place of what is there, at the resourceVersion in it."""
    return await _sent(kubernetes, "PUT", place.path, _query(dry_run=dry_run), body, JSON)


async def create(kubernetes: Kubernetes, place: Place, body: Object, *, dry_run: bool) -> Written:
    """Create an object that is not there."""
    path = place.kind.path(place.namespace)
    return await _sent(kubernetes, "POST", path, _query(dry_run=dry_run), body, JSON)


async def delete(
    kubernetes: Kubernetes, place: Place, *, uid: str, version: str, dry_run: bool
) -> Written:
    """Delete just this object, at just this resourceVersion, and what it owns after it."""
    seen = {"uid": uid, "resourceVersion": version}
    body = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": seen,
        **({"dryRun": ["All"]} if dry_run else {}),  # beside a body the API ignores the query
    }
    return await _sent(kubernetes, "DELETE", place.path, (), body, JSON)


def _query(*, dry_run: bool) -> list[tuple[str, str]]:
    query = [("fieldManager", MANAGER), ("fieldValidation", "Strict")]
    return [*query, ("dryRun", "All")] if dry_run else query


async def _sent(
    kubernetes: Kubernetes, method: str, path: str, query: Query, body: Any, content: str
) -> Written:
    back = await kubernetes.asked(method, path, query, JSON, body, content)
    return written(back, kubernetes.name)


def written(back: Sent, cluster: str) -> Written:
    """Read what came back, or raise Unavailable where the API as a whole fails."""
    told = _json(back.body)
    warnings = tuple(map(_warning, back.warnings))
    if back.status < 300:
        return Written(back.status, told, warnings=warnings)
    if back.status in _FAILING or (back.status >= 500 and text(told, "kind") != "Status"):
        detail = f"{back.status} {back.body[:600].decode(errors='replace')}"
        raise Unavailable(f"cluster {cluster} is failing ({back.status}); try later", detail=detail)
    causes = listing(told, "details", "causes")
    return Written(
        back.status,
        {},
        reason=text(told, "reason"),
        message=text(told, "message"),
        causes=tuple((text(each, "field"), text(each, "message")) for each in causes),
        owned=_owned(causes),
        warnings=warnings,
    )


def _owned(causes: Sequence[Any]) -> tuple[Owned, ...]:
    found: list[Owned] = []
    for each in causes:
        if text(each, "reason") == "FieldManagerConflict":
            manager = _OWNED.search(text(each, "message"))
            found.append(Owned(manager[1] if manager else "another", text(each, "field")))
    return tuple(found)


def _warning(header: str) -> str:
    """Take the text out of a header: `299 - "text"`, with quotes and backslashes escaped."""
    found = _WARNING.fullmatch(header.strip())
    return re.sub(r"\\(.)", r"\1", found[1]) if found else header


def _json(body: bytes) -> Object:
    try:
        read: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return cast("Object", read) if isinstance(read, dict) else {}
