import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.shaping.secrets import redact_secrets
from tests.shared.shaping.planted import ALNUM, HEX, JWT, PEM_BODY, TOKENS, b64, pem

V = "hunter" + "2x"


def shown(text: str) -> str:
    counts: dict[str, int] = {}
    result = redact_secrets(text, counts)
    assert sum(counts.values()) > 0 or result == text
    return result


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
@pytest.mark.parametrize("frame", ["{}", "at {} end", '"{}"', "x={},", "line\n{}\nline", "ü{} é"])
def test_tokens_are_known_by_their_shape(token: str, frame: str) -> None:
    result = shown(frame.format(token))
    assert token not in result
    assert token[-12:] not in result
    assert "[redacted: " in result


ASSIGNED = [
    f"password={V}",
    f"password = '{V}'",
    f'{{"password": "{V}", "user": "bo"}}',
    f'{{"password":"{V}',
    f'{{\\"password\\":\\"{V}\\"}}',
    f'{{"db":{{"passwd" : "{V} \\" more{V}"}}}}',
    f"DB_PASSWORD: {V} and {V}",
    f"  - token: {V}",
    f"spring.datasource.password={V}",
    f"error: bad token: {V}",
    f"client_secret={V}&grant_type=x",
    f"https://h/x?a=1&access_token={V}&b=2",
    f"https://h/x?sv=1&sig={V}%3D",
    f"https://h/x?X-Amz-Signature={V}",
    f"AccountName=me;AccountKey={V}==;EndpointSuffix=x",
    f"Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey={V}=",
    f"Server=h;User Id=sa;Password={V};Encrypt=true",
    f"Server=h;Uid=sa;Pwd={V};",
    f"aws_secret_access_key = {V}",
    f"run --password {V} --host h",
    f"run --password={V}",
    f"run --client-secret '{V}'",
    f"Authorization: Bearer {V}",
    f'"authorization":"Bearer {V}"',
    f"Authorization: Splunk {V}",
    f"Authorization:[Bearer {V}]",
    f"authorization: Token {V}",
    f"Proxy-Authorization: Basic {b64('bo:' + V)}",
    f'Authorization: Digest username="u", response="{V}"',
    f"curl -u bo:{V} https://h",
    f"sent Basic {b64('bo:' + V)} to h",
    f"used Bearer {ALNUM[:24]}{V}",
    f"https://bo:{V}@host/x",
    f"postgres://bo:{V}/{V}@host/x",
    f"redis://:{V}@host",
    f"https://{ALNUM[:20]}{V}@sentry.io/1",
    f"https://bo:a@{V}@host/x",
    f"Set-Cookie: sid={V}; Path=/; HttpOnly",
    f"Cookie: a={V}; b={V}",
    f'"Cookie": "a={V}"',
    f"JSESSIONID={V};",
    f'"auths":{{"r":{{"auth":"{b64("bo:" + V)}"}}}}',
    f"users:\n- name: a\n  user:\n    token: {V}\n",
    f"    client-key-data: {V}\n",
    f"- name: DB_PASSWORD\n  value: {V}\n",
    f'{{"name":"API_TOKEN","value":"{V}"}}',
    f"X-Auth-Token: {V}",
    f"X-Vault-Token: {V}",
    f"api_key={V}",
    f"apikey: '{V}'",
    f"cvv={V}",
    f"Started with dsn, db_dsn={V}",
]


@pytest.mark.parametrize("text", ASSIGNED)
def test_secrets_are_known_by_what_stands_before(text: str) -> None:
    result = shown(text)
    assert V not in result
    assert b64("bo:" + V) not in result
    assert "[redacted: " in result


@pytest.mark.parametrize(
    "text",
    [
        pem(),
        pem("PRIVATE KEY"),
        pem("EC PRIVATE KEY"),
        pem("ENCRYPTED PRIVATE KEY"),
        pem("PGP PRIVATE KEY BLOCK"),
        pem().replace("\n", "\\n"),
        pem().replace("\n", "\r\n"),
        pem().replace("\n", "\n    "),
        pem().rpartition("-----END")[0],
        pem().replace("\n", "\\n").rpartition("-----END")[0],
        pem().replace("\n", "\n2026-07-01T12:00:00.000Z "),
        pem().replace("\n", "\n2026-07-01T12:00:00.000Z ").rpartition("-----END")[0],
        pem().partition("KEY-----\n")[2],
        pem()[:70] + "\n" + pem(),
        '{"private_key": "' + pem().replace("\n", "\\n") + '"}',
    ],
)
def test_private_keys_whole_or_cut(text: str) -> None:
    result = shown("before.\n" + text + "\n!after.")
    assert not any(line.strip("=") in result for line in PEM_BODY.split("\n"))
    assert result.startswith("before.\n")
    assert result.endswith("after.")


def test_certificates_stay() -> None:
    text = pem("CERTIFICATE") + "\n" + pem("PUBLIC KEY") + " caBundle: " + b64(pem("CERTIFICATE"))
    assert shown(text) == text


HARMLESS = [
    "secret-store-controller-6b7f",
    "pod/token-refresher-7d9f8b6c5-abcde Running",
    "image: registry/app@sha256:" + HEX,
    "sha256:" + HEX + " pulled",
    "uid 3f2b8c1e-6a57-4a1e-9c1f-0d2f6a1b2c3d",
    "commit " + HEX[:40],
    'resourceVersion: "18446744073"',
    b64("just some harmless text, nothing to see here at all"),
    "continue=" + b64('{"v":"meta.k8s.io/v1","rv":1234,"start":"default"}'),
    "invalid token at position 5",
    "unexpected token: identifier",
    "the password is wrong",
    "authentication failed: password: incorrect",
    "authorization: denied by policy",
    "missing bearer authentication header value",
    "this is a basic requirement",
    "secretName: my-credentials",
    "secretKeyRef:\n  name: db\n  key: password",
    "automountServiceAccountToken: false",
    "tokenExpirationSeconds: 3600",
    "imagePullSecrets:\n- name: registry",
    "existingSecret: my-secret",
    "volumes:\n- secret:\n    secretName: x",
    '"Updated secret" secret="default/web-tls"',
    "max_tokens=4096 prompt_tokens: 12",
    "nextPageToken=abc123def",
    "password=$(DB_PASSWORD)",
    "password: ${DB_PASSWORD}",
    "password=***",
    "token=<nil>",
    "require password=true",
    "http://host:8080/path?mail=a@b.example",
    "ssh://git@github.com/a/b",
    "mail bo@example.com",
    "https://example.com:443/@scope/pkg",
    "sk-controller-manager-leader-election-worker",
    "task-runner-with-a-very-long-name-indeed",
    "keys=3 key=app.kubernetes.io/name",
    'secrets "web" is forbidden: User "a" cannot get',
    "tests pass: 12, fail: 0",
    "flag --token is deprecated",
    "author: someone, authored: 2026",
    "cookies enabled: yes",
    "eyJ is how they begin",
    "the quick brown fox",
    "-----BEGIN CERTIFICATE REQUEST-----",
    "passthrough: route",
    "AKIA is a prefix",
    "npm_config_cache=/tmp",
    "hf_hub_download failed",
    "glsa_ prefix",
    "conn=12 closed",
    "connection: keep-alive",
    "PWD=/home/app",
    "set `password=` first",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_lookalikes_stay(text: str) -> None:
    assert shown(text) == text


def test_marks_tell_the_type_and_are_counted() -> None:
    counts: dict[str, int] = {}
    text = redact_secrets(f"password={V} token={V} {JWT}", counts)
    assert text == "password=[redacted: password] token=[redacted: token] [redacted: jwt]"
    assert counts == {"password": 1, "token": 1, "jwt": 1}


def test_two_rules_on_one_secret_make_one_mark() -> None:
    assert (
        shown(f"Authorization: Bearer {JWT}") == "Authorization: Bearer [redacted: authorization]"
    )


def test_a_declined_match_does_not_hide_the_next() -> None:
    assert V not in shown(f"token: password={V}")
    assert V not in shown(f"http://a:80/x,http://u:{V}@h")


def test_what_a_mark_says_announces_nothing() -> None:
    text = "[redacted: github token]: see docs1 [redacted: password]=x1"
    assert shown(text) == text


PLANTS = st.sampled_from([*TOKENS.values(), *(text for text in ASSIGNED if " and " not in text)])
WALLS = st.sampled_from(["\n", " ", "\t", '\n"', "\n(", " | "])


@given(st.text(max_size=40), WALLS, PLANTS, st.text(max_size=40))
def test_a_planted_secret_never_survives(before: str, wall: str, plant: str, after: str) -> None:
    result = redact_secrets(f"{before}{wall}{plant}\n{after}", {})
    assert (V in plant and V not in result) or plant[-12:] not in result


@given(st.text(alphabet=st.characters(categories=["L", "Zs", "Cs", "P", "Nd"])))
def test_never_raises_and_settles(text: str) -> None:
    once = redact_secrets(text, {})
    assert redact_secrets(once, {}) == once


@given(st.lists(st.sampled_from(re.findall(r"\w+", " ".join(HARMLESS[:6]))), max_size=30))
def test_plain_words_are_unchanged(words: list[str]) -> None:
    text = " ".join(words)
    assert redact_secrets(text, {}) == text
