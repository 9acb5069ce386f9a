"""Both layouts of a dashboard's JSON, from version 4 to what is not out yet, and nonsense."""

from typing import Any

import pytest

from bailiwick_observability.models.dashboards import Dashboard, Query
from bailiwick_observability.upstream import classic, layouts


def read(panel: dict[str, Any], **more: Any) -> Dashboard:
    return classic.dashboard({"uid": "u", "title": "t", "panels": [panel], **more}, {})


def test_reads_the_first_form_of_the_newer_layout() -> None:
    asked = {"kind": "prometheus", "spec": {"expr": "up"}}
    query = {"refId": "A", "datasource": {"type": "prometheus", "uid": "p"}, "query": asked}
    element = {
        "id": 4,
        "title": "Up",
        "data": {"kind": "QueryGroup", "spec": {"queries": [{"spec": query}]}},
        "vizConfig": {"kind": "stat", "spec": {"fieldConfig": {"defaults": {"unit": "short"}}}},
    }
    item = {"kind": "GridLayoutItem", "spec": {"element": {"name": "other"}}}
    grid = {"kind": "GridLayout", "spec": {"items": [item]}}
    tab = {"kind": "TabsLayoutTab", "spec": {"title": "One", "layout": grid}}
    source = {"kind": "DatasourceVariable", "spec": {"name": "ds", "pluginId": "prometheus"}}
    spec: dict[str, Any] = {
        "title": "New",
        "elements": {"panel-4": {"kind": "Panel", "spec": element}, "other": {"spec": {}}},
        "layout": {"kind": "TabsLayout", "spec": {"tabs": [tab]}},
        "variables": [source, {"kind": "TextVariable", "spec": {"name": "t", "query": "x"}}],
    }
    found = layouts.dashboard(spec, "u", {"version": 2})
    assert layouts.is_resource(spec)
    assert [(panel.id, panel.row) for panel in found.panels] == [(0, "One"), (4, "")]
    assert found.panels[1].queries == (Query("A", "up", "p", "prometheus"),)
    assert (found.panels[1].kind, found.uid, found.version) == ("stat", "u", 2)
    assert [(v.kind, v.query) for v in found.variables] == [
        ("datasource", "prometheus"),
        ("textbox", "x"),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, ("own", "loki")),
        ("default", ("own", "loki")),
        ("${ds}", ("own", "loki")),
        ({"uid": "-- Mixed --"}, ("own", "loki")),
    ],
)
def test_a_query_knows_its_source_better(source: Any, expected: tuple[str, str]) -> None:
    target = {"refId": "A", "expr": "x", "datasource": {"uid": "own", "type": "loki"}}
    found = read({"id": 1, "type": "logs", "datasource": source, "targets": [target]})
    query = found.panels[0].queries[0]
    assert (query.datasource, query.kind) == expected


@pytest.mark.parametrize("source", ["${ds}", {"uid": "${ds}", "type": "prometheus"}])
def test_a_variable_stays_as_source(source: Any) -> None:
    found = read({"id": 1, "datasource": source, "targets": [{"query": "x"}]})
    assert found.panels[0].queries[0].datasource == "${ds}"


def test_survives_nonsense_in_every_field() -> None:
    odd: dict[str, Any] = {
        "id": "NaN",
        "title": 7,
        "type": None,
        "targets": ["x", {"expr": [], "hide": 0}],
    }
    odd |= {"thresholds": "a,,nan,5", "yaxes": [{}], "datasource": [], "fieldConfig": "x"}
    bad: list[Any] = [{"name": ""}, {"name": "v", "current": [], "options": "x", "query": 4}, None]
    found = read(odd, templating={"list": bad}, time=[], tags="x", rows={"a": 1})
    assert (found.panels[0].id, found.panels[0].thresholds) == (0, (5.0,))
    assert [v.current for v in found.variables] == [()]


def test_reads_variables_of_every_kind() -> None:
    listed = [
        {"name": "c", "type": "custom", "query": r"a\,b, c, Text : d"},
        {"name": "i", "type": "interval", "query": "1m,5m", "current": {"value": "$__auto"}},
        {"name": "k", "type": "constant", "query": "x"},
        {"name": "t", "type": "textbox", "query": "", "current": {"value": ""}},
        {"name": "q", "type": "query", "query": {"query": "label_values(up, job)"}},
        {"name": "n", "type": "custom", "current": {"value": 5}, "query": "5"},
        {"name": "d", "type": "datasource", "query": "prometheus", "current": {"value": "p"}},
        {
            "name": "f",
            "type": "adhoc",
            "filters": [{"key": "job", "operator": "=", "value": "node"}],
        },
    ]
    found = read({}, templating={"list": listed}).variables
    assert [(v.name, v.current) for v in found] == [
        ("c", ("a,b",)),
        ("i", ("$__auto",)),
        ("k", ("x",)),
        ("t", ("",)),
        ("q", ()),
        ("n", ("5",)),
        ("d", ("p",)),
        ("f", ()),
    ]
    assert found[0].options == ("a,b", "c", "d")
    assert (found[4].query, found[7].query) == ("label_values(up, job)", "job=node")
