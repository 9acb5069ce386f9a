"""An issuer's public keys: fetched over TLS, cached, and kept for a while when it is away."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio
import jwt
from pydantic import BaseModel

from bailiwick.config import IssuerSettings
from bailiwick.errors import BailiwickError, Unavailable, Unreadable
from bailiwick.upstream.http import Http, client

FRESH = 600.0
"""Seconds until keys are fetched again."""
COOLDOWN = 30.0
"""Seconds between fetches that an unknown key id, or a failing issuer, can cause."""
STALE = 24 * 3600.0
"""Seconds that known keys still serve while the issuer does not answer."""
_MOST = 256_000
_MOST_KEYS = 100


class _Discovery(BaseModel):
    issuer: str
    jwks_uri: str


class _Jwks(BaseModel):
    keys: list[dict[str, Any]]


@dataclass(slots=True)
class Keys:
    """The keys of one issuer, by key id. `clock` gives monotonic seconds."""

    issuer: IssuerSettings
    http: Http
    clock: Callable[[], float] = time.monotonic
    generation: int = 0
    _keys: Mapping[str, jwt.PyJWK] = field(default_factory=dict[str, jwt.PyJWK])
    _fetched: float | None = None
    _tried: float | None = None
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    @classmethod
    def of(cls, issuer: IssuerSettings) -> "Keys":
        """Prepare to fetch; nothing is asked before the first token comes."""
        http = Http(f"issuer {issuer.name}", client(issuer.ca_file), most_bytes=_MOST, seconds=5)
        return cls(issuer, http)

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of this id, fetching where that may help. None: the issuer has none.

        Raises Unavailable when the issuer does not answer and nothing known can serve.
        """
        if kid in self._keys and self._age() < FRESH:
            return self._keys[kid]
        async with self._lock:
            if kid not in self._keys or self._age() >= FRESH:
                await self._refresh()
        if self._age() > STALE:
            raise Unavailable(f"issuer {self.issuer.name} does not give its keys")
        return self._keys.get(kid)

    def _age(self) -> float:
        return float("inf") if self._fetched is None else self.clock() - self._fetched

    async def _refresh(self) -> None:
        """Fetch, at most once in a cooldown; a failure leaves what is known in place."""
        now = self.clock()
        if self._tried is not None and now - self._tried < COOLDOWN:
            return
        self._tried = now
        try:
            found = await self.http.read(_Jwks, await self._url())
        except BailiwickError:
            return
        keys = {key.key_id: key for key in map(_public, found.keys[:_MOST_KEYS]) if key}
        if keys:
            self._keys = {kid: key for kid, key in keys.items() if kid}
            self._fetched = now
            self.generation += 1

    async def _url(self) -> str:
        if self.issuer.jwks:
            return self.issuer.jwks
        base = self.issuer.url.rstrip("/")
        told = await self.http.read(_Discovery, f"{base}/.well-known/openid-configuration")
        at = urlsplit(told.jwks_uri)
        if told.issuer != self.issuer.url or at.scheme != urlsplit(self.issuer.url).scheme:
            raise Unreadable(f"issuer {self.issuer.name} describes another issuer")
        return told.jwks_uri


def _public(key: Mapping[str, Any]) -> jwt.PyJWK | None:
    """Read one key; what is no public signature key is passed over."""
    if key.get("kty") not in ("RSA", "EC", "OKP") or key.get("use", "sig") != "sig" or "d" in key:
        return None
    try:
        return jwt.PyJWK(dict(key))
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
