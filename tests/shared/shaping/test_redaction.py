from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.shaping.marks import TOO_DEEP, is_mark, mark
from bailiwick.shaping.redaction import redact_object, redact_text
from tests.shared.shaping.planted import JWT, TOKENS, b64, pem

V = "hunter" + "2x"
PAN = "4" + "1" * 15
LINE = "2026-07-01T12:00:00Z INFO pod/web-6b7f reconcile took 12ms id=42\n"

PIECES = st.sampled_from(
    ["password=", "token: ", '"', "'", "\\", "\n", " ", "{", "}", "[", "]", ":", ",", "=", "&",
     "kind: Secret\n", "data:\n", "  a: b\n", '"kind":"Secret"', '"data":{', PAN, "4111 ", "1111",
     JWT, V, "http://a:b@c", "Authorization: Bearer ", "[redacted: password]", "[redacted: ",
     "\u200b", "\x1b[31m", "\uff50", "\ud800", "Cookie: a=b", "--token ", "name: ", "value: ",
     "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "last-applied-configuration: ",
     "|", "sig=", "secret", "auth=", b64("a:b1")],
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text(st.characters())
OBJECTS: st.SearchStrategy[Any] = st.recursive(
    TEXTS | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["kind", "data", "password", "env", "name", "value", "items", "type",
                             "auth", "a"]) | TEXTS,
            inner | st.sampled_from(["Secret", "SecretList", "Opaque", "DB_PASSWORD"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(TEXTS)
def test_text_is_idempotent_and_never_raises(text: str) -> None:
    once = redact_text(text, {})
    counts: dict[str, int] = {}
    assert redact_text(once, counts) == once


@given(OBJECTS)
def test_objects_are_idempotent_and_never_raise(obj: Any) -> None:
    once = redact_object(obj, {})
    assert redact_object(once, {}) == once


def embed(secret: str, road: list[str]) -> Any:
    obj: Any = secret
    for step in road:
        obj = embedded(obj, step)
    return obj


def embedded(inner: Any, step: str) -> Any:
    match step:
        case "list":
            return ["x", inner]
        case "json":
            return orjson.dumps(inner).decode()
        case "key" if isinstance(inner, str):
            return {inner: 1}
        case "line" if isinstance(inner, str):
            return f"log {inner} end"
        case _:
            return {"note": inner, "n": 1}


ROADS = st.lists(st.sampled_from(["list", "map", "key", "json", "line"]), max_size=6)


@given(st.sampled_from([f"password={V}", f"http://u:{V}@h", *TOKENS.values(), PAN]), ROADS)
def test_a_planted_secret_survives_nowhere(secret: str, road: list[str]) -> None:
    text = str(redact_object(embed(secret, road), {}))
    tail = secret.partition("=")[2] or secret
    assert V not in text
    assert tail[:40] not in text


@given(st.lists(st.sampled_from(LINE.split()), max_size=40))
def test_clean_text_comes_back_itself(words: list[str]) -> None:
    text = " ".join(words)
    assert redact_text(text, {}) is text


@pytest.mark.parametrize(
    "text",
    [f"\x1b[36mpassword\x1b[0m={V}", f"pass\u200bword={V}",
     f"\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44\uff1d{V}",
     f'{{"pass\\u0077ord":"{V}"}}', f"kind: Secret\nstringData:\n  a: {V}",
     f"apiVersion: v1\ndata:\n  a: {V}\n  b: >-\n    {V}\nkind: Secret",
     f'{{"kind":"Secret","stringData":{{"a":"{V}"', f"last-applied-configuration: {{{V}}}"],
)  # fmt: skip
def test_hidden_spellings_and_manifests(text: str) -> None:
    assert V not in redact_text(text, {})


def test_structure_of_a_manifest_stays() -> None:
    text = f"kind: Secret\nmetadata:\n  name: db\ndata:\n  a: {b64(V)}\ntype: Opaque\n"
    assert redact_text(text, {}) == text.replace(b64(V), "[redacted: Secret data, 8 bytes]")


def test_invisible_characters_stay_where_they_hide_nothing() -> None:
    text = "a\u200bb \x1b[31mred\x1b[0m \uff57ide"
    assert redact_text(text, {}) == text


def test_counts_add_up() -> None:
    counts = {"password": 1}
    redact_text(f"password={V} {PAN} {pem()}", counts)
    assert counts == {"password": 2, "card number": 1, "private key": 1}


def test_marks() -> None:
    assert is_mark(mark("Secret data", 5))
    assert not is_mark(f"[redacted: {PAN}]")
    assert not is_mark(TOO_DEEP)


HARD = ["-----BEGIN PRIVATE KEY-----!", "sk-", "token:", "eyJ", "http://a:", "password=", "1 ",
        "[redacted: token]", "name: key ", "\x1b]", "{", '\\"', '"password":"', "\u200b4", "auth=",
        "bearer ", "kind: Secret\ndata:\n a: b\n",
        "A=\n", "-----END", "11111111-", "x\u200btoken=1 "]  # fmt: skip


@pytest.mark.parametrize("unit", HARD)
def test_time_grows_with_the_text(unit: str) -> None:
    text = (unit * 100_000)[:100_000]
    redact_text(text, {})  # what grows with the square outlasts the patience of the tests
