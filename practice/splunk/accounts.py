"""Users, their roles, and the ways in which a request says whose it is."""

import base64
import binascii
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jwt

from practice.incident import Clock

PASSWORD = "practice"  # noqa: S105 -- says itself that it is none
SIGNING = "practice-fake-signing-key-" * 3
"""The tokens of a ground are the same for everyone who knows its clock: they open nothing else."""
ALGORITHM = "HS512"
LIFE = 30 * 86_400
SESSION = 3600
BASICS = ("search", "rest_properties_get", "list_settings")


@dataclass(frozen=True)
class Role:
    """What its members may search, and what else they may do."""

    name: str
    allowed: tuple[str, ...]
    default: tuple[str, ...]
    capabilities: tuple[str, ...] = BASICS


@dataclass(frozen=True)
class Account:
    """A user, or the service account that asks for others."""

    name: str
    title: str
    roles: tuple[str, ...]

    @property
    def allowed(self) -> tuple[str, ...]:
        """Name the indexes that any of its roles may search."""
        return tuple(dict.fromkeys(name for role in self._roles() for name in role.allowed))

    @property
    def default(self) -> tuple[str, ...]:
        """Name the indexes that a search reads which names none."""
        return tuple(dict.fromkeys(name for role in self._roles() for name in role.default))

    @property
    def capabilities(self) -> frozenset[str]:
        """Name what any of its roles may do."""
        return frozenset(name for role in self._roles() for name in role.capabilities)

    @property
    def admin(self) -> bool:
        """Tell whether it may see the jobs of others."""
        return "admin_all_objects" in self.capabilities

    def _roles(self) -> Iterable[Role]:
        return (ROLES[name] for name in self.roles)


WHOLE = (*BASICS, "admin_all_objects", "delete_by_keyword", "edit_user", "indexes_list_all")
ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role("agent", ("shop", "bank", "platform", "big", "main", "legacy"), ("shop",)),
        Role("lead", ("*", "_*"), ("shop", "platform"), WHOLE),
        Role("sre", ("shop", "platform", "big", "main"), ("shop",)),
        Role("user", ("main",), ("main",)),
    )
}
ACCOUNTS: Mapping[str, Account] = {
    account.name: account
    for account in (
        Account("bailiwick", "Bailiwick", ("agent",)),
        Account("ana", "Ana Operator", ("sre",)),
        Account("bo", "Bo Lead", ("sre", "lead")),
        Account("eve", "Eve Outsider", ("user",)),
    )
}


def tokens(clock: Clock) -> dict[str, str]:
    """Give each user's bearer token."""
    issued = int(clock.now.timestamp())
    return {
        name: jwt.encode(
            {
                "iss": "practice from splunk-1",
                "sub": name,
                "aud": "practice",
                "idp": "Splunk",
                "jti": f"practice-{name}",
                "iat": issued,
                "nbr": issued,
                "exp": issued + LIFE,
            },
            SIGNING,
            algorithm=ALGORITHM,
            headers={"kid": "splunk.secret", "ver": "v2", "ttyp": "static"},
        )
        for name in ACCOUNTS
    }


class Sessions:
    """Who is signed in, by session key; and the tokens, which need no session."""

    def __init__(self, bearers: Mapping[str, str]) -> None:
        self._bearers = {token: ACCOUNTS[name] for name, token in bearers.items()}
        self._keys: dict[str, tuple[Account, float]] = {}

    def sign_in(self, name: str, password: str, now: float) -> str | None:
        """Begin a session, or none if the password is wrong."""
        account = ACCOUNTS.get(name)
        if account is None or password != PASSWORD:
            return None
        key = secrets.token_hex(32)
        self._keys[key] = (account, now + SESSION)
        return key

    def sign_out(self, key: str) -> bool:
        """End a session; tell whether there was one."""
        return self._keys.pop(key, None) is not None

    def expire(self) -> None:
        """End all sessions, as time would."""
        self._keys.clear()

    def keys(self, account: Account) -> list[str]:
        """Name an account's sessions."""
        return [key for key, (owner, _) in self._keys.items() if owner == account]

    def whose(self, authorization: str, now: float) -> Account | None:
        """Tell whose request it is by its Authorization header."""
        scheme, _, given = authorization.partition(" ")
        if scheme == "Bearer":
            return self._bearers.get(given)
        if scheme == "Splunk":
            account, until = self._keys.get(given, (None, 0.0))
            return account if now < until else None
        return _basic(given) if scheme == "Basic" else None


def _basic(given: str) -> Account | None:
    try:
        name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return ACCOUNTS.get(name) if password == PASSWORD else None
