"""An authorisation server that exists only in memory: keys, tokens, and the set it publishes."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, get_default_algorithms

from bailiwick.config import IssuerSettings

URL = "https://idp.example/realms/main"
NOW = 1_795_527_301.0  # 2026-11-24T13:35:01Z


@cache
def private(kind: str, number: int = 0, bits: int = 2048) -> Any:
    """Make a private key, once for each kind and number."""
    assert number >= 0, "tells keys of one kind apart"
    return {
        "RS": lambda: rsa.generate_private_key(public_exponent=65537, key_size=bits),
        "ES": lambda: ec.generate_private_key(ec.SECP256R1()),
        "Ed": ed25519.Ed25519PrivateKey.generate,
    }[kind]()


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """Write the public half as a JWK."""
    return {**_jwk(key.public_key()), "kid": kid, "use": "sig", **more}


def secret(key: Any, kid: str) -> dict[str, Any]:
    """Write both halves as a JWK, as an issuer never should."""
    return {**_jwk(key), "kid": kid, "use": "sig"}


def _jwk(key: Any) -> dict[str, Any]:
    kind = type(key).__name__
    algorithm: Any = ECAlgorithm if "Elliptic" in kind or "EC" in kind else OKPAlgorithm
    algorithm = RSAAlgorithm if "RSA" in kind else algorithm
    return algorithm.to_jwk(key, as_dict=True)


@dataclass
class Issuer:
    """Signs what it is told to, and publishes its keys over a mock transport.

    `asked` lists the paths that were fetched; `answer` overrides what is answered.
    """

    name: str = "main"
    url: str = URL
    keys: dict[str, Any] = field(default_factory=lambda: {"k1": private("RS")})
    extra: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    asked: list[str] = field(default_factory=list[str])
    answer: httpx.Response | Exception | None = None
    now: float = field(default_factory=time.time)

    def settings(self, **more: Any) -> IssuerSettings:
        return IssuerSettings(name=self.name, url=self.url, **more)

    def claims(self, **more: Any) -> dict[str, Any]:
        """Say who, for the server `library`; None takes a claim away."""
        usual = {
            "iss": self.url,
            "sub": "ana",
            "client_id": "desk",
            "aud": "bailiwick-library",
            "iat": int(self.now),
            "exp": int(self.now) + 600,
            "groups": ["readers"],
        }
        return {k: v for k, v in (usual | more).items() if v is not None}

    def token(
        self,
        *,
        header: Mapping[str, Any] | None = None,
        algorithm: str = "RS256",
        kid: str = "k1",
        key: Any = None,
        **claims: Any,
    ) -> str:
        """Sign a token; every part of it can be made wrong."""
        heads = {"typ": "at+jwt", "kid": kid, **(header or {})}
        heads = {name: value for name, value in heads.items() if value is not None}
        signs = key if key is not None else self.keys[kid]
        return forged(heads | {"alg": algorithm}, self.claims(**claims), signs)

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.publish)

    def publish(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        if request.url.path.endswith("/.well-known/openid-configuration"):
            return httpx.Response(200, json={"issuer": self.url, "jwks_uri": f"{self.url}/keys"})
        return httpx.Response(200, json=self.jwks())

    def jwks(self) -> dict[str, Any]:
        return {"keys": [*(public(key, kid) for kid, key in self.keys.items()), *self.extra]}


def part(value: object) -> str:
    """Encode one part of a token."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forged(header: Mapping[str, Any], payload: object, key: Any) -> str:
    """Sign anything at all, without the checks of a library that means well."""
    algorithm = str(header["alg"])
    signed = f"{part(header)}.{part(payload)}"
    if algorithm.lower() == "none":
        return f"{signed}."
    makers: Any = get_default_algorithms()
    return f"{signed}.{part(makers[algorithm].sign(signed.encode(), key))}"
