"""Fields as rows: what is required first, values, lists, what must not be missed."""

from typing import Any

import pytest

from bailiwick_cluster.describing.fields import described, fitting, plain, rows, rules, values
from bailiwick_cluster.describing.schema import Found, Schemas

SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["size", 7],
    "properties": {
        "old": {"type": "string", "description": "The old way. Deprecated: use size."},
        "mode": {
            "type": "string",
            "enum": ["Fast", "", None, 3],
            "default": "Fast",
            "description": "How. Cannot be updated.\n\nPossible enum values:\n - `Fast` quickly",
        },
        "size": {"type": "integer", "minimum": 1, "maximum": 9, "description": "How large. More."},
        "name": {
            "type": "string",
            "pattern": "^[a-z]+$",
            "maxLength": 10,
            "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "stays"}],
        },
        "ports": {
            "type": "array",
            "items": {"type": "object", "properties": {"port": {"type": "integer"}}},
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port", "protocol"],
        },
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "wait": {"type": "integer", "description": "Seconds to wait. Defaults to 30."},
    },
}
ROOT = {
    "type": "object",
    "description": "A widget.\nIt does things.",
    "properties": {"apiVersion": {}, "kind": {}, "metadata": {}, "spec": SPEC, "status": {}},
}
SCHEMAS = Schemas({})


def row(name: str) -> tuple[str, ...]:
    return next(each for each in rows(SCHEMAS, Found(SPEC, "", ""), whole=False) if each[0] == name)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("size", ("int", "yes", ">= 1; <= 9", "How large.")),
        ("mode", ("string", "", 'default Fast; Fast|""|null|3', "How. Cannot be changed.")),
        ("old", ("string", "", "", "deprecated. The old way.")),
        ("name", ("string", "", "length <= 10; matches ^[a-z]+$; immutable", "")),
        ("ports", ("[]object by port+protocol", "", "", "")),
        ("tags", ("[]string set", "", "", "")),
        ("wait", ("integer", "", "default 30", "Seconds to wait.")),
    ],
)
def test_a_row(name: str, cells: tuple[str, ...]) -> None:
    found = row(name)
    assert found[1].removesuffix("eger") == cells[0].removesuffix("eger")
    assert found[2:] == cells[1:]


def test_required_ones_come_first_and_deprecated_ones_last() -> None:
    names = [each[0] for each in rows(SCHEMAS, Found(SPEC, "", ""), whole=False)]
    assert (names[0], names[-1]) == ("size", "old")


def test_a_whole_kind_shows_its_spec_and_not_what_all_kinds_have() -> None:
    names = [each[0] for each in rows(SCHEMAS, Found(ROOT, "Widget", "Widget"), whole=True)]
    assert names[0] == "spec.size"
    assert names[-1] == "status"
    assert "metadata" not in names
    bare = {"properties": {"metadata": {}, "data": {"type": "object"}}}
    assert [each[0] for each in rows(SCHEMAS, Found(bare, "", ""), whole=True)] == ["data"]


def test_what_the_api_says_and_its_rules() -> None:
    assert described(Found(ROOT, "", "")) == "A widget.\nIt does things."
    assert described(Found({}, "", "")) == ""
    assert rules(SPEC["properties"]["name"]) == ["self == oldSelf # stays"]
    many = {"x-kubernetes-validations": [{"rule": "a"}, {"rule": "b"}, 3]}
    assert values(many) == "2 rules"


def test_what_does_not_fit_is_named() -> None:
    every = [(f"f{n}", "string", "", "", "x" * 50) for n in range(100)]
    shown, others = fitting(every, 1_000)
    assert 10 < len(shown) < 20
    assert len(shown) + len(others) == 100
    assert fitting(every[:1], 10) == (every[:1], [])
    assert plain(["a", "b c", "d\n"]) == "a, 2 more"
