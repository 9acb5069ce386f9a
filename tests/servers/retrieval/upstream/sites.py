"""A web site as tests need it: pages by their path, what was asked, and a name for its address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from bailiwick_retrieval.models.sources import Entry, Problem
from bailiwick_retrieval.settings import WebsiteSettings
from bailiwick_retrieval.upstream.website import Website
from tests.servers.retrieval.upstream.trees import listed

NS = "http://www.sitemaps.org/schemas/sitemap/0.9"
Opened = Callable[..., Website]
Said = str | bytes | Response


@dataclass
class Site:
    """Answers with what lies under a path; `asked` are path, host and headers of each request."""

    pages: dict[str, Said] = field(default_factory=dict[str, Said])
    asked: list[tuple[str, str, Mapping[str, str]]] = field(
        default_factory=list[tuple[str, str, Mapping[str, str]]]
    )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        target = quote(scope["path"]) + (f"?{request.url.query}" if request.url.query else "")
        self.asked.append((target, request.headers["host"], request.headers))
        said = self.pages.get(target, Response("no such page", 404))
        if not isinstance(said, Response):
            kind = "application/xml" if target.endswith((".xml", ".gz")) else "text/html"
            said = Response(said, media_type="text/plain" if target == "/robots.txt" else kind)
        await said(scope, receive, send)

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


def sitemap(*urls: str, index: bool = False, more: str = "") -> str:
    """Write a sitemap; what follows a blank in an address is its `lastmod`."""
    outer, inner = ("sitemapindex", "sitemap") if index else ("urlset", "url")
    parts = [each.partition(" ") for each in urls]
    rows = "".join(
        f"<{inner}><loc>{url}</loc>{f'<lastmod>{when}</lastmod>' if when else ''}{more}</{inner}>"
        for url, _, when in parts
    )
    return f'<?xml version="1.0"?><{outer} xmlns="{NS}">{rows}</{outer}>'


@dataclass
class Names:
    """Tells addresses of names; those of a name it does not know are loopback."""

    known: dict[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    asked: list[str] = field(default_factory=list[str])

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.known.get(host, ["127.0.0.1"])


class Sleeps:
    """Waits no time, and keeps how long."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)


def website(base: str, names: Names, sleeps: Sleeps, **more: object) -> Website:
    """Open a site at loopback as a source."""
    said: dict[str, object] = {"kind": "website", "sitemap": f"{base}/sitemap.xml"}
    said |= {"networks": ["127.0.0.0/8"], "pause_seconds": 0, **more}
    settings = WebsiteSettings.model_validate(said)
    return Website("site", settings, resolve=names.resolve, sleep=sleeps)


async def entries(made: Website) -> dict[str, Entry]:
    found, problems = await listed(made)
    assert not problems
    return found


def why(problems: dict[str, Problem]) -> str:
    return " ".join(each.why for each in problems.values())
