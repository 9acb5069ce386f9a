"""Is this an access token, for us, from an issuer we know? RFC 9068, RFC 8725, OAuth 2.1."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jwt

from bailiwick.config import IssuerSettings
from bailiwick.identity.keys import Keys
from bailiwick.policy.question import Principal, Risk

SKEW = 60
"""Seconds that an issuer's clock may be ahead (`iat`, `nbf`). `exp` gets none."""
_LONGEST = 16_384
_REMEMBERED = 2_048
_MOST_GROUPS = 1_000
_END_OF_TIME = 253_402_300_800  # the year 10000: beyond it a date cannot be written down
_NEVER = frozenset({"jku", "x5u", "jwk", "x5c", "crit", "b64"})
_NOT_ACCESS = frozenset({"ID", "Refresh", "Offline", "Logout", "Initial"})
"""What Keycloak writes into the claim `typ` of tokens that are for somebody else."""
_MARKS = frozenset({"at_hash", "c_hash", "s_hash", "events", "cnf"})
"""Claims of ID tokens, logout tokens, and tokens that only the holder of a key may send."""


class Unauthorized(Exception):
    """The token is not accepted. The text is ours: it never repeats what the token said."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good token says: who, until when (seconds since 1970), and within which scopes."""

    principal: Principal
    expires: float
    scopes: frozenset[str]

    def most(self, server: str) -> Risk:
        """Say what the scopes `<server>:<risk>` leave; they narrow, and never widen."""
        named = [risk for risk in Risk if f"{server}:{risk}" in self.scopes]
        return named[-1] if named else Risk.DESTROY


@dataclass(slots=True)
class Verifier:
    """Judges tokens for one audience or several. Share it between servers: it shares the keys.

    `clock` gives seconds since 1970.
    """

    issuers: Mapping[str, tuple[IssuerSettings, Keys]]
    clock: Callable[[], float] = time.time
    _known: dict[tuple[bytes, frozenset[str]], tuple[Verified, int]] = field(
        default_factory=dict[tuple[bytes, frozenset[str]], tuple[Verified, int]]
    )

    @classmethod
    def of(cls, issuers: Sequence[IssuerSettings]) -> "Verifier":
        """Prepare for these issuers; nothing is fetched before a token comes."""
        return cls({issuer.url: (issuer, Keys.of(issuer)) for issuer in issuers})

    async def verify(self, token: str, server: str, url: str) -> Verified:
        """Return what the token says, or raise Unauthorized, or Unavailable without keys.

        The audience must be `url`, or the issuer's prefix followed by `server`.
        """
        if len(token) > _LONGEST:
            raise Unauthorized("the token is too long")
        key = hashlib.sha256(token.encode(errors="replace")).digest(), frozenset({server, url})
        found = self._known.get(key)
        if found is not None and self._still_good(found):
            return found[0]
        verified, keys = await self._judge(token, server, url)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = verified, keys.generation
        return verified

    def _still_good(self, found: tuple[Verified, int]) -> bool:
        """Let a remembered token count until it expires, or its issuer's keys are to be read anew.

        A key that the issuer withdraws is missed only by asking again, so keys must be fresh.
        """
        verified, generation = found
        current = {issuer.name: keys for issuer, keys in self.issuers.values()}
        keys = current[verified.principal.issuer]
        good = generation == keys.generation and keys.fresh()
        return good and self.clock() < verified.expires

    async def _judge(self, token: str, server: str, url: str) -> tuple[Verified, Keys]:
        header, issuer, keys = self._unverified(token)
        key = await keys.find(str(header["kid"]))
        if key is None:
            raise Unauthorized("the token's key is not one of its issuer's")
        if header["alg"] not in key.algorithms:
            raise Unauthorized("the token's algorithm is not its key's")
        audiences = [url, f"{issuer.audience_prefix}{server}", *issuer.audiences]
        try:
            claims = jwt.decode(
                token,
                key.public,
                algorithms=[header["alg"]],
                audience=audiences,
                issuer=issuer.url,
                options=_OPTIONS,
            )
        except jwt.InvalidAudienceError as error:
            raise Unauthorized(f"the token is not for {server}") from error
        except jwt.PyJWTError as error:
            raise Unauthorized(f"the token is not valid ({type(error).__name__})") from error
        return self._accept(claims, issuer), keys

    def _unverified(self, token: str) -> tuple[dict[str, Any], IssuerSettings, Keys]:
        """Look at the header and the issuer, to know which rules and keys to judge by."""
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unauthorized("that is not a signed token") from error
        found = self.issuers.get(str(claims.get("iss")))
        if found is None:
            raise Unauthorized("the token's issuer is not one of ours")
        issuer, keys = found
        if header.get("alg") not in issuer.algorithms:
            raise Unauthorized("the token's algorithm is not accepted")
        if str(header.get("typ", "")).lower() not in {kind.lower() for kind in issuer.types}:
            raise Unauthorized("that is not an access token (typ)")
        if _NEVER & header.keys() or not isinstance(header.get("kid"), str):
            raise Unauthorized("the token's header is not accepted")
        return header, issuer, keys

    def _accept(self, claims: Mapping[str, Any], issuer: IssuerSettings) -> Verified:
        """Apply our own rules to claims whose signature, issuer and audience are good."""
        expires, issued = _time(claims, "exp"), _time(claims, "iat")
        begins = _time(claims, "nbf") if "nbf" in claims else issued
        now = self.clock()
        if now >= expires:
            raise Unauthorized("the token has expired")
        if max(issued, begins) > now + SKEW:
            raise Unauthorized("the token is from the future")
        if not 0 < expires - issued <= issuer.longest_hours * 3600:
            raise Unauthorized(f"the token lives longer than {issuer.longest_hours:g} h")
        # A nonce marks an ID token, except where the issuer says what the token is.
        marked = _MARKS & claims.keys() or ("nonce" in claims and claims.get("typ") != "Bearer")
        if marked or str(claims.get("typ")) in _NOT_ACCESS:
            raise Unauthorized("that is not a bearer access token")
        return Verified(_principal(claims, issuer), expires, _scopes(claims))


_OPTIONS: Any = {
    "require": ["exp", "iat", "iss", "aud"],
    # Judged by our own clock, and in one place.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def _time(claims: Mapping[str, Any], name: str) -> float:
    """Read a NumericDate (RFC 7519 section 2)."""
    value = claims[name]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not abs(value) < _END_OF_TIME:  # which no NaN is
        raise Unauthorized("the token's times are not numbers")
    return float(value)


def _principal(claims: Mapping[str, Any], issuer: IssuerSettings) -> Principal:
    client = claims.get("client_id") or claims.get("azp") or claims.get("appid") or ""
    subject = claims.get("sub") or client
    if not _name(subject) or not (client == "" or _name(client)):
        raise Unauthorized("the token names nobody, or not in 255 printable characters")
    return Principal(issuer.name, subject, client, _groups(claims, issuer))


def _groups(claims: Mapping[str, Any], issuer: IssuerSettings) -> frozenset[str]:
    """Read all groups or refuse: a group that is left out may be one that a rule forbids."""
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, dict) and issuer.groups_claim in elsewhere:
        raise Unauthorized("the token does not carry its groups; have the issuer send fewer")
    groups: Any = claims.get(issuer.groups_claim) or []
    if not isinstance(groups, list) or len(groups) > _MOST_GROUPS:  # pyright: ignore[reportUnknownArgumentType]
        raise Unauthorized(f"the token's groups are not a list of at most {_MOST_GROUPS}")
    if not all(_name(group) for group in groups):  # pyright: ignore[reportUnknownVariableType]
        raise Unauthorized("the token's groups are not all names")
    return frozenset(f"{issuer.groups_prefix}{group}" for group in groups)  # pyright: ignore[reportUnknownVariableType]


def _name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Read `scope`, or `scp` as some issuers call it: a string, or a list of strings."""
    scope: Any = claims.get("scope", claims.get("scp", ""))
    if isinstance(scope, list):
        return frozenset(map(str, cast("list[Any]", scope)))
    return frozenset(scope.split()) if isinstance(scope, str) else frozenset()
