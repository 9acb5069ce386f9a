"""Connect only where it is allowed: a name is looked up once, and what was checked is connected to.

A name that means a public address while it is checked, and the address of a metadata service when
the connection is made, is the oldest trick against whoever fetches what others wrote.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from socket import SOCK_STREAM, gaierror
from ssl import SSLContext

import anyio
import httpx

from bailiwick.errors import BadConfig, Rejected, Unavailable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a name."""
    found = await anyio.getaddrinfo(host, port, type=SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found))


def networks(name: str, written: Sequence[str]) -> tuple[Network, ...]:
    """Read networks, or raise BadConfig."""
    try:
        return tuple(ip_network(each) for each in written)
    except ValueError as error:
        raise BadConfig(f"collection {name}: `networks`: {error}") from error


def allowed(address: str, inside: Sequence[Network]) -> bool:
    """Tell whether an address is a public one, or in a network that the operator named."""
    meant = _meant(ip_address(address))
    if any(meant.version == each.version and meant in each for each in inside):
        return True
    odd = meant.is_multicast or meant.is_reserved or meant.is_unspecified
    return meant.is_global and not odd


def _meant(address: Address) -> Address:
    """Unpack an address of version 4 that is written as one of version 6."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    inner = address in _NAT64 or (address in _COMPATIBLE and int(address) > 0xFFFF)
    return IPv4Address(int(address) & 0xFFFFFFFF) if inner else address


@dataclass(slots=True)
class Pinned(httpx.AsyncBaseTransport):
    """Sends each request to an address that was looked up and allowed; TLS is for the name."""

    trust: SSLContext
    inside: Sequence[Network] = ()
    resolve: Resolve = resolve
    # A connection is kept by its address; for each name its own, or it would serve another's.
    _inner: dict[str, httpx.AsyncHTTPTransport] = field(
        default_factory=dict[str, httpx.AsyncHTTPTransport]
    )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, to the first of the addresses that takes the connection."""
        host = request.url.host
        addresses = await self._addresses(host, request.url.port or 443)
        if host not in self._inner:
            self._inner[host] = httpx.AsyncHTTPTransport(verify=self.trust, trust_env=False)
        for address in addresses[:-1]:
            try:
                return await self._inner[host].handle_async_request(_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner[host].handle_async_request(_to(addresses[-1], request))

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self.resolve(host, port)
        except (gaierror, UnicodeError) as error:
            raise Unavailable(f"the host {host} has no address", detail=repr(error)) from error
        if not found:
            raise Unavailable(f"the host {host} has no address")
        if not all(allowed(each, self.inside) for each in found):
            said = "is at a private address; its operator may allow the network in `networks`"
            raise Rejected(f"the host {host} {said}", detail=repr(found))
        return found

    async def aclose(self) -> None:
        """Close all connections."""
        for each in self._inner.values():
            await each.aclose()
        self._inner.clear()


def _to(address: str, request: httpx.Request) -> httpx.Request:
    extensions: Mapping[str, object] = {
        **request.extensions,
        "sni_hostname": request.url.host,
    }
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=dict(extensions),
    )
