"""Manifests as people write them, and as people write them who mean harm."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_cluster.changing.documents import DEEPEST, MOST_DOCUMENTS, documents, value

ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def test_documents_are_read_one_by_one_and_lists_taken_apart() -> None:
    items = '{"apiVersion": "v1", "kind": "List", "items": [%s, %s]}'
    two = items % (('{"apiVersion": "v1", "kind": "Pod"}',) * 2)
    found = documents(f"---\n{ONE}---\n# nothing\n---\n{ONE}---\n{two}\n")
    assert [each["kind"] for each in found] == ["ConfigMap", "ConfigMap", "Pod", "Pod"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("12:30", "12:30"), ("2020-01-01", "2020-01-01"), ("1e3", 1000.0), ("yes", True),
        ("0777", 511), ("0x1F", 31), ("1_000", 1000), ("1.2.3", "1.2.3"), ("=", "="), ("~", None),
        ("08", 8), ("-1", -1), (".5", 0.5), ("'1'", "1"), ("<<", "<<"), (".nan", ".nan"),
    ],
)  # fmt: skip
def test_scalars_are_what_kubernetes_takes_them_for(said: str, meant: Any) -> None:
    assert value(f"a: {said}") == {"a": meant}


def test_keys_are_text_and_json_is_yaml() -> None:
    assert value("1: a\non: b\nx: {010: c}") == {"1": "a", "true": "b", "x": {"8": "c"}}
    assert value('{"a":\t"\\ud83d\\ude00"}') == {"a": "😀"}
    assert value("a: &x {b: 1}\nc: {<<: *x, d: 2}") == {"a": {"b": 1}, "c": {"b": 1, "d": 2}}


def _bomb(inner: str) -> str:
    names = "abcdefghijkl"
    rows = [f"{now}: &{now} " + inner.format(",".join([f"*{was}"] * 9))
            for was, now in pairwise(names)]  # fmt: skip
    return "\n".join(["a: &a {x: 1}", *rows])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (_bomb("[{}]"), "aliases stand for more than"),
        (_bomb("{{<<: [{}]}}"), "aliases stand for more than"),
        ("a: &a [*a]", "stands for what it is in"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "deep"),
        ("- " * 50_000, "deep"),
        ("[" * 200_000, "no YAML"),
        ("---\n" * 300 + "a", "at a time"),
        ("a: 1\na: 2", "said twice, at line 2"),
        ("1: a\n'1': b", "said twice"),
        ("~: a", "is no text"),
        ("x: {b: 1, b: 2}", "said twice"),
        ("? [a]\n: b", "is no text"),
        ("a: !!python/object/apply:os.system [id]", "no YAML"),
        ("a: !!binary aGk=", "no YAML"),
        ("a: 9223372036854775808", "no YAML"),
        ("a: [", "no YAML or JSON at line 2"),
        ("\0", "no YAML"),
        ("a: \ud800", "no YAML"),
    ],
)
def test_what_would_blow_up_is_refused(said: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        value(said)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "no object"), ("---\n---\n", "no object"), ("a", "is no object"),
        ("[1]", "is no object"), ("kind: Pod", "no apiVersion or kind"),
        ("apiVersion: v1\nkind: [Pod]", "no apiVersion or kind"),
        ("apiVersion: v1\nkind: List\nitems: [1]", "is no object"),
        ("a: 1\n" * 200_001, "too many"),
        ((ONE + "---\n") * (MOST_DOCUMENTS + 1), "too many for one change"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_refused(said: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        documents(said)


def test_a_secret_is_in_no_message() -> None:
    with pytest.raises(BadRequest) as caught:
        documents("kind: Secret\nstringData: {a: swordfish\n")
    told = f"{caught.value} {caught.value.detail} {caught.value.__cause__!r}"
    assert "swordfish" not in told
    assert caught.value.__suppress_context__


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(said: str) -> None:
    try:
        value(said)
    except BadRequest:
        return
