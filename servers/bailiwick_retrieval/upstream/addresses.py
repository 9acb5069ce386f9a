"""Addresses of pages: which may be fetched, and what the document behind one is called."""

from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from bailiwick.errors import BadConfig
from bailiwick_retrieval.settings import WebsiteSettings
from bailiwick_retrieval.upstream.naming import far, normal, trouble

PORTS = {"https": 443, "http": 80}


class Unfit(ValueError):
    """An address that is not fetched. The text is ours."""


@dataclass(frozen=True, slots=True)
class Page:
    """An address in parts: its host with the port where that is no usual one, path and query."""

    scheme: str
    host: str
    target: str

    @property
    def url(self) -> str:
        """Write it whole, without a fragment."""
        return f"{self.scheme}://{self.host}{self.target}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """What may be fetched: on these hosts, and never over HTTP where the sitemap is on HTTPS."""

    hosts: frozenset[str]
    scheme: str

    @classmethod
    def of(cls, name: str, settings: WebsiteSettings) -> "tuple[Addresses, Page]":
        """Read the settings, or raise BadConfig; give the sitemap's own address as well."""
        try:
            start = page(settings.sitemap)
        except Unfit as error:
            raise BadConfig(f"collection {name}: `sitemap`: {error}") from error
        hosts = frozenset({start.host, *(each.lower() for each in settings.hosts)})
        return cls(hosts, start.scheme), start

    def page(self, url: str) -> Page:
        """Read an address, or raise Unfit where it is not to be fetched."""
        found = page(url)
        if found.host not in self.hosts:
            raise Unfit("it is on a host that is not listed in `hosts`")
        if found.scheme != self.scheme and self.scheme == "https":
            raise Unfit("it is on plain HTTP, and the sitemap is not")
        return found

    def path(self, found: Page) -> str:
        """Name the document behind an address; Unfit where its name is none."""
        path, mark, query = found.target.partition("?")
        names = [_name(each) for each in path.removeprefix("/").split("/")]
        names[-1] = names[-1] or "index"
        whole = "/".join(names) + (f"?{quote(query, safe='=&+,;:@-._~')}" if mark else "")
        if len(self.hosts) > 1:
            whole = f"{found.host}/{whole}"
        why = trouble(whole) or far(whole)
        if why or "" in names or ".." in names or "." in names:
            raise Unfit(why or "its path has an empty name, `.` or `..`")
        return whole


def page(url: str) -> Page:
    """Take an address apart, or raise Unfit."""
    try:
        at = urlsplit(url)
        port, host = at.port, (at.hostname or "").lower()
    except ValueError as error:
        raise Unfit("it is no address") from error
    if at.scheme not in PORTS or not host or at.username is not None:
        raise Unfit("it is no http:// or https:// address of a host")
    if not host.isascii() or any(char in host for char in " %\\/?#@"):
        raise Unfit("the name of its host is none")
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != PORTS[at.scheme]:
        host = f"{host}:{port}"
    return Page(at.scheme, host, _target(at))


def _target(at: SplitResult) -> str:
    # What is not written as an address should be is escaped, as a browser does.
    path = quote(at.path or "/", safe="/%:@!$&'()*+,;=-._~")
    return f"{path}?{quote(at.query, safe='/?%:@!$&()*+,;=-._~')}" if at.query else path


def _name(segment: str) -> str:
    """Undo the escapes of a part of a path, unless it would be another part, or no text, then."""
    try:
        plain = normal(unquote_to_bytes(segment).decode())
    except UnicodeDecodeError:
        return segment
    return segment if any(char in plain for char in "/?%") or trouble(plain) else plain
