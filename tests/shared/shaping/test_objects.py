from typing import Any

import orjson
import pytest

from bailiwick.shaping.redaction import redact_object
from tests.shared.shaping.planted import JWT, b64, pem

V = "hunter" + "2x"
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "type": "Opaque",
    "metadata": {
        "name": "db",
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": f'{{"stringData":{{"p":"{V}"}}}}',
        },
    },
    "data": {"password": b64(V), "empty": ""},
    "stringData": {"user": V},
}


def shown(obj: Any, **options: Any) -> Any:
    counts: dict[str, int] = {}
    before = orjson.dumps(obj)
    result: Any = redact_object(obj, counts, **options)
    assert orjson.dumps(obj) == before, "the source is never changed"
    assert redact_object(result, {}, **options) == result
    assert bool(counts) == (result != obj)
    return result


def gone(obj: Any, **options: Any) -> Any:
    result = shown(obj, **options)
    text = orjson.dumps(result).decode()
    assert V not in text
    assert b64(V) not in text
    return result


def test_secret_keeps_its_keys_and_tells_sizes() -> None:
    result = gone(SECRET)
    assert result["data"]["password"] == "[redacted: Secret data, 8 bytes]"
    assert result["stringData"] == {"user": "[redacted: Secret data, 8 bytes]"}
    notes = result["metadata"]["annotations"]
    assert list(notes.values()) == ["[redacted: last-applied, 31 bytes]"]
    assert result["metadata"]["name"] == "db"


BARE = {key: value for key, value in SECRET.items() if key not in {"kind", "apiVersion"}}


@pytest.mark.parametrize(
    "frame",
    [
        [SECRET],
        {"kind": "SecretList", "items": [BARE]},
        {"kind": "List", "items": [SECRET]},
        {"kind": "Table", "rows": [{"cells": ["a"], "object": SECRET}]},
        {"type": "ADDED", "object": SECRET},
        BARE,
        {"type": "kubernetes.io/tls", "data": {"tls.key": b64(V)}},
        {"kind": "ConfigMap", "data": {"manifest.json": orjson.dumps(SECRET).decode()}},
        {
            "kind": "ConfigMap",
            "data": {"m": orjson.dumps({"a": orjson.dumps(SECRET).decode()}).decode()},
        },
        {
            "kind": "ConfigMap",
            "data": {"m.yaml": f"kind: Secret\nmetadata:\n  name: x\ndata:\n  p: {b64(V)}\n"},
        },
        {
            "kind": "ConfigMap",
            "data": {"m.yaml": f"stringData:\n  p: |\n    {V}\n    {V}\n  q: {V}\nkind: Secret"},
        },
        {"log": f'applied {{"kind":"Secret","data":{{"p":"{b64(V)}"}}}} ok'},
        {"kind": "Secret", "data": b64(V)},
        {"kind": "Secret", "data": {"a": [b64(V)], "b": {"c": V}, "d": 5}},
    ],
)
def test_secret_is_known_wherever_it_stands(frame: Any) -> None:
    gone(frame)


def container(**fields: Any) -> dict[str, Any]:
    return {"kind": "Pod", "spec": {"containers": [{"name": "app", **fields}]}}


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD", "API_TOKEN", "GITHUBTOKEN", "CLIENT_SECRET", "KEY",
     "ENCRYPTION_KEY", "DB_PASS", "SENTRY_DSN", "CONN", "DB_CONNECTION_STRING", "AUTH",
     "CREDENTIALS", "AWS_ACCESS_KEY_ID", "dbPassword", "secret.value", "SESSION_SALT"],
)  # fmt: skip
def test_env_is_masked_by_name(name: str) -> None:
    gone(container(env=[{"name": name, "value": V}, {"value": V, "name": name}]))


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", f"postgres://u:{V}@h/d"), ("OPTS", f"-Dpassword={V}"), ("X", f"token={V}")],
)
def test_env_is_masked_by_content(name: str, value: str) -> None:
    gone(container(env=[{"name": name, "value": value}]))


ENV_HARMLESS = {
    "LOG_LEVEL": "debug",
    "SECRET_NAME": "db",
    "TOKEN_PATH": "/var/run/token",
    "KEY_FILE": "/etc/key.pem",
    "KEYCLOAK_URL": "https://id.example",
    "TOKEN_TTL_SECONDS": "60",
    "PASSWORD_MIN_LENGTH": "8",
    "COMPASS": "north",
    "DB_PASSWORD": "$(FROM_SECRET)",
    "MONKEY": "see",
    "AUTH_ENABLED": "true",
}


def test_env_that_helps_a_diagnosis_stays() -> None:
    pod = container(env=[{"name": name, "value": value} for name, value in ENV_HARMLESS.items()])
    assert shown(pod) == pod


def test_env_can_be_masked_whole() -> None:
    result = shown(container(env=[{"name": "LOG_LEVEL", "value": "debug"}]), env="all")
    assert result["spec"]["containers"][0]["env"] == [
        {"name": "LOG_LEVEL", "value": "[redacted: env]"}
    ]


@pytest.mark.parametrize(
    "args",
    [[f"--password={V}"], ["--token", V], ["-c", f"run --client-secret {V}"], ["--api-key", V, "x"],
     ["sh", "-c", f"export DB_PASSWORD={V}; curl -u bo:{V} https://h"]],
)  # fmt: skip
def test_arguments(args: list[str]) -> None:
    gone(container(args=args, command=args))


def test_arguments_that_name_no_secret_stay() -> None:
    pod = container(
        args=["--v=4", "--token-path", "/x", "--secret-name", "db", "--tls-key-file=/k"]
    )
    assert shown(pod) == pod


def test_kubeconfig() -> None:
    user = {
        "token": V,
        "password": V,
        "username": "bo",
        "client-key-data": b64(pem()),
        "auth-provider": {"name": "oidc", "config": {"id-token": JWT, "client-secret": V}},
        "exec": {"env": [{"name": "AWS_SECRET", "value": V}], "args": ["--client-secret", V]},
    }
    result = gone({"kind": "Config", "users": [{"name": "a", "user": user}]})
    assert JWT not in str(result)
    assert b64(pem())[:60] not in str(result)
    assert result["users"][0]["user"]["username"] == "bo"


def test_docker_configuration() -> None:
    auths = {"auths": {"r": {"auth": b64(f"bo:{V}"), "password": V, "identitytoken": V}}}
    for obj in (auths, {"data": {".dockerconfigjson": orjson.dumps(auths).decode()}}):
        assert b64(f"bo:{V}") not in str(gone(obj))


def test_helm_release() -> None:
    release = "H4sIA" + "AbC0" * 20
    for obj in (
        {"kind": "Secret", "type": "helm.sh/release.v1", "data": {"release": release}},
        {"kind": "ConfigMap", "data": {"release": release}},
    ):
        assert release not in str(shown(obj))


@pytest.mark.parametrize(
    "key",
    ["password", "Passwd", "secret", "token", "api_key", "apiKey", "access-key", "clientSecret",
     "private_key", "Authorization", "connectionString", "spring.datasource.password", "tls.key",
     "refreshToken", "cvv", "sessionId", "openshift.io/token-secret.value"],
)  # fmt: skip
def test_known_keys(key: str) -> None:
    gone({key: V})
    gone({"a": [{key: [V]}]})


HARMLESS = {
    "secretName": "db",
    "secretRef": {"name": "db"},
    "secretKeyRef": {"name": "db", "key": "password"},
    "tokenExpirationSeconds": 3600,
    "automountServiceAccountToken": False,
    "keyRef": "x",
    "imagePullSecrets": [{"name": "registry"}],
    "existingSecret": "db",
    "nextPageToken": "abc1",
    "continue": b64('{"v":"meta.k8s.io/v1","rv":1}'),
    "key": "app",
    "token": None,
    "password": "",
    "publicKey": "x",
    "tokens": 5,
    "id": 4111111111111111,
    "note": "[redacted: password]",
}


def test_harmless_keys_stay() -> None:
    assert shown(HARMLESS) == HARMLESS


def test_numbers_under_telling_keys() -> None:
    assert shown({"cardNumber": 4111111111111111, "pan": 5}) == {
        "cardNumber": "411111******1111",
        "pan": 5,
    }
    assert shown({"token": 12345, "flag": True}) == {"token": "[redacted: token]", "flag": True}


def test_patches_by_path() -> None:
    gone({"op": "replace", "path": "/spec/password", "value": V})


def test_keys_are_redacted_and_kept_apart() -> None:
    result = shown({f"password={V}": 1, f"password={V}x": 2})
    assert result == {"password=[redacted: password]": 1, "password=[redacted: password] #2": 2}


def test_depth_is_bounded() -> None:
    deep: Any = V
    for _ in range(5000):
        deep = [deep]
    assert "[withheld: too deep]" in str(redact_object(deep, {}))
    text = '{"password": "' + V + '"}'
    for _ in range(6):
        text = orjson.dumps({"a": text}).decode()
    gone({"x": text})


def test_what_is_no_json_is_withheld() -> None:
    strange: Any = {"a": b"bytes", 5: object()}
    assert redact_object(strange, {}) == {"a": "[withheld: not JSON]", "5": "[withheld: not JSON]"}
