import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from practice import api, estate, issuer, tokens
from practice.ground import Ground

pytestmark = pytest.mark.ground

PODS = "/api/v1/namespaces/shop/pods"
ANA = [
    ("Impersonate-User", "oidc:ana"),
    ("Impersonate-Group", "oidc:sre"),
    ("Impersonate-Group", "system:authenticated"),
]
CALL = "Impersonate-Extra-Bailiwick.dev%2fcall-id"


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give header and claims, unverified."""
    head, body = (base64.urlsafe_b64decode(part + "==") for part in token.split(".")[:2])
    return yaml.safe_load(head), yaml.safe_load(body)


def access(ground: Ground, user: str, purpose: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return parts(tokens.obtain(ground.keycloak, user, purpose)["access_token"])


@pytest.mark.parametrize(
    ("purpose", "kind", "audiences"),
    [
        ("cluster", "at+jwt", "bailiwick-cluster bailiwick-observability bailiwick-retrieval"),
        ("approvals", "at+jwt", "bailiwick-approvals"),
        ("kubernetes", "JWT", "kubernetes"),
        ("other", "JWT", "something-else"),
    ],
)
def test_audiences(ground: Ground, purpose: str, kind: str, audiences: str) -> None:
    header, claims = access(ground, "bo", purpose)
    said = claims["aud"]
    assert header["typ"] == kind
    assert sorted([said] if isinstance(said, str) else said) == audiences.split()
    assert claims["iss"] == ground.keycloak.issuer
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize("user", ["ana", "bo", "eve"])
def test_subject_and_groups(ground: Ground, user: str) -> None:
    claims = access(ground, user, "cluster")[1]
    assert claims["sub"] == user
    assert sorted(claims.get("groups", [])) == sorted(ground.keycloak.users[user])
    assert set(claims["scope"].split()) == {"cluster:read", "cluster:change", "cluster:destroy"}


def test_id_and_refresh_tokens_are_to_be_had(ground: Ground) -> None:
    granted = tokens.obtain(ground.keycloak, "ana", scope="openid")
    assert parts(granted["id_token"])[1]["aud"] == "agent"
    assert parts(granted["refresh_token"])[1]["typ"] == "Refresh"


@pytest.fixture
def direct(ground: Ground) -> Iterator[httpx.Client]:
    """Reach the API with no name of its own."""
    with issuer.link(ground.kubernetes.ca_file) as link:
        link.base_url = httpx.URL(ground.kubernetes.server)
        yield link


@pytest.fixture
def bailiwick(ground: Ground, direct: httpx.Client) -> httpx.Client:
    """Reach the API as Bailiwick does."""
    said = yaml.safe_load(ground.kubernetes.kubeconfig.read_text())
    assert said["current-context"] == ground.kubernetes.context
    direct.headers["Authorization"] = f"Bearer {said['users'][0]['user']['token']}"
    return direct


@pytest.mark.parametrize(
    ("purpose", "kind", "status"),
    [
        ("kubernetes", "access_token", 200),
        ("kubernetes", "id_token", 401),
        ("cluster", "access_token", 401),
        ("approvals", "access_token", 401),
        ("other", "access_token", 401),
    ],
)
def test_the_api_takes_tokens_for_itself_only(
    ground: Ground, direct: httpx.Client, purpose: str, kind: str, status: int
) -> None:
    token = tokens.obtain(ground.keycloak, "ana", purpose, "openid")[kind]
    answer = direct.get(PODS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status


def test_eve_may_nothing(ground: Ground, direct: httpx.Client) -> None:
    token = tokens.obtain(ground.keycloak, "eve", "kubernetes")["access_token"]
    assert direct.get(PODS, headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_an_impersonated_call_is_in_the_audit_log(ground: Ground, bailiwick: httpx.Client) -> None:
    assert bailiwick.get(PODS).status_code == 403
    call = "call-of-test-ground"
    assert bailiwick.get(PODS, headers=[*ANA, (CALL, call)]).status_code == 200
    lines = ground.kubernetes.audit_log.read_text().splitlines()
    event = yaml.safe_load(next(line for line in reversed(lines) if call in line))
    assert event["user"]["username"] == "system:serviceaccount:bailiwick:bailiwick"
    assert event["impersonatedUser"] == {
        "username": "oidc:ana",
        "groups": ["oidc:sre", "system:authenticated"],
        "extra": {"bailiwick.dev/call-id": [call]},
    }


@pytest.mark.parametrize(
    "headers",
    [
        [("Impersonate-User", "admin")],
        [("Impersonate-User", "oidc:eve")],
        [("Impersonate-User", "oidc:ana"), ("Impersonate-Group", "system:masters")],
        [("Impersonate-User", "system:serviceaccount:kube-system:default")],
        [*ANA, ("Impersonate-Extra-Scopes", "all")],
        [*ANA, ("Impersonate-Uid", "0")],
    ],
)
def test_bailiwick_may_speak_for_nobody_else(
    bailiwick: httpx.Client, headers: list[tuple[str, str]]
) -> None:
    assert bailiwick.get("/api/v1/namespaces", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nodes", 200),
        ("/api/v1/namespaces/kube-system/pods", 200),
        ("/apis/practice.bailiwick.dev/v1/certificates", 200),
        ("/api/v1/secrets", 403),
    ],
)
def test_what_ana_sees(bailiwick: httpx.Client, path: str, status: int) -> None:
    assert bailiwick.get(path, headers=ANA).status_code == status


@pytest.mark.parametrize(
    ("deployment", "status"),
    [("shop/deployments/checkout", 200), ("kube-system/deployments/coredns", 403)],
)
def test_where_ana_works(bailiwick: httpx.Client, deployment: str, status: int) -> None:
    path = f"/apis/apps/v1/namespaces/{deployment}/scale?dryRun=All"
    body = json.dumps({"spec": {"replicas": 3}})
    kind = ("Content-Type", "application/merge-patch+json")
    assert bailiwick.patch(path, headers=[*ANA, kind], content=body).status_code == status


@pytest.fixture
def admin(ground: Ground) -> Iterator[httpx.Client]:
    with api.client(ground.kubernetes.server, ground.at / "pki", "admin") as link:
        yield link


def test_the_estate_is_as_told(admin: httpx.Client) -> None:
    assert estate.missing(admin) == []


def test_the_bank_is_strict(admin: httpx.Client) -> None:
    container = {"name": "app", "image": "app"}
    loose = {"metadata": {"name": "loose"}, "spec": {"containers": [container]}}
    answer = admin.post("/api/v1/namespaces/bank/pods?dryRun=All", json=loose)
    assert answer.status_code == 403
    assert "PodSecurity" in answer.json()["message"]


def test_the_fakes_are_there_to_be_hidden(admin: httpx.Client) -> None:
    pods = admin.get("/api/v1/namespaces/bank/pods").text
    assert pods.count("4111 1111 1111 1111") >= 4
    assert "practice-fake-applied-secret" in admin.get("/api/v1/namespaces/bank/configmaps").text
