"""A web site as a source: what its sitemap lists, as far as robots.txt and the operator allow."""

import math
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from hashlib import sha256

import anyio
import httpx
import orjson

from bailiwick.errors import BadConfig, Rejected, Unavailable, Unreadable, UpstreamError
from bailiwick.upstream.blocking import blocking
from bailiwick.upstream.http import Http, Request, Response
from bailiwick_retrieval.models.sources import Content, Entry, Gone, Problem
from bailiwick_retrieval.settings import WebsiteSettings
from bailiwick_retrieval.upstream import pinned, robots, sitemap
from bailiwick_retrieval.upstream.addresses import Addresses, Page, Unfit
from bailiwick_retrieval.upstream.naming import shown
from bailiwick_retrieval.upstream.pinned import Pinned, Resolve
from bailiwick_retrieval.upstream.robots import Robots
from bailiwick_retrieval.upstream.selecting import selection
from bailiwick_retrieval.upstream.sitemap import Listed, Sitemap
from bailiwick_retrieval.upstream.wire import signer

MOST_REDIRECTS = 5
MOST_SITEMAPS = 1_000
SECONDS = 30.0
"""Longest time for one page."""
TYPES = frozenset(
    {"text/html", "application/xhtml+xml", "text/markdown", "text/plain", "application/pdf"}
)
SUFFIXES = {
    "html": "text/html",
    "htm": "text/html",
    "md": "text/markdown",
    "txt": "text/plain",
    "pdf": "application/pdf",
}
Sleep = Callable[[float], Awaitable[None]]
_LONGEST = 256


@dataclass(slots=True)
class _Host:
    """One host: its robots.txt once it is known, and one request at a time."""

    robots: Robots | None = None
    last: float = -math.inf
    turn: anyio.Lock = field(default_factory=anyio.Lock)


class Website:
    """The pages of one site."""

    def __init__(
        self,
        name: str,
        settings: WebsiteSettings,
        *,
        resolve: Resolve = pinned.resolve,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        self._name = name
        self._settings = settings
        self._sleep = sleep
        self._selection = selection(name, settings.include, settings.exclude)
        self._addresses, self._start = Addresses.of(name, settings)
        inside = pinned.networks(name, settings.networks)
        self._client = httpx.AsyncClient(
            transport=Pinned(_trust(name, settings), inside, resolve),
            headers={"User-Agent": robots.AGENT},
            auth=signer(settings.credential_file, basic=False),
            follow_redirects=False,
            trust_env=False,
            timeout=10,
        )
        system, most = f"the web site of collection {name}", int(settings.most_mb * 1e6)
        self._http = Http(system, self._client, most_bytes=most, seconds=SECONDS, ours=False)
        self._maps = replace(self._http, most_bytes=sitemap.MOST_BYTES)
        self._hosts: dict[str, _Host] = {}
        self._limiter = anyio.CapacityLimiter(1)

    async def entries(self) -> AsyncGenerator[Entry | Problem]:
        """List what the sitemap and those it names list."""
        self._hosts.clear()
        walk = _Walk([self._start.url], {self._start.url})
        while walk.left:
            async for each in self._listed(walk, walk.left.pop()):
                yield each
        if walk.left_out:
            said = "; ".join(f"{count}: {why}" for why, count in walk.left_out.most_common())
            yield Problem(shown(self._start.url), f"addresses are left out, {said}")

    async def _listed(self, walk: "_Walk", url: str) -> AsyncGenerator[Entry | Problem]:
        """List what one sitemap lists. Without the first there is nothing to go by."""
        try:
            found = await self._sitemap(url)
        except UpstreamError as error:
            if url == self._start.url:
                raise
            yield Problem(shown(url), str(error), incomplete=True)
            return
        if found.cut:
            said = f"a sitemap may list {sitemap.MOST_URLS} addresses; this one lists more"
            yield Problem(shown(url), said, incomplete=True)
        if found.index:
            for problem in self._further(walk, found):
                yield problem
            return
        for listed in found.listed:
            each = await self._entry(walk, listed)
            if each is not None:
                yield each

    def _further(self, walk: "_Walk", found: Sitemap) -> list[Problem]:
        """Note the sitemaps of an index."""
        problems: list[Problem] = []
        for each in found.listed:
            try:
                url = self._addresses.page(each.url).url
            except Unfit as error:
                problems.append(Problem(shown(each.url), f"a sitemap is left out: {error}"))
                continue
            if url in walk.known:
                continue
            if len(walk.known) >= MOST_SITEMAPS:
                said = f"there are more than {MOST_SITEMAPS} sitemaps"
                return [*problems, Problem(shown(url), said, incomplete=True)]
            walk.known.add(url)
            walk.left.append(url)
        return problems

    async def _entry(self, walk: "_Walk", listed: Listed) -> Entry | Problem | None:
        try:
            page = self._addresses.page(listed.url)
            path = self._addresses.path(page)
        except Unfit as error:
            walk.left_out[str(error)] += 1
            return None
        if not self._selection.takes(path) or page.url in walk.pages.get(path, ()):
            return None
        if not (await self._robots(page)).allow(page.target):
            walk.left_out[f"robots.txt of {page.host} disallows it"] += 1
            return None
        if path in walk.pages:
            return Problem(path, "two addresses of the sitemap have this name")
        walk.pages[path] = page.url
        return Entry(path=path, fingerprint="", updated=listed.updated, url=page.url)

    async def _sitemap(self, url: str) -> Sitemap:
        response = await self._get(self._maps, self._addresses.page(url), {})
        if response.status != 200:
            self._http.accepted(response)
            raise Unreadable(f"the sitemap did not come ({response.status})")
        return await blocking(sitemap.read, response.body, limiter=self._limiter)

    async def read(self, entry: Entry, known: str) -> Content | None:
        """Fetch one page; None when the site says that it did not change, or it is the same."""
        page = self._fit(entry.url)
        before = _Known.of(known)
        response = await self._get(self._http, page, before.headers)
        if response.status == 304 and before.headers:
            return None
        if response.status in (404, 410):
            raise Gone(f"{entry.path} is not there any more", detail=response.detail)
        self._http.accepted(response)
        if response.status != 200:
            raise Unreadable(f"{entry.path} did not come ({response.status})")
        kind = _kind(entry, response)
        now = _Known.seen(response)
        if now.digest == before.digest:
            return None
        return Content(response.body, kind, str(now), _date(now.modified) or entry.updated)

    def _fit(self, url: str) -> Page:
        try:
            return self._addresses.page(url)
        except Unfit as error:
            raise Rejected(f"{shown(url)} is not fetched: {error}") from error

    async def _get(self, http: Http, page: Page, headers: dict[str, str]) -> Response:
        """GET with redirects followed by hand, each of which has to be as fit as the first."""
        for _ in range(MOST_REDIRECTS + 1):
            if not (await self._robots(page)).allow(page.target):
                raise Rejected(f"robots.txt of {page.host} disallows {shown(page.url)}")
            response = await self._turn(http, page, headers)
            target = response.headers.get("location", "")
            if response.status not in (301, 302, 303, 307, 308) or not target:
                return response
            try:
                joined = str(httpx.URL(page.url).join(target))
                page = self._addresses.page(joined)
            except (Unfit, httpx.InvalidURL) as error:
                said = f"{shown(page.url)} redirects to where it is not followed: {error}"
                raise Rejected(said, detail=target[:300]) from error
        raise Rejected(f"{shown(page.url)} is behind more than {MOST_REDIRECTS} redirects")

    async def _turn(self, http: Http, page: Page, headers: dict[str, str]) -> Response:
        """Wait for our turn at a host, and ask."""
        host = self._hosts.setdefault(page.host, _Host())
        async with host.turn:
            pause = max(host.robots.pause if host.robots else 0.0, self._settings.pause_seconds)
            wait = host.last + pause - anyio.current_time()
            if wait > 0:
                await self._sleep(wait)
            try:
                return await http.exchange(Request("GET", page.url, headers=headers))
            finally:
                host.last = anyio.current_time()

    async def _robots(self, page: Page) -> Robots:
        host = self._hosts.setdefault(page.host, _Host())
        if host.robots is None:
            found = await self._turn(self._http, replace(page, target="/robots.txt"), {})
            host.robots = _rules(page.host, found)
        return host.robots

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


@dataclass(slots=True)
class _Walk:
    """Where a listing is: sitemaps still to read, and pages by their name."""

    left: list[str]
    known: set[str]
    pages: dict[str, str] = field(default_factory=dict[str, str])
    left_out: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True)
class _Known:
    """What a fingerprint carries: what the site calls the version, and a digest of it."""

    tag: str = ""
    modified: str = ""
    digest: str = ""

    @classmethod
    def of(cls, fingerprint: str) -> "_Known":
        """Read one; what is none knows nothing."""
        try:
            tag, modified, digest = orjson.loads(fingerprint)
            return cls(str(tag), str(modified), str(digest))
        except (ValueError, TypeError):
            return cls()

    @classmethod
    def seen(cls, response: Response) -> "_Known":
        """Take it from an answer."""
        tag, modified = (
            value if value.isascii() and value.isprintable() and len(value) <= _LONGEST else ""
            for value in (response.headers.get(key, "") for key in ("etag", "last-modified"))
        )
        return cls(tag, modified, sha256(response.body).hexdigest()[:32])

    def __str__(self) -> str:
        """Write the fingerprint."""
        return orjson.dumps((self.tag, self.modified, self.digest)).decode()

    @property
    def headers(self) -> dict[str, str]:
        """Ask for what is newer than that."""
        said = {"If-None-Match": self.tag, "If-Modified-Since": self.modified}
        return {name: value for name, value in said.items() if value}


def _rules(host: str, found: Response) -> Robots:
    """Read robots.txt; without one, all is allowed."""
    if found.status in (401, 403):
        return robots.NOTHING
    if found.status >= 500 or found.status == 429:
        raise Unavailable(f"robots.txt of {host} cannot be had now", detail=found.detail)
    if found.status != 200:
        return Robots()
    return robots.read(found.body[: robots.MOST_BYTES].decode("utf-8", "replace"))


def _kind(entry: Entry, response: Response) -> str:
    said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind = said or SUFFIXES.get(entry.path.rpartition(".")[2].lower(), "")
    if kind not in TYPES:
        raise Unreadable(f"{entry.path} is of a type that is not read ({shown(kind) or 'none'})")
    return kind


def _date(said: str) -> float | None:
    try:
        return parsedate_to_datetime(said).timestamp() if said else None
    except (ValueError, OverflowError, TypeError):
        return None


def _trust(name: str, settings: WebsiteSettings) -> ssl.SSLContext:
    try:
        trust = ssl.create_default_context(
            cafile=str(settings.ca_file) if settings.ca_file else None
        )
    except OSError as error:
        said = f"collection {name}: cannot read the CA file {settings.ca_file}: {error.strerror}"
        raise BadConfig(said) from error
    if settings.unsafe_skip_tls:
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    return trust
