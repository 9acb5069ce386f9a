"""What is shown of a change, and what is never shown."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.preparing.difference import bare, changes, difference

WORD = "swordfish"
BEFORE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web", "uid": "u", "resourceVersion": "1", "generation": 1,
        "annotations": {
            "deployment.kubernetes.io/revision": "1",
            "kubectl.kubernetes.io/last-applied-configuration": '{"a": "swordfish"}',
        },
        "managedFields": [{"manager": "x"}],
    },
    "spec": {"template": {"metadata": {"creationTimestamp": None}, "spec": {"containers": [
        {"name": "app", "image": "web:1", "env": [{"name": "DB_PASSWORD", "value": "swordfish"}]},
    ]}}},
    "status": {"readyReplicas": 1},
}  # fmt: skip


def _image(image: str, secret: str = WORD) -> dict[str, Any]:
    one = {"name": "app", "image": image, "env": [{"name": "DB_PASSWORD", "value": secret}]}
    about = {"name": "web", "uid": "u", "resourceVersion": "2", "generation": 2}
    return {**BEFORE, "metadata": about, "spec": {"template": {"spec": {"containers": [one]}}}}


def test_only_what_changes_is_shown_and_no_noise() -> None:
    told = difference(BEFORE, _image("web:2"))
    assert "-        image: web:1" in told
    assert "+        image: web:2" in told
    text = "\n".join(told)
    assert "swordfish" not in text
    assert "resourceVersion" not in text
    assert "revision" not in text
    assert difference(BEFORE, BEFORE) == []
    assert not changes(BEFORE, {**BEFORE, "status": {}})


def test_a_secret_value_that_changes_is_told_and_not_shown() -> None:
    told = "\n".join(difference(BEFORE, _image("web:1", "sturgeon")))
    assert "+          value: '[redacted: password changed]'" in told
    assert "swordfish" not in told
    assert "sturgeon" not in told


def test_data_of_a_secret_by_key_and_size() -> None:
    old = {"kind": "Secret", "data": {"a": "c3dvcmRmaXNo", "b": "Yg==", "gone": "eA=="}}
    new = {"kind": "Secret", "data": {"a": "c3R1cmdlb25z", "b": "Yg==", "new": "eHk="}}
    told = "\n".join(difference(old, new))
    assert "+  a: '[redacted: Secret data changed, 9 bytes]'" in told
    assert "   b: '[redacted: Secret data, 1 bytes]'" in told
    assert "-  gone: " in told
    assert "+  new: '[redacted: Secret data, 2 bytes]'" in told
    for secret in ("c3dv", "c3R1", "eHk"):
        assert secret not in told


def test_what_is_new_and_what_goes() -> None:
    assert difference(None, {"kind": "A", "spec": {"a": 1}})[1:] == [
        "+metadata: {}", "+kind: A", "+spec:", "+  a: 1",
    ]  # fmt: skip
    assert all(line[0] in "-@" for line in difference({"kind": "A"}, None))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)  # fmt: skip
OBJECTS = st.dictionaries(st.sampled_from(["kind", "metadata", "spec", "data", "x"]), JSON)


@given(OBJECTS, OBJECTS)
def test_whatever_its_shape_it_is_told(old: dict[str, Any], new: dict[str, Any]) -> None:
    told = difference(old, new)
    assert bool(told) <= (bare(old) != bare(new))
    bare(old)


@given(st.text(min_size=9, max_size=30, alphabet="abcdefghjkmnpqrstuvwxyz"), st.booleans())
def test_no_secret_is_ever_in_it(secret: str, encoded: bool) -> None:
    old = {"kind": "Secret", "data" if encoded else "stringData": {"key": secret}}
    new = {"kind": "Secret", "data" if encoded else "stringData": {"key": secret[::-1] + "q"}}
    for told in (difference(old, new), difference(None, new), difference(old, None)):
        assert secret not in "\n".join(told)
        assert secret[::-1] not in "\n".join(told)


def test_an_order_of_fields_is_no_difference() -> None:
    one = {"spec": {"a": 1, "b": [{"c": 1, "d": 2}]}, "data": {}}
    other = {"data": {}, "spec": {"b": [{"d": 2, "c": 1}, 3], "a": 1}}
    assert difference(one, {"data": {}, "spec": {"b": [{"d": 2, "c": 1}], "a": 1}}) == []
    assert [line for line in difference(one, other) if line[0] in "+-"] == ["+  - 3"]
