"""YAML from outside: values of callers, manifests of charts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_cluster.releases.documents import MOST_VALUES, bounded, manifest, values
from tests.parts.helm import MANIFEST

LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
)


def test_values_are_read_as_go_reads_them() -> None:
    said = "a: 1\nday: 2020-01-01\ntime: 12:30\nbig: 1e3\nmode: 0644\nyes: no\n1: x\nn: ~"
    assert values(said) == {
        "a": 1,
        "day": "2020-01-01",
        "time": "12:30",
        "big": 1000.0,
        "mode": 0o644,
        "true": False,
        "1": "x",
        "n": None,
    }


def test_aliases_are_written_out() -> None:
    assert values("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}") == {
        "a": {"b": 1},
        "c": {"b": 1},
        "d": {"b": 1, "e": 2},
    }


@pytest.mark.parametrize("said", ["", "# nothing", "---\n", "null"])
def test_nothing_is_no_values(said: str) -> None:
    assert values(said) == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("- 1", "must be a YAML mapping"),
        ("replicas", "must be a YAML mapping"),
        ("a: [\n", "cannot be read at line 2"),
        ("a: 1\nb: 2\na: 3", "a key stands twice at line 1"),
        ("a: 1\n---\nb: 2", "cannot be read"),
        ("a: .inf", "not finite"),
        ("a: 99999999999999999999", "too large"),
        ("a: !!binary aGk=", "JSON does not have"),
        ("!!python/object/apply:os.system [id]", "cannot be read"),
        ("a: !custom 1", "cannot be read"),
        ("&a [*a]", "holds itself"),
        ("? [a]\n: b", "cannot be read"),
        ("a: '\ud800'", "characters that no YAML has"),
        ("a: '\x00'", "cannot be read"),
        (LAUGHS, "aliases stand for too much"),
        ("[" * 60_000, "no YAML"),
        ("- " * 30_000, "no YAML"),
        ("\n".join("  " * n + f"k{n}:" for n in range(150)), "nested too deep"),
    ],
    ids=lambda said: said[:20].replace("\x00", "0").encode(errors="replace").decode(),
)
def test_what_cannot_be_used_says_why(said: str, why: str) -> None:
    with pytest.raises(BadRequest, match=why):
        values(said)


def test_values_are_bounded() -> None:
    assert bounded("a" * MOST_VALUES)
    with pytest.raises(ValueError, match="set only what differs"):
        bounded("ä" * MOST_VALUES)


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#\n ~<?,01.")))
def test_any_text_is_values_or_a_bad_request(said: str) -> None:
    try:
        found = values(said)
    except BadRequest:
        return
    assert isinstance(found, dict)


def test_a_manifest_is_its_objects() -> None:
    found = manifest(MANIFEST, "shop")
    assert [each.key for each in found.documents] == [
        ("", "Secret", "shop", "hello"),
        ("apps", "Deployment", "shop", "hello"),
    ]
    assert found.unread == 0


def test_one_broken_document_leaves_the_others() -> None:
    said = "---\nkind: [\n---\nkind: A\nmetadata: {name: a}\n---\n- 1\n---\n# Source: x\n"
    found = manifest(said)
    assert [each.kind for each in found.documents] == ["A"]
    assert found.unread == 2


def test_what_looks_like_an_end_inside_a_text_is_not_one() -> None:
    said = "kind: ConfigMap\ndata:\n  a: |\n    ---\n    b\n"
    [found] = manifest(said).documents
    assert found.body["data"] == {"a": "---\nb\n"}


def test_a_policy_to_keep_is_known() -> None:
    said = "kind: A\nmetadata: {annotations: {helm.sh/resource-policy: ' Keep '}}"
    assert manifest(said).documents[0].kept


def test_a_manifest_that_is_too_long_is_read_in_part() -> None:
    said = "---\nkind: A\nmetadata: {name: a}\n" + "---\n# " + "x" * 7_000_000
    found = manifest(said)
    assert len(found.documents) == 1
    assert found.unread >= 1
