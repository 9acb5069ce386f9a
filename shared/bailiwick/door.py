"""What never reaches the gate over HTTP: Host, Origin, size, form, and who is calling.

Order: Host and Origin (421, 403), credentials (400, 401, 503), body (408, 413, 400). What the
SDK refuses behind this door with a status of 400 or more is written down here as well.
"""

import json
import logging
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NoReturn
from urllib.parse import urlsplit

import anyio
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bailiwick.body import Malformed, strictly
from bailiwick.config import LOOPBACK, ListenSettings
from bailiwick.edge import NOTED, PRINCIPAL, Edge
from bailiwick.errors import Unavailable
from bailiwick.identity.verifier import Unauthorized, Verified, Verifier
from bailiwick.policy.question import Principal

log = logging.getLogger("bailiwick")

_REMEMBERED = 2_048
_BODY_SECONDS = 20.0
SCOPES = ("read", "change", "destroy")


@dataclass(frozen=True, slots=True)
class Turned:
    """A refusal at the door: the status, our words, and further headers."""

    status: int
    reason: str
    error: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()


class TurnedAway(Exception):
    """Carries a refusal to the one place that answers it."""

    def __init__(self, turned: Turned) -> None:
        """Keep what is to be answered."""
        super().__init__(turned.reason)
        self.turned = turned


@dataclass(frozen=True, slots=True)
class Guests:
    """Which Host and Origin headers are let in: loopback, our own URL, and what is configured."""

    hosts: frozenset[str]
    origins: frozenset[str]

    @classmethod
    def of(cls, settings: ListenSettings, url: str) -> "Guests":
        """Work out who is let in, from the settings and the URL in use."""
        own = urlsplit(url.lower())
        hosts = {f"[{h}]:*" if ":" in h else f"{h}:*" for h in LOOPBACK} | {own.netloc}
        origins = {f"http://{h}" for h in hosts if h != own.netloc} | {
            f"{own.scheme}://{own.netloc}"
        }
        return cls(
            frozenset(hosts | {h.removesuffix(":*") for h in hosts} | _lower(settings.hosts)),
            frozenset(origins | _lower(settings.origins)),
        )

    def check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Raise TurnedAway on a forged, missing or repeated Host, or a foreign Origin."""
        hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        if len(hosts) != 1 or not _among(hosts[0], self.hosts):
            _turn(421, "host is not ours")
        origins = [v.decode("latin-1").lower() for n, v in headers if n == b"origin"]
        if len(origins) > 1 or (origins and not _among(origins[0], self.origins)):
            _turn(403, "origin is not allowed")


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


def _tidied(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Take the blanks around values away (RFC 9110, 5.5), and write Host and Origin small.

    The fast parser leaves trailing blanks, and the SDK looks at both again, letter by letter.
    """
    return [
        (n, v.strip(b" \t").lower() if n in (b"host", b"origin") else v.strip(b" \t"))
        for n, v in headers
    ]


def _among(value: str, allowed: frozenset[str]) -> bool:
    """Compare a name with the list, where `name:*` stands for any port."""
    base, colon, port = value.rpartition(":")
    return value in allowed or bool(
        colon and port.isascii() and port.isdigit() and f"{base}:*" in allowed
    )


def _turn(status: int, reason: str, error: str = "", *headers: tuple[bytes, bytes]) -> NoReturn:
    raise TurnedAway(Turned(status, reason, error, headers))


@dataclass(frozen=True, slots=True)
class Door:
    """ASGI middleware in front of one server. Without a verifier everybody is the local user.

    `url` is the server's canonical URL, the audience of its tokens. `refused` counts refusals of
    people we do not know: (address, reason).
    """

    app: ASGIApp
    name: str
    url: str
    settings: ListenSettings
    guests: Guests
    edge: Edge
    refused: Callable[[str, str], None]
    verifier: Verifier | None = None
    body_seconds: float = _BODY_SECONDS
    inner: ASGIApp = field(init=False)
    known: dict[str, tuple[Verified, Principal, AuthenticatedUser]] = field(
        default_factory=dict[str, tuple[Verified, Principal, AuthenticatedUser]], repr=False
    )

    def __post_init__(self) -> None:
        """Let the SDK know who is calling: it ties sessions and sealed states to that."""
        object.__setattr__(self, "inner", AuthContextMiddleware(self.app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then let in."""
        if scope["type"] == "websocket":  # MCP has no such transport, and it would go in unnamed
            await send({"type": "websocket.close", "code": 1008})
            return
        scope = {**scope, "headers": _tidied(scope["headers"])}
        who: Principal | None = None
        try:
            self.guests.check(scope["headers"])
            who = await self._admit(scope)
            if scope["method"] == "POST":
                receive = await self._read(receive)
        except TurnedAway as away:
            turned = away.turned
        except Exception as error:  # noqa: BLE001 - a refusal is written down, whatever it is for
            turned = Turned(500, f"crash {type(error).__name__}", "server_error")
            # Where, and not the error's own text: that might quote a token.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("the door of %s failed: %s\n%s", self.name, turned.reason, where)  # noqa: TRY400
        else:
            await self._let_in(scope, who, receive, send)
            return
        await self.note(scope, who, turned.status, turned.reason)
        await _answer(turned, send)

    async def _let_in(self, scope: Scope, who: Principal, receive: Receive, send: Send) -> None:
        """Hand over to the SDK; should it crash, that is written down, and uvicorn answers 500."""
        try:
            tap = _Tap(self, scope, who, send)
            await self.inner(scope, receive, tap)
            await tap.end()
        except Exception as error:
            await self.note(scope, who, 500, f"crash {type(error).__name__}")
            raise

    async def _admit(self, scope: Scope) -> Principal:
        """Find out who is calling, and tell the SDK and the gate."""
        if self.verifier is None:
            scope[PRINCIPAL] = self.edge.local
            return self.edge.local
        verified, token = await self._verified(scope)
        who, user = self._known(verified, token)
        scope[PRINCIPAL], scope["user"] = who, user
        return who

    def _known(self, verified: Verified, token: str) -> tuple[Principal, AuthenticatedUser]:
        """Say who that is, to us and to the SDK; remembered, since clients come again and again."""
        found = self.known.get(token)
        if found is not None and found[0] is verified:
            return found[1:]
        who = replace(verified.principal, most=verified.most(self.name))
        access = AccessToken(
            token=token,
            client_id=who.client or who.subject,
            subject=who.subject,
            scopes=sorted(verified.scopes),
            expires_at=int(verified.expires),
            claims={"iss": who.issuer},
        )
        if len(self.known) >= _REMEMBERED:
            self.known.clear()
        self.known[token] = verified, who, AuthenticatedUser(access)
        return self.known[token][1:]

    async def _verified(self, scope: Scope) -> tuple[Verified, str]:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if not given:
            _turn(401, "no credentials", "", self._challenge())
        if len(given) > 1:
            _turn(400, "more than one Authorization header", "invalid_request")
        kind, _, rest = given[0].decode("latin-1").partition(" ")
        token = rest.strip()
        if kind.lower() != "bearer" or not token:
            _turn(401, "not a bearer token", "", self._challenge())
        assert self.verifier is not None  # noqa: S101 - the caller has looked
        try:
            return await self.verifier.verify(token, self.name, self.url), token
        except Unauthorized as error:
            _turn(401, str(error), "invalid_token", self._challenge("invalid_token", str(error)))
        except Unavailable as error:
            _turn(503, str(error), "temporarily_unavailable", (b"retry-after", b"30"))

    def _challenge(self, error: str = "", description: str = "") -> tuple[bytes, bytes]:
        """RFC 9728 and 6750: where our metadata is, what scopes serve, and what was wrong."""
        parts = [f'error="{error}"', f'error_description="{description}"'] if error else []
        parts.append(f'resource_metadata="{metadata_url(self.url)}"')
        parts.append(f'scope="{" ".join(f"{self.name}:{risk}" for risk in SCOPES)}"')
        return b"www-authenticate", f"Bearer {', '.join(parts)}".encode()

    async def _read(self, receive: Receive) -> Receive:
        """Take the body in, within size, time and form, and hand it on."""
        body, more = bytearray(), True
        with anyio.CancelScope(deadline=anyio.current_time() + self.body_seconds):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    _turn(400, "the client went away in the middle of its body")
                body += message.get("body", b"")
                if len(body) > self.settings.most_bytes:
                    _turn(413, f"body of more than {self.settings.most_bytes} bytes")
                more = bool(message.get("more_body"))
        if more:
            _turn(408, f"body not sent within {self.body_seconds:g} s")
        try:
            read = strictly(bytes(body), self.settings.most_depth)
        except Malformed as error:
            _turn(400, str(error))
        return _replay(read, receive)

    async def note(self, scope: Scope, who: Principal | None, status: int, reason: str) -> None:
        """Write a record for somebody we know, count everybody else."""
        address = (scope.get("client") or ("", 0))[0]
        if who is None:
            self.refused(address, f"{status} {self.name}: {reason}")
            return
        origin = {"ip": address, "transport": "http"}
        await self.edge.refused(who, origin, f"{status} {reason}", "http")


@dataclass(slots=True)
class _Tap:
    """Sits on an answer: writes down what the SDK refuses, and ends a stream that just stops."""

    door: Door
    scope: Scope
    who: Principal
    send: Send
    open: bool = False

    async def __call__(self, message: Message) -> None:
        """Pass a part of the answer on."""
        if message["type"] == "http.response.start":
            self.open = True
            if message["status"] >= 400 and NOTED not in self.scope:
                status = message["status"]
                await self.door.note(self.scope, self.who, status, f"http {status}")
        else:
            self.open = bool(message.get("more_body"))
        await self.send(message)

    async def end(self) -> None:
        """Close an answer that was begun: at SIGTERM a stream just stops."""
        if self.open:
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})


def metadata_url(url: str) -> str:
    """RFC 9728 section 3.1: the well-known path goes between the host and the resource's path."""
    at = urlsplit(url)
    return f"{at.scheme}://{at.netloc}/.well-known/oauth-protected-resource{at.path}"


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand a body that was read on to the application, then whatever follows (a disconnect)."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _answer(turned: Turned, send: Send) -> None:
    body = json.dumps({"error": turned.error or "refused", "error_description": turned.reason})
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    headers += [(b"content-length", str(len(body)).encode()), *turned.headers]
    await send({"type": "http.response.start", "status": turned.status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
