"""The Kubernetes API, over `kubernetes.aio` without its models: raw JSON, Tables, pages.

Written for Kubernetes 1.28 to 1.36. The only importer of the vendor's package. Every request
carries the call's id in its user agent, and as an extra of the impersonated user, so that the
API's own audit log names the person and the call.
"""

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, cast
from urllib.parse import quote

import aiohttp
import anyio
import orjson

from bailiwick.errors import BadRequest, Forbidden, Moved, Rejected, Unavailable, Unreadable
from bailiwick.shaping.redaction import redact_object
from bailiwick.upstream.current import may_change
from bailiwick_cluster.kinds import BUILTIN, KindInfo, custom
from bailiwick_cluster.parts import mapping, number
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream import (
    JSON,
    MERGE_PATCH,
    Behalf,
    Column,
    Keep,
    Listing,
    Object,
    Page,
    Query,
    Row,
    Sent,
    Target,
)
from bailiwick_cluster.upstream.discovery import DISCOVERY, served
from bailiwick_cluster.upstream.link import Link
from bailiwick_cluster.upstream.listing import ABOUT, PAGE, Reading, whole

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
EXTRA = "Impersonate-Extra-Bailiwick.dev%2fcall-id"
_REVIEWS = re.compile(
    r"/apis/(authorization|authentication)\.k8s\.io/v1/(namespaces/[^/]+/local|self)?[a-z]+reviews"
)
"""Questions about rights that are asked by POST, and change nothing."""
_DEEDS = re.compile(r"/(pods|services|nodes)/[^/]+/(exec|attach|portforward|proxy)(/|$)")
"""What acts inside a container or a node, though a GET may open it, and knows no dry run."""
_MOST_TOLD = 10_000
"""Bytes of a refusal that are read from a stream."""
_GONE = 410
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,100}")
"""What names of kinds and objects look like; anything else is not repeated in our own words."""
_CONTINUE = re.compile(rb'"metadata":\s*\{[^{}]*?"continue":\s*"([^"\\]{1,4096})"')


@dataclass(slots=True)
class OneCluster:
    """One cluster for one call; the link is shared by all."""

    name: str
    link: Link
    settings: ClusterSettings
    behalf: Behalf

    @property
    def kept(self) -> MutableMapping[str, bytes]:
        """Return what is kept of this cluster between calls: the same for all callers."""
        return self.link.kept

    @property
    def apart(self) -> float:
        """Return how far the API's clock is ahead of ours."""
        return self.link.apart

    @property
    def now(self) -> float:
        """Return the time by the API's clock."""
        return time.time() + self.link.apart

    async def kind(self, name: str) -> KindInfo:
        """Find out where a kind is served; a custom one costs a look at the API's discovery."""
        if name in BUILTIN:
            return BUILTIN[name]
        if name not in self.link.kinds:
            await self._discover()
        if name not in self.link.kinds:
            near = custom(self.link.kinds, name)
            hint = f"; there is {', '.join(near)}" if near else ""
            raise BadRequest(f"{self.name} does not serve {name}{hint}")
        return self.link.kinds[name]

    async def served(self, names: Sequence[str]) -> Sequence[KindInfo]:
        """Find out which of these kinds are served, with one look at the discovery at most."""
        if any(name not in BUILTIN and name not in self.link.kinds for name in names):
            await self._discover()
        known = {**BUILTIN, **self.link.kinds}
        return [known[name] for name in names if name in known]

    async def _discover(self) -> None:
        self.link.kinds.update(served(await self.raw("GET", "/apis", accept=DISCOVERY)))

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        """Read one page of a Table."""
        body = await self.raw("GET", _path(target), _query(target, limit, more), TABLE)
        return _page(body, target)

    async def pages(self, target: Target, limit: int = 500) -> AsyncGenerator[Page]:
        """Read all pages; the next one is asked for while the caller looks at this one.

        The position of the next page stands at the head of an answer, long before its rows, so
        the request can leave before anything is parsed.
        """
        send, receive = anyio.create_memory_object_stream[bytes](1)
        try:
            async with anyio.create_task_group() as tasks, send, receive:
                tasks.start_soon(self._fetch, target, limit, send)
                async for body in receive:
                    yield _page(body, target)
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as several:  # of one, unless both ends failed at once
            raise several.exceptions[0] from None

    async def _fetch(self, target: Target, limit: int, send: Any) -> None:
        more = ""
        async with send:
            while True:
                body = await self.raw("GET", _path(target), _query(target, limit, more), TABLE)
                await send.send(body)
                if not (more := _next(body, target)):
                    return

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Read one object; what is secret in it is gone before anybody sees it."""
        return cast("Object", redact_object(await self.exact(kind, namespace, name), {}))

    async def exact(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Read one object as it is."""
        body = await self.raw("GET", kind.path(namespace, quote(name, safe=":")))
        return whole(body, self.name)

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        """Look at all objects, keeping of each what `keep` takes."""
        accept = ABOUT if target.bare or target.kind.name == "Secret" else JSON

        async def ask(more: str) -> tuple[int, bytes]:
            query = [*_selected(target), ("limit", PAGE), *([("continue", more)] if more else [])]
            status, body = await self.sent("GET", _path(target), query, accept)
            if status >= 300 and status != _GONE:
                self._refuse(status, body)
            return status, body

        return await Reading(keep, most, self.name).all(ask)

    async def scale(
        self, kind: KindInfo, namespace: str, name: str, *, replicas: int, seen: str, dry_run: bool
    ) -> int:
        """Patch the scale subresource, bound to the resourceVersion that was looked at."""
        patch = {"metadata": {"resourceVersion": seen}, "spec": {"replicas": replicas}}
        query: Query = [("fieldManager", "bailiwick"), *([("dryRun", "All")] if dry_run else [])]
        body = await self.raw(
            "PATCH", f"{kind.path(namespace, quote(name))}/scale", query, body=patch
        )
        scaled = whole(body, self.name)
        if not isinstance(scaled.get("spec"), dict):
            raise Unreadable(f"cluster {self.name} sent something that is not a Scale")
        return number(scaled, "spec", "replicas")  # which is left out where it is 0

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        """Send one request as the caller, and return the body or raise one of our errors."""
        status, data = await self.sent(method, path, query, accept, body, content)
        if status >= 300:
            self._refuse(status, data)
        return data

    async def sent(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> tuple[int, bytes]:
        """Send one request as the caller, and return status and body, a refusal's too."""
        back = await self.asked(method, path, query, accept, body, content)
        return back.status, back.body

    async def asked(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> Sent:
        """Send one request as the caller, and return all that comes back."""
        if not _reads(method, path, query, body) and not may_change():
            raise Rejected(f"a call that only reads tried to {method} on {self.name}")
        headers = self._headers(accept, content if body is not None else "")
        seconds = self.settings.seconds
        own = self.settings.act_as != "token"
        try:
            with anyio.fail_after(seconds):
                return await self.link.send(
                    method, path, query, headers, body, own_credentials=own, seconds=seconds
                )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._away(error) from error

    @asynccontextmanager
    async def stream(
        self, path: str, query: Query = (), seconds: float = 60, accept: str = "*/*"
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """GET an answer piece by piece as it comes."""
        own = self.settings.act_as != "token"
        headers = self._headers(accept, "")
        try:
            async with self.link.opened(
                "GET", path, query, headers, None, own_credentials=own, seconds=seconds
            ) as (status, pieces):
                if status >= 300:
                    self._refuse(status, (await anext(aiter(pieces), b""))[:_MOST_TOLD])
                yield pieces
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._away(error) from error

    @asynccontextmanager
    async def socket(
        self, path: str, query: Query, protocols: Sequence[str]
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a WebSocket and give its binary messages as they come."""
        if not may_change():
            raise Rejected(f"a call that only reads tried to reach into a pod of {self.name}")
        own = self.settings.act_as != "token"
        headers = self._headers("*/*", "")
        try:
            async with self.link.socket(
                path, query, headers, protocols, own_credentials=own
            ) as messages:
                yield messages
        except aiohttp.WSServerHandshakeError as error:
            if error.status >= 300:
                self._refuse(error.status, error.message.encode())
            raise Unreadable(f"cluster {self.name} opened no WebSocket") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._away(error) from error

    def _headers(self, accept: str, content: str) -> list[tuple[str, str]]:
        headers = [
            ("Accept", accept),
            ("Accept-Encoding", "identity"),
            ("User-Agent", f"bailiwick/{self.behalf.call}"),
            *self.identity(),
        ]
        return [*headers, ("Content-Type", content)] if content else headers

    def _away(self, error: Exception) -> Unavailable:
        return Unavailable(
            f"cluster {self.name} does not answer; ask about another, or try later",
            detail=repr(error),
        )

    def identity(self) -> list[tuple[str, str]]:
        """Say on whose behalf: impersonation, the caller's own token, or nothing."""
        who, mode = self.behalf.principal, self.settings.act_as
        if mode == "token":
            if not self.behalf.token:
                raise Rejected(f"{self.name} takes the caller's own token, and there is none here")
            return [("Authorization", f"Bearer {self.behalf.token}")]
        if mode != "caller":
            return []
        allowed = self.settings.groups
        groups = [g for g in sorted(who.groups) if allowed is None or g in allowed]
        return [
            ("Impersonate-User", f"{self.settings.user_prefix}{who.subject}"),
            *(("Impersonate-Group", f"{self.settings.groups_prefix}{g}") for g in groups),
            (EXTRA, self.behalf.call),
        ]

    def _refuse(self, status: int, data: bytes) -> NoReturn:
        """Turn an error of the API into ours; its own words go to the journal only."""
        detail = f"{status} {data[:600].decode(errors='replace')}"
        told = _status(data)
        what = f"{told.get('kind', 'it')} {told.get('name', '')}".strip()
        if status in (401, 403):
            who = self.behalf.principal.subject
            raise Forbidden(
                f"cluster {self.name} does not let {who} do this (its own RBAC)", detail=detail
            )
        if status == 404:
            raise Rejected(
                f"{self.name} has no {what}; list_resources shows what there is", detail=detail
            )
        if status in (409, 412):
            raise Moved(f"{what} changed in the meantime; look again and repeat", detail=detail)
        if status == 410:
            raise BadRequest(
                "that page is no longer there; start again without cursor", detail=detail
            )
        if status == 429 or status >= 500:
            raise Unavailable(
                f"cluster {self.name} is failing ({status}); try later", detail=detail
            )
        raise Rejected(f"cluster {self.name} refused the request ({status})", detail=detail)


def _reads(method: str, path: str, query: Query, body: Any) -> bool:
    """Say whether a request leaves everything as it is: the second wall lets such pass."""
    if _DEEDS.search(path) or "?" in path:
        return False
    if method == "GET" or (method == "POST" and _REVIEWS.fullmatch(path)):
        return True
    if method == "DELETE" and body is not None:  # the API then looks at no query, but into the body
        return mapping(body).get("dryRun") == ["All"]
    return ("dryRun", "All") in query


def _path(target: Target) -> str:
    return target.kind.path(target.namespace)


def _query(target: Target, limit: int, more: str) -> Query:
    about = "Metadata" if _needs_metadata(target) else "None"
    query = [("limit", limit), ("includeObject", about), *_selected(target)]
    return [*query, ("continue", more)] if more else query


def _selected(target: Target) -> list[tuple[str, str | int]]:
    query: list[tuple[str, str | int]] = []
    query += [("labelSelector", target.labels)] if target.labels else []
    query += [("fieldSelector", target.fields)] if target.fields else []
    return query


def _needs_metadata(target: Target) -> bool:
    """Say whether the cells alone are not enough. They are a fifteenth of the bytes."""
    return target.with_labels or (target.kind.namespaced and not target.namespace)


def _status(data: bytes) -> dict[str, str]:
    """Read the few fields of a Status that name an object; anything else says nothing."""
    try:
        told: Any = orjson.loads(data)["details"]
        named = {key: str(told[key]) for key in ("kind", "name") if told.get(key)}
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        return {}
    return {key: value for key, value in named.items() if _NAME.fullmatch(value)}


def _page(body: bytes, target: Target) -> Page:
    """Read a Table, and let the bytes go."""
    read = whole(body, "it")
    if read.get("kind") != "Table":
        raise Unreadable("the API sent no Table")
    try:
        said = read.get("columnDefinitions") or ()
        columns = tuple(Column(c["name"][:80], wide=c.get("priority", 0) > 0) for c in said)
        named = next((at for at, c in enumerate(said) if c.get("format") == "name"), 0)
        rows = [_row(row, target.namespace or "", named) for row in read.get("rows") or ()]
        return Page(columns, rows, _text(read["metadata"].get("continue")))
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise Unreadable("the API sent a Table that cannot be read", detail=repr(error)) from error


def _next(body: bytes, target: Target) -> str:
    """Find the next page's position at the head, or else by reading all: never silently less."""
    found = _CONTINUE.search(body, 0, max(body.find(b'"rows"'), 0))
    return found[1].decode() if found else _page(body, target).more


def _row(row: Mapping[str, Any], namespace: str, named: int) -> Row:
    """Read a row; one that comes without its object is named by its cell, in the target's own."""
    cells = tuple(["" if cell is None else str(cell) for cell in row["cells"]])
    found = row.get("object")
    if found is None:
        return Row(namespace, cells[named], cells, {})
    about = found["metadata"]
    labels: Any = about.get("labels") or {}
    return Row(_text(about.get("namespace")), _text(about["name"]), cells, {**labels})


def _text(value: Any) -> str:
    """Take a string, or none at all; anything else is not what the API sends."""
    if value is None or isinstance(value, str):
        return value or ""
    raise TypeError(f"{type(value).__name__} in place of a string")
