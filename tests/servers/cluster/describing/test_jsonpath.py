"""JSONPath as kubectl reads it: what it finds, where it cannot be read, and how much it costs."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadRequest
from bailiwick_cluster.describing.jsonpath import parsed, values

POD: dict[str, Any] = {
    "metadata": {"name": "web", "annotations": {"a.b/c": "noted"}, "labels": {"app": "web"}},
    "spec": {
        "containers": [
            {"name": "app", "image": "app:1", "ports": [{"containerPort": 80}], "tty": True},
            {"name": "side", "image": "side:2", "ports": [{"containerPort": 9_000}]},
            {"name": "third", "image": "third:3"},
        ]
    },
    "status": {
        "conditions": [
            {"type": "Ready", "status": "False"},
            {"type": "PodScheduled", "status": "True"},
        ]
    },
}
IMAGES = ["app:1", "side:2", "third:3"]


def found(path: str, tree: Any = POD) -> list[Any]:
    return values(tree, parsed(path))


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (".metadata.name", ["web"]),
        ("metadata.name", ["web"]),
        ("$.metadata.name", ["web"]),
        ("{.metadata.name}", ["web"]),
        ("  {.metadata.name} ", ["web"]),
        (".metadata['name']", ["web"]),
        ('.metadata["name"]', ["web"]),
        (r".metadata.annotations.a\.b/c", ["noted"]),
        (".metadata.annotations['a.b/c']", ["noted"]),
        (".spec.containers[*].image", IMAGES),
        (".spec.containers.*.image", IMAGES),
        (".spec.containers[0].image", ["app:1"]),
        (".spec.containers[-1].image", ["third:3"]),
        (".spec.containers[9].image", []),
        (".spec.containers[-9].image", []),
        (".spec.containers[0,2].image", ["app:1", "third:3"]),
        (".spec.containers[1:].image", ["side:2", "third:3"]),
        (".spec.containers[:1].image", ["app:1"]),
        (".spec.containers[-2:].image", ["side:2", "third:3"]),
        (".spec.containers[::2].image", ["app:1", "third:3"]),
        (".spec.containers[0]['name','image']", ["app", "app:1"]),
        ('.status.conditions[?(@.type=="Ready")].status', ["False"]),
        (".status.conditions[?(@.type=='Ready')].status", ["False"]),
        (".status.conditions[?( @.type != 'Ready' )].type", ["PodScheduled"]),
        (".spec.containers[?(@.ports)].name", ["app", "side"]),
        (".spec.containers[?(@.tty==true)].name", ["app"]),
        (".spec.containers[?(@.ports[0].containerPort>80)].name", ["side"]),
        (".spec.containers[?(@.ports[0].containerPort<=80)].name", ["app"]),
        (".spec.containers[?(@.name>='side')].name", ["side", "third"]),
        (".spec.containers[?(@.name>1)].name", []),
        ("..image", IMAGES),
        ("..ports[*].containerPort", [80, 9_000]),
        (".metadata.labels", [{"app": "web"}]),
        (".metadata.labels.*", ["web"]),
        (".nothing.here", []),
        (".metadata.name.deeper", []),
        (".metadata[0]", []),
        (".metadata[?(@.x)]", []),
        (".", [POD]),
        ("$", [POD]),
    ],
)
def test_what_a_path_leads_to(path: str, what: list[Any]) -> None:
    assert found(path) == what


@pytest.mark.parametrize(
    ("path", "position"),
    [
        (".spec.containers[", 17),
        (".spec.containers[*", 17),
        (".spec.containers[]", 17),
        (".spec.containers[abc]", 17),
        (".spec..", 8),
        (".spec.", 7),
        (".spec containers", 6),
        (".spec[?(@.a==b)]", 6),
        (".spec[?(@.a==)]", 12),
        (".spec[?@.a]", 6),
        ('.spec[?(@.a[)=="x")]', 6),
        (".spec[?(@.a[?(@.b)])]", 6),
        (".spec[1:2:0]", 6),
        ("{range .items[*]}", 7),
        ("", 1),
        ("[?(@. x)]", 6),
    ],
)
def test_where_it_cannot_be_read(path: str, position: int) -> None:
    with pytest.raises(BadRequest, match=rf"at position {position}: expected"):
        parsed(path)


def test_what_would_be_too_much_is_refused() -> None:
    wide = {"a": [[{"x": 1}] * 30] * 30}
    with pytest.raises(BadRequest, match="more than 500 values"):
        found("..x", wide)
    deep: Any = {}
    for _ in range(90):
        deep = {"a": deep, "b": [1] * 20}
    with pytest.raises(BadRequest, match="visits too much"):
        found("..[*]..[*]", deep)
    with pytest.raises(BadRequest, match="visits too much"):
        found("..[?(@..a)]", {"l": [deep] * 40})


def test_one_is_not_true() -> None:
    assert found("[?(@.x==1)]", [{"x": True}, {"x": 1}]) == [{"x": 1}]
    assert found("[?(@.x==null)]", [{"x": None}, {"y": 1}]) == [{"x": None}]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(st.text(alphabet="abc.[]*?()@='\"0123:,-<>!$ \\{}", max_size=40), JSON)
def test_any_path_is_read_or_refused(path: str, tree: Any) -> None:
    with suppress(BadRequest):
        values(tree, parsed(path))
