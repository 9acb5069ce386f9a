"""An issuer's public keys: fetched over TLS, cached, and kept for a while when it is away."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import anyio
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import BaseModel

from bailiwick.config import ASYMMETRIC, LOOPBACK, IssuerSettings
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
_RSA = frozenset(name for name in ASYMMETRIC if name[:2] in ("RS", "PS"))
_LEAST_BITS = 2048
"""Bits of an RSA key; shorter ones can be broken."""


class _Discovery(BaseModel):
    issuer: str
    jwks_uri: str


class _Jwks(BaseModel):
    keys: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, and the algorithms it is for: what the issuer says, or what its type can."""

    id: str
    public: Any
    algorithms: frozenset[str]


@dataclass(slots=True)
class Keys:
    """The keys of one issuer, by key id. `clock` gives monotonic seconds."""

    issuer: IssuerSettings
    http: Http
    clock: Callable[[], float] = time.monotonic
    generation: int = 0
    _keys: Mapping[str, Key] = field(default_factory=dict[str, Key])
    _fetched: float | None = None
    _tried: float | None = None
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    @classmethod
    def of(cls, issuer: IssuerSettings) -> "Keys":
        """Prepare to fetch; nothing is asked before the first token comes."""
        http = Http(f"issuer {issuer.name}", client(issuer.ca_file), most_bytes=_MOST, seconds=5)
        return cls(issuer, http)

    async def find(self, kid: str) -> Key | None:
        """Return the key of this id, fetching where that may help. None: the issuer has none.

        Raises Unavailable when the issuer does not answer and nothing known can serve.
        """
        if kid in self._keys and (self.fresh() or (self._lock.locked() and self._age() <= STALE)):
            return self._keys[kid]  # an issuer that is slow keeps one caller waiting, not all
        async with self._lock:
            if kid not in self._keys or not self.fresh():
                await self._refresh()
        if self._age() > STALE:
            raise Unavailable(f"issuer {self.issuer.name} does not give its keys")
        return self._keys.get(kid)

    def fresh(self) -> bool:
        """Say whether the keys were fetched lately enough to judge by without asking again."""
        return self._age() < FRESH

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
        keys = {key.id: key for key in map(_public, found.keys[:_MOST_KEYS]) if key}
        if keys:
            self._keys = keys
            self._fetched = now
            self.generation += 1

    async def _url(self) -> str:
        if self.issuer.jwks:
            return self.issuer.jwks
        base = self.issuer.url.rstrip("/")
        told = await self.http.read(_Discovery, f"{base}/.well-known/openid-configuration")
        if told.issuer != self.issuer.url or not self._trusted(told.jwks_uri):
            raise Unreadable(f"issuer {self.issuer.name} describes another issuer")
        return told.jwks_uri

    def _trusted(self, url: str) -> bool:
        """Let keys come over TLS, or, as the settings may allow the issuer, from loopback."""
        try:
            at = urlsplit(url)
        except ValueError:
            return False
        loopback = self.issuer.unsafe_http and at.scheme == "http" and at.hostname in LOOPBACK
        return at.scheme == "https" or loopback


def _public(key: Mapping[str, Any]) -> Key | None:
    """Read one key; what is no public signature key is passed over."""
    if key.get("kty") not in ("RSA", "EC", "OKP") or key.get("use", "sig") != "sig" or "d" in key:
        return None
    try:
        read = jwt.PyJWK(dict(key))
    except (jwt.PyJWTError, NotImplementedError, ValueError, TypeError):
        return None
    if isinstance(read.key, RSAPublicKey) and read.key.key_size < _LEAST_BITS:
        return None
    algorithms = frozenset({read.algorithm_name}) & ASYMMETRIC
    if isinstance(read.key, RSAPublicKey) and not key.get("alg"):
        algorithms = _RSA
    kid = key.get("kid")
    return Key(kid, read.key, algorithms) if isinstance(kid, str) and algorithms else None
