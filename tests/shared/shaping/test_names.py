import pytest

from bailiwick.shaping.names import env_label, key_label, names_card


@pytest.mark.parametrize(
    ("name", "label"),
    [("password", "password"), ("adminPassword", "password"), ("DB_PASS", "password"),
     ("api_key", "key"), ("X-Auth-Token", "token"), ("bypass", None), ("secretName", None),
     ("tokenExpirationSeconds", None), ("existingSecret", None), ("nextPageToken", None),
     ("key", None), ("", None), ("é", None), ("[redacted: token]", None)],
)  # fmt: skip
def test_keys(name: str, label: str | None) -> None:
    assert key_label(name) == label


@pytest.mark.parametrize(
    ("name", "label"),
    [("KEY", "key"), ("TOKEN_FILE", None), ("KEYCLOAK_URL", None), ("PGPASSWORD", "password"),
     ("TOKENIZER", None), ("SENTRY_DSN", "connection string"), ("LOG_LEVEL", None)],
)  # fmt: skip
def test_env(name: str, label: str | None) -> None:
    assert env_label(name) == label


def test_cards() -> None:
    assert names_card("cardNumber")
    assert names_card("pan")
    assert not names_card("span")
