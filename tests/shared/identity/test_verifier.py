"""Tokens, good and forged. The ids are those of the obligations that a row stands for."""

# pyright: reportPrivateUsage=false

import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization

from bailiwick.config import IssuerSettings
from bailiwick.identity.keys import Keys
from bailiwick.identity.verifier import Unauthorized, Verified, Verifier
from bailiwick.policy.question import Risk
from bailiwick.upstream.http import Http
from tests.parts.tokens import NOW, Issuer, forged, part, private, public

pytestmark = pytest.mark.anyio

URL = "https://mcp.example/library/mcp"


class Ticking:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def keys(issuer: Issuer, settings: IssuerSettings, clock: Callable[[], float]) -> Keys:
    return Keys(settings, Http("issuer", httpx.AsyncClient(transport=issuer.transport())), clock)


def verifier(*issuers: Issuer, clock: Callable[[], float] | None = None, **more: Any) -> Verifier:
    clock = clock or Ticking()
    settings = [issuer.settings(**more) for issuer in issuers]
    pairs = zip(issuers, settings, strict=True)
    return Verifier({i.url: (s, keys(i, s, clock)) for i, s in pairs}, clock)


@pytest.fixture
def issuer() -> Issuer:
    every = {"k1": private("RS"), "e1": private("ES"), "d1": private("Ed")}
    return Issuer(keys=every, now=NOW)


async def judge(issuer: Issuer, token: str, **more: Any) -> Verified:
    return await verifier(issuer, **more).verify(token, "library", URL)


@pytest.mark.parametrize(
    ("algorithm", "kid"), [("RS256", "k1"), ("PS256", "k1"), ("ES256", "e1"), ("EdDSA", "d1")]
)
async def test_good_signatures_name_a_principal(issuer: Issuer, algorithm: str, kid: str) -> None:
    found = await judge(issuer, issuer.token(algorithm=algorithm, kid=kid, scope="library:read x"))
    who = found.principal
    assert (who.id, who.client, who.groups) == ("main/ana", "desk", {"readers"})
    assert found.expires == NOW + 600
    assert found.scopes == {"library:read", "x"}


GOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "A6 audience in a list": ({"aud": ["account", "bailiwick-library"]}, {}),
    "A6 audience is the url": ({"aud": URL}, {}),
    "A6 an audience of the settings": ({"aud": "0a1b-guid"}, {"audiences": ["0a1b-guid"]}),
    "B3 iat ahead within the skew": ({"iat": NOW + 59}, {}),
    "B3 nbf ahead within the skew": ({"nbf": NOW + 59}, {}),
    "B3 fractions of seconds": ({"iat": NOW - 0.5, "exp": NOW + 0.5}, {}),
    "B4 JWT where the settings say so": ({"header": {"typ": "JWT"}}, {"types": ["at+jwt", "JWT"]}),
    "B4 typ in other letters": ({"header": {"typ": "AT+JWT"}}, {}),
    "B4 long form of typ": ({"header": {"typ": "application/at+jwt"}}, {}),
    "B4 Keycloak's own mark, with a nonce": ({"typ": "Bearer", "nonce": "n"}, {}),
    "B7 a machine": ({"sub": None}, {}),
    "B7 no groups": ({"groups": None}, {}),
    "scope that is no text": ({"scope": ["library:read"]}, {}),
}


@pytest.mark.parametrize(("token", "settings"), GOOD.values(), ids=GOOD.keys())
async def test_accepts(issuer: Issuer, token: dict[str, Any], settings: dict[str, Any]) -> None:
    assert await judge(issuer, issuer.token(**token), **settings)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "B1 none": ({"algorithm": "none"}, "algorithm is not accepted"),
    "B1 HS256": ({"algorithm": "HS256", "key": b"k" * 32}, "algorithm is not accepted"),
    "B1 not in the list": ({"algorithm": "RS512"}, "algorithm is not accepted"),
    "B1 another type of key": (
        {"algorithm": "ES256", "key": private("ES"), "kid": "k1"},
        "its key",
    ),
    "B2 other key, same kid": ({"key": private("RS", 9)}, "not valid"),
    "B2 unknown issuer": ({"iss": "https://evil.example"}, "issuer is not one of ours"),
    "B2 issuer with a slash more": ({"iss": "https://idp.example/realms/main/"}, "issuer"),
    "B2 issuer that is a list": ({"iss": ["https://idp.example/realms/main"]}, "issuer"),
    "B2 no issuer": ({"iss": None}, "issuer"),
    "B2 unknown kid": ({"kid": "k9", "key": private("RS")}, "key is not one of its issuer's"),
    "B2 no kid": ({"header": {"kid": None}}, "header"),
    "A6 other audience": ({"aud": "bailiwick-cluster"}, "not for library"),
    "A6 audience that begins alike": ({"aud": "bailiwick-library2"}, "not for library"),
    "A6 no audience": ({"aud": None}, "not valid"),
    "A6 audience of numbers": ({"aud": [1, 2]}, "not for library|not valid"),
    "B3 expired this second": ({"exp": NOW}, "expired"),
    "B3 expired before the skew": ({"exp": NOW - 1, "iat": NOW - 60}, "expired"),
    "B3 no exp": ({"exp": None}, "not valid"),
    "B3 no iat": ({"iat": None}, "not valid"),
    "B3 nbf ahead": ({"nbf": NOW + 61}, "future"),
    "B3 iat ahead": ({"iat": NOW + 61}, "future"),
    "B3 too long a life": ({"exp": NOW + 3601}, "longer than 1 h"),
    "B3 exp before iat": ({"exp": NOW + 10, "iat": NOW + 20}, "longer"),
    "B3 exp as text": ({"exp": str(NOW + 600)}, "numbers"),
    "B3 exp beyond any number": ({"exp": 10**400}, "numbers"),
    "B3 endless": ({"exp": float("inf")}, "numbers"),
    "B3 exp that is not a number": ({"exp": float("nan")}, "numbers"),
    "B3 iat is true": ({"iat": True}, "numbers"),
    "B3 nbf null": ({"nbf": []}, "numbers"),
    "B4 no typ": ({"header": {"typ": None}}, "typ"),
    "B4 JWT": ({"header": {"typ": "JWT"}}, "typ"),
    "B4 logout": ({"header": {"typ": "logout+jwt"}}, "typ"),
    "B4 DPoP proof": ({"header": {"typ": "dpop+jwt"}}, "typ"),
    "B4 typ that is a list": ({"header": {"typ": ["at+jwt"]}}, "typ"),
    "B4 ID by its claim": ({"typ": "ID"}, "bearer access token"),
    "B4 claim typ that is a list": ({"typ": ["ID"], "at_hash": "x"}, "bearer access token"),
    "B5 jku": ({"header": {"jku": "https://evil.example/keys"}}, "header"),
    "B5 x5u": ({"header": {"x5u": "https://evil.example/cert"}}, "header"),
    "B5 jwk": ({"header": {"jwk": public(private("RS", 9), "k1")}}, "header"),
    "B5 crit": ({"header": {"crit": ["exp"]}}, "header|signed token"),
    "B5 crit b64": ({"header": {"crit": ["b64"], "b64": False}}, "header|signed token"),
    "B7 nobody": ({"sub": None, "client_id": None}, "names nobody"),
    "B7 empty": ({"sub": "", "client_id": ""}, "names nobody"),
    "B7 a number": ({"sub": 7}, "not valid|names nobody"),
    "B7 newline": ({"sub": "ana\nadmin"}, "printable"),
    "B7 right to left": ({"sub": "ana\u202e"}, "printable"),
    "B7 10 kB": ({"sub": "a" * 10_000}, "255"),
    "B7 client of 10 kB": ({"client_id": "a" * 10_000}, "255"),
    "D8 bound to a key": ({"cnf": {"jkt": "x"}}, "bearer access token"),
    "groups as text": ({"groups": "admins"}, "list"),
    "groups as an object": ({"groups": {"admins": True}}, "list"),
    "groups without end": ({"groups": ["g"] * 1_001}, "list"),
    "groups with a number": ({"groups": ["readers", 7]}, "names"),
    "groups with a newline": ({"groups": ["readers\nadmins"]}, "names"),
    "groups kept elsewhere": ({"groups": None, "_claim_names": {"groups": "src1"}}, "fewer"),
}


@pytest.mark.parametrize(("token", "says"), BAD.values(), ids=BAD.keys())
async def test_refuses(issuer: Issuer, token: dict[str, Any], says: str) -> None:
    with pytest.raises(Unauthorized, match=says):
        await judge(issuer, issuer.token(**token))


TYPED: dict[str, dict[str, Any]] = {
    "at_hash": {"at_hash": "x"},
    "nonce": {"nonce": "x"},
    "c_hash": {"c_hash": "x"},
    "Keycloak's": {"typ": "ID"},
    "refresh": {"typ": "Refresh"},
    "offline": {"typ": "Offline"},
    "logout": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
}


@pytest.mark.parametrize("claims", TYPED.values(), ids=TYPED.keys())
async def test_tokens_for_others_stay_out_where_any_jwt_may_come(
    issuer: Issuer, claims: dict[str, Any]
) -> None:
    token = issuer.token(header={"typ": "JWT"}, **claims)
    with pytest.raises(Unauthorized, match="bearer access token"):
        await judge(issuer, token, types=["at+jwt", "JWT"])


async def test_a_refresh_token_is_of_an_algorithm_that_is_not_accepted(issuer: Issuer) -> None:
    token = issuer.token(algorithm="HS512", key=b"k" * 64, typ="Refresh", header={"typ": "JWT"})
    with pytest.raises(Unauthorized, match="algorithm"):
        await judge(issuer, token, types=["JWT"])


async def test_the_public_key_is_no_secret_to_sign_with(issuer: Issuer) -> None:
    pem = (
        issuer.keys["k1"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    token = issuer.token()
    signed = token.rsplit(".", 1)[0].split(".")[1]
    head = part({"alg": "HS256", "typ": "at+jwt", "kid": "k1"})
    mac = hmac.digest(pem, f"{head}.{signed}".encode(), "sha256")
    with pytest.raises(Unauthorized, match="algorithm"):
        await judge(issuer, f"{head}.{signed}.{part(mac)}")


async def test_the_key_of_another_issuer_does_not_sign_for_this_one() -> None:
    one = Issuer(now=NOW)
    other = Issuer("other", "https://other.example", {"k1": private("RS", 1)}, now=NOW)
    both = verifier(one, other)
    with pytest.raises(Unauthorized, match="not valid"):
        await both.verify(one.token(key=other.keys["k1"]), "library", URL)
    assert (await both.verify(other.token(), "library", URL)).principal.id == "other/ana"


async def test_a_key_serves_only_the_algorithm_its_issuer_gives(issuer: Issuer) -> None:
    issuer.keys["k1"] = private("RS")
    issuer.extra = [public(private("RS"), "pinned", alg="RS256")]
    issuer.keys["pinned"] = private("RS")
    published = [key for key in issuer.jwks()["keys"] if key["kid"] != "pinned" or "alg" in key]
    issuer.jwks = lambda: {"keys": published}  # type: ignore[method-assign]
    assert await judge(issuer, issuer.token(kid="pinned"))
    with pytest.raises(Unauthorized, match="its key"):
        await judge(issuer, issuer.token(kid="pinned", algorithm="PS256"))


DIGITS = b'{"iss": ' + b"1" * 5_000 + b"}"
HEAD = {"alg": "RS256", "typ": "at+jwt", "kid": "k1"}
GARBAGE: dict[str, str] = {
    "nothing like it": "garbage",
    "two parts": "a.b",
    "dots": "..",
    "not base64": "!.!.!",
    "no JSON": f"{part(b'x')}.{part(b'x')}.x",
    "a list for a header": f"{part([])}.{part({})}.x",
    "a list for claims": f"{part(HEAD)}.{part([])}.x",
    "not UTF-8": f"{part(HEAD)}.{part(bytes([255, 254]))}.x",
    "deep": f"{part(HEAD)}.{part(b'[' * 9_000)}.x",
    "deep and closed": f"{part(HEAD)}.{part(b'[' * 4_000 + b']' * 4_000)}.x",
    "digits": f"{part(HEAD)}.{part(DIGITS)}.x",
    "100 kB": "a" * 100_000,
    "encrypted": ".".join([part({**HEAD, "enc": "A256GCM"})] + ["x"] * 4),
    "beyond latin": "\udcff.\udcff.x",
}


@pytest.mark.parametrize("token", GARBAGE.values(), ids=GARBAGE.keys())
async def test_garbage_is_refused_in_our_own_words(issuer: Issuer, token: str) -> None:
    with pytest.raises(Unauthorized) as caught:
        await judge(issuer, token)
    assert len(str(caught.value)) < 80
    assert issuer.asked == [], "nothing is fetched for what is no token"


async def test_a_changed_payload_breaks_the_signature(issuer: Issuer) -> None:
    head, _, signature = issuer.token().split(".")
    with pytest.raises(Unauthorized, match="not valid"):
        await judge(issuer, f"{head}.{part(issuer.claims(sub='bo'))}.{signature}")


async def test_a_remembered_token_expires_and_belongs_to_one_server(issuer: Issuer) -> None:
    clock = Ticking()
    made = verifier(issuer, clock=clock)
    token = issuer.token()
    first = await made.verify(token, "library", URL)
    assert await made.verify(token, "library", URL) is first
    with pytest.raises(Unauthorized, match="not for cluster"):
        await made.verify(token, "cluster", "https://mcp.example/cluster/mcp")
    clock.now += 600
    with pytest.raises(Unauthorized, match="expired"):
        await made.verify(token, "library", URL)


async def test_a_withdrawn_key_ends_the_tokens_it_signed_while_they_are_remembered() -> None:
    clock, issuer = Ticking(), Issuer(now=NOW)
    made = verifier(issuer, clock=clock)
    token = issuer.token(exp=NOW + 3600)
    assert await made.verify(token, "library", URL)
    issuer.keys = {"k2": private("RS", 1)}
    clock.now += 601  # nobody else calls, so nothing but the age of the keys says to look
    with pytest.raises(Unauthorized, match="key is not one of its issuer's"):
        await made.verify(token, "library", URL)


async def test_memory_of_tokens_is_bounded(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bailiwick.identity.verifier._REMEMBERED", 3)
    made = verifier(issuer)
    for number in range(10):
        await made.verify(
            issuer.token(kid="d1", algorithm="EdDSA", jti=str(number)), "library", URL
        )
    assert len(made._known) <= 3


@pytest.mark.parametrize(
    ("scopes", "most"),
    [
        ("", Risk.DESTROY),
        ("openid profile", Risk.DESTROY),
        ("cluster:read", Risk.DESTROY),
        ("library:read", Risk.READ),
        ("library:read library:change", Risk.CHANGE),
        ("library:destroy", Risk.DESTROY),
    ],
)
async def test_scopes_narrow(issuer: Issuer, scopes: str, most: Risk) -> None:
    assert (await judge(issuer, issuer.token(scope=scopes))).most("library") is most


async def test_other_issuers_call_scopes_and_clients_otherwise(issuer: Issuer) -> None:
    found = await judge(issuer, issuer.token(scp="library:read", client_id=None, appid="guid"))
    assert found.most("library") is Risk.READ
    assert found.principal.client == "guid"
    listed = await judge(issuer, issuer.token(scope=["library:read", "x"]))
    assert listed.most("library") is Risk.READ


def test_nothing_of_a_token_shows_in_what_the_verifier_prints(issuer: Issuer) -> None:
    assert json.dumps(issuer.claims()) not in repr(verifier(issuer))
    assert forged(HEAD, {}, issuer.keys["k1"]).count(".") == 2
