"""A space of Confluence as a source: its current pages, over the REST API of Data Center and Cloud.

Attachments, comments, blog posts and drafts are left out. Who may see the space at all is not asked
for: that is what the collection's default readers, and the policy, say.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import anyio
from pydantic import BaseModel, ValidationError

from bailiwick.errors import BadConfig, Forbidden, Moved, Rejected, Unavailable, Unreadable
from bailiwick.upstream.http import Http, Request, Response, client
from bailiwick_retrieval.models.sources import Content, Entry, Gone, Problem
from bailiwick_retrieval.parsing.formats import STORAGE
from bailiwick_retrieval.readers import NOBODY, Readers
from bailiwick_retrieval.settings import ConfluenceSettings
from bailiwick_retrieval.upstream.confluence_shapes import (
    LISTED,
    WHO,
    Ancestor,
    Page,
    Pages,
    Readership,
    Restrictions,
    cut,
    fingerprint,
    page_id,
)
from bailiwick_retrieval.upstream.selecting import selection
from bailiwick_retrieval.upstream.sitemap import moment
from bailiwick_retrieval.upstream.wire import is_https, signer

LIMIT = 50
"""Pages of one answer."""
SECONDS = 30.0
MOST_LISTING = 30_000_000
MOST_ANSWERS = 20_000
TRIES = 2
"""How often it is asked again."""
LONGEST_WAIT = 60.0
"""Longest Retry-After that is waited for."""
CONTENT = "/rest/api/content"
Sleep = Callable[[float], Awaitable[None]]
M = TypeVar("M", bound=BaseModel)


class Confluence:
    """The pages of one space."""

    def __init__(
        self,
        name: str,
        settings: ConfluenceSettings,
        *,
        most_bytes: int,
        sleep: Sleep = anyio.sleep,
    ) -> None:
        if not is_https(settings.url):
            raise BadConfig(f"collection {name}: `url` is https://host or https://host/path")
        self._settings = settings
        self._sleep = sleep
        self._selection = selection(name, settings.include, settings.exclude)
        self._readership = Readership(settings.user_prefix, settings.group_prefix)
        self._system = f"Confluence of collection {name}"
        self._base = settings.url.rstrip("/")
        self._client = client(
            settings.ca_file,
            self._base,
            auth=signer(settings.credential_file),
            headers={"Accept": "application/json"},
            unsafe_skip_tls=settings.unsafe_skip_tls,
        )
        # JSON writes some characters as six.
        most = max(most_bytes * 2, MOST_LISTING)
        self._http = Http(self._system, self._client, most_bytes=most, seconds=SECONDS)
        self._most = most_bytes
        self._above: dict[str, Restrictions | None] = {}

    async def entries(self) -> AsyncGenerator[Entry | Problem]:
        """List the pages of the space."""
        self._above.clear()
        seen: set[str] = set()
        async for page in self._pages():
            if page.id not in seen:
                seen.add(page.id)
                async for each in self._listed(page):
                    yield each

    async def _pages(self) -> AsyncGenerator[Page]:
        # Pages counted by `start` move up when one before them is deleted, so one may be missed
        # until the next listing. Asking for the last again would not show it: what the account may
        # not see is counted as well.
        query = {"spaceKey": self._settings.space, "type": "page", "status": "current"}
        query |= {"expand": LISTED, "limit": str(LIMIT), "start": "0"}
        for _ in range(MOST_ANSWERS):
            found = await self._read(Pages, CONTENT, query)
            for page in found.results:
                page.links.base = found.links.base
                yield page
            query, before = _next(query, found), query
            if query == before:
                return
        raise Unreadable(f"{self._system} goes on without an end")

    async def _listed(self, page: Page) -> AsyncGenerator[Entry | Problem]:
        path = page.path
        if not self._selection.takes(path):
            return
        readers, problem = await self._readers(page)
        if problem:
            yield Problem(path, problem)
        yield Entry(
            path=path,
            fingerprint=fingerprint(page, readers),
            readers=readers,
            updated=moment(page.version.when),
            url=self._opened(page),
            revision=str(page.version.number),
            tags=tuple(label.name for label in page.metadata.labels.results),
        )

    def _opened(self, page: Page) -> str:
        base = page.links.base if page.links.base.startswith("https://") else self._base
        return f"{base.rstrip('/')}{page.links.webui}" if page.links.webui.startswith("/") else ""

    async def _readers(self, page: Page) -> tuple[Readers | None, str]:
        """Say who reads a page, and what was wrong with it; what is unknown is for nobody."""
        levels = [each.restrictions or await self._restrictions(each) for each in page.ancestors]
        levels.append(page.restrictions)
        known = [each for each in levels if each is not None]
        if len(known) < len(levels):
            return NOBODY, "nobody may read it: who may read it, or a page above it, cannot be told"
        more = "its restrictions have more names than are told; some who may read it will not"
        return self._readership.of(known), more if cut(known) else ""

    async def _restrictions(self, above: Ancestor) -> Restrictions | None:
        """Ask for a page above that came without its restrictions; once in a listing."""
        if above.id not in self._above:
            try:
                found = await self._read(Ancestor, f"{CONTENT}/{_id(above.id)}", {"expand": WHO})
                self._above[above.id] = found.restrictions
            except (Rejected, Unreadable):
                self._above[above.id] = None
        return self._above[above.id]

    async def read(self, entry: Entry, known: str) -> Content | None:
        """Read a page's body in storage format; None when its version and readers are `known`."""
        if known and entry.fingerprint == known:
            return None
        path = f"{CONTENT}/{_id(page_id(entry.path))}"
        page = await self._read(Page, path, {"expand": f"{LISTED},body.storage"}, gone=entry.path)
        readers, _ = await self._readers(page)
        if readers != entry.readers:
            raise Moved(f"who may read {entry.path} changed since it was listed")
        if page.body is None:
            raise Unreadable(f"{self._system} gave {entry.path} without its body")
        data = page.body.storage.value.encode("utf-8", "surrogatepass")
        if len(data) > self._most:
            raise Unreadable(f"{entry.path} is larger than {self._most} bytes")
        updated = moment(page.version.when)
        return Content(data, STORAGE, fingerprint(page, readers), updated, page.title)

    async def _read(self, reads: type[M], path: str, query: dict[str, str], gone: str = "") -> M:
        response = await self._answer(Request("GET", path, query))
        if response.status == 404 and gone:
            raise Gone(f"{gone} is not there any more", detail=response.detail)
        if 300 <= response.status < 400:
            said = "redirects, as to a page to log in; look at its URL and credential"
            raise Forbidden(f"{self._system} {said}", detail=response.detail)
        self._http.accepted(response)
        if "json" not in response.headers.get("content-type", ""):
            said = "sent a page and no JSON, as it does for a credential it does not know"
            raise Unreadable(f"{self._system} {said}", detail=response.detail)
        try:
            return reads.model_validate_json(response.body)
        except ValidationError as error:
            said = f"{self._system} sent a reply we cannot read"
            raise Unreadable(said, detail=repr(error)[:500]) from error

    async def _answer(self, request: Request) -> Response:
        """Ask, and again where it says when."""
        response = await self._http.exchange(request)
        for _ in range(TRIES):
            seconds = _wait(response)
            if seconds is None:
                break
            await self._sleep(seconds)
            response = await self._http.exchange(request)
        if response.status == 429:
            said = f"{self._system} has too much to do; try later"
            raise Unavailable(said, detail=response.detail)
        return response

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _next(query: dict[str, str], found: Pages) -> dict[str, str]:
    """Ask for what follows. Of the address that is given for it, only the query is followed."""
    if not found.links.next:
        return query
    asked = {**query, **dict(parse_qsl(urlsplit(found.links.next).query))}
    if "cursor" in asked:
        asked.pop("start", None)
    return asked


def _wait(response: Response) -> float | None:
    """Say how long to wait before it is asked again; None where it is not."""
    said = response.headers.get("retry-after", "")
    if response.status not in (429, 503) or not (said.isascii() and said.isdigit()):
        return None
    return float(said) if int(said) <= LONGEST_WAIT else None


def _id(said: str) -> str:
    """Take an id into an address."""
    if not (said.isascii() and said.replace("-", "").isalnum()):
        raise Unreadable("a page of Confluence has an id that is none")
    return said
