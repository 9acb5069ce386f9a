"""Which names announce a secret: keys of mappings, environment variables, flags.

A key (`client_secret`, `spring.datasource.password`) is judged by how it ends,
since `secretName` and `tokenExpirationSeconds` only speak about a secret. An
environment variable is judged by any of its words, unless its last word says that
it holds a path, a name or a number.
"""

import re
from functools import lru_cache

_IN_MARK = "[redacted: "  # a name that was redacted itself tells nothing
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# Ending of the name, written together and in lower case -> label.
_ENDINGS = {
    "password": "password",
    "passwd": "password",
    "passphrase": "password",
    "passcode": "password",
    "pwd": "password",
    "secret": "secret",
    "token": "token",
    "tokensecretvalue": "token",
    "apikey": "key",
    "accesskey": "key",
    "secretkey": "key",
    "privatekey": "key",
    "sharedkey": "key",
    "signingkey": "key",
    "encryptionkey": "key",
    "masterkey": "key",
    "accountkey": "key",
    "authkey": "key",
    "hmackey": "key",
    "sshkey": "key",
    "licensekey": "key",
    "licencekey": "key",
    "unsealkey": "key",
    "tlskey": "key",
    "serverkey": "key",
    "cakey": "key",
    "keydata": "key",
    "idrsa": "key",
    "ided25519": "key",
    "credential": "credential",
    "credentials": "credential",
    "authorization": "authorization",
    "connectionstring": "connection string",
    "connstring": "connection string",
    "connstr": "connection string",
    "dsn": "connection string",
    "cookie": "cookie",
    "sessionid": "cookie",
    "cvv": "card code",
    "cvv2": "card code",
    "cvc": "card code",
    "cvc2": "card code",
    "pinblock": "card code",
}
# Too short to be an ending of a longer word ("bypass"): the last word must be it.
_LAST_WORDS = {"pass": "password", "pw": "password", "creds": "credential"}

# Names that end like a secret and hold a name, a cursor or a switch.
_HARMLESS = re.compile(
    r"(?:existing|tls|pull|imagepull|certificate|cert|ca|webhook|config|credentials?)secret$"
    r"|(?:next|nextpage|page|continue|continuation|sync|starting)token$"
    r"|automountserviceaccounttoken$",
)

_ENV_WORDS = {
    **_ENDINGS,
    **_LAST_WORDS,
    "key": "key",
    "keys": "key",
    "tokens": "token",
    "secrets": "secret",
    "passwords": "password",
    "auth": "credential",
    "conn": "connection string",
    "connection": "connection string",
    "salt": "key",
    "pin": "password",
    "webhook": "secret",
    "private": "key",
}
_ENV_INSIDE = re.compile(r"(password|passwd|secret|credential|apikey|connstr)")
_ENV_TELLS_ABOUT = re.compile(
    r"names?|file(?:name)?|path|dir|directory|enabled|disabled|required|mode|type|ttl|expiry"
    r"|expiration|seconds|minutes|hours|days|timeout|interval|length|size|count|limit|max|min"
    r"|algorithm|alg|method|provider|host(?:name)?|port|ref|issuer|audience|namespace|version"
    r"|header|format|region|policy|pool|retries|rotation",
)
_CARD = re.compile(r"(?:^|card|cc|account)(?:pan|cardnumber|cardno|ccnumber|primaryaccountnumber)$")


@lru_cache(maxsize=8192)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name[:300]))


@lru_cache(maxsize=8192)
def key_label(name: str) -> str | None:
    """Tell what a key of this name holds, or None where it announces no secret."""
    words = _words(name)
    joined = "".join(words[-6:])
    if not words or _HARMLESS.search(joined) or _IN_MARK in name:
        return None
    return _ending(joined) or _LAST_WORDS.get(words[-1])


def _ending(joined: str) -> str | None:
    return next((label for end, label in _ENDINGS.items() if joined.endswith(end)), None)


@lru_cache(maxsize=8192)
def env_label(name: str) -> str | None:
    """Tell what an environment variable of this name holds, or None."""
    words = _words(name)
    joined = "".join(words)
    if (
        not words
        or _IN_MARK in name
        or _ENV_TELLS_ABOUT.fullmatch(words[-1])
        or _HARMLESS.search(joined)
    ):
        return None
    named = next((_ENV_WORDS[word] for word in words if word in _ENV_WORDS), None)
    if named or joined.endswith("token"):
        return named or "token"
    inside = _ENV_INSIDE.search(joined)
    return _ENV_WORDS.get(inside[1], "secret") if inside else key_label(name)


@lru_cache(maxsize=8192)
def names_card(name: str) -> bool:
    """Whether a key of this name holds a card number."""
    return _CARD.search("".join(_words(name))) is not None
