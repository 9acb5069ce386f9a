"""Who may ask: personal access tokens and passwords, all of them worthless elsewhere."""

import base64
import binascii
from dataclasses import dataclass

ADMINISTRATORS = "confluence-administrators"
"""The group whose members no restriction keeps out."""
PASSWORD = "practice"  # noqa: S105 -- says itself that it is none


@dataclass(frozen=True)
class Account:
    """A user and the user's groups. Without a token one signs in with the password only."""

    name: str
    title: str
    groups: frozenset[str]

    @property
    def token(self) -> str:
        """Give the user's personal access token."""
        return f"PRACTICE{self.name.upper():A<36.36}"


ACCOUNTS = {
    each.name: each
    for each in (
        Account("bailiwick", "Bailiwick", frozenset({"confluence-users", ADMINISTRATORS})),
        Account("ana", "Ana Operator", frozenset({"confluence-users", "sre"})),
        Account("bo", "Bo Lead", frozenset({"confluence-users", "sre", "lead"})),
        Account("eve", "Eve Outsider", frozenset({"confluence-users"})),
    )
}


def whose(authorization: str) -> Account | None:
    """Find the account of an `Authorization` header."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return next((each for each in ACCOUNTS.values() if each.token == value.strip()), None)
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    account = ACCOUNTS.get(name)
    return account if account and secret in (PASSWORD, account.token) else None
