"""The newer resource of a dashboard (`dashboard.grafana.app/v2…`), read into our models.

Panels are `elements` by name, and the layout says where each is: in a grid, in rows, in tabs, or
in one of these within another. v2alpha1 names a data source by type and uid beside the query;
later versions put the type into `group` and the uid into the data source's `name`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bailiwick_observability.models.dashboards import Dashboard, Panel, Variable
from bailiwick_observability.upstream import classic
from bailiwick_observability.upstream.shapes import Json, items, record, records, text

GROUP = "dashboard.grafana.app/"
_FOLDER, _BY, _UPDATED = (
    "grafana.app/folder",
    "grafana.app/updatedBy",
    "grafana.app/updatedTimestamp",
)
_DEEPEST = 8
_KINDS = {"text": "textbox"}


def is_resource(said: Json) -> bool:
    """Tell whether this is one, or at least the inside of one."""
    return text(said.get("apiVersion")).startswith(f"{GROUP}v2") or (
        isinstance(said.get("elements"), dict) and isinstance(said.get("layout"), dict)
    )


def dashboard(said: Json, uid: str, meta: Json) -> Dashboard:
    """Read a resource, or the `spec` of one with the `meta` that came beside it."""
    spec = record(said.get("spec")) if "spec" in said else said
    about = record(said.get("metadata"))
    marks = record(about.get("annotations"))
    notes: list[str] = []
    elements, rows = record(spec.get("elements")), dict(_rows(record(spec.get("layout")), "", 0))
    order = [name for name in rows if name in elements]
    order += [name for name in elements if name not in rows]
    time = record(spec.get("timeSettings"))
    return Dashboard(
        uid=text(about.get("name")) or uid,
        title=text(spec.get("title"))[:300],
        folder=text(meta.get("folderTitle")) or text(marks.get(_FOLDER)),
        tags=tuple(text(tag) for tag in items(spec.get("tags"))),
        panels=tuple(_panel(record(elements[name]), rows.get(name, ""), notes) for name in order),
        variables=tuple(_variable(each, notes) for each in records(spec.get("variables"))),
        time=(text(time.get("from")) or "now-6h", text(time.get("to")) or "now"),
        version=classic.whole(about.get("generation")) or classic.whole(meta.get("version")),
        updated=text(marks.get(_UPDATED)) or text(meta.get("updated")),
        by=text(marks.get(_BY)) or text(meta.get("updatedBy")),
        notes=tuple(notes),
    )


def _rows(layout: Json, title: str, depth: int) -> Iterator[tuple[str, str]]:
    """Name each element of a layout with the row or tab that it is in."""
    spec = record(layout.get("spec"))
    for item in records(spec.get("items")):
        yield text(record(record(item.get("spec")).get("element")).get("name")), title
    if depth >= _DEEPEST:
        return
    for part in (*records(spec.get("rows")), *records(spec.get("tabs"))):
        inner = record(part.get("spec"))
        named = text(inner.get("title")) or title
        yield from _rows(record(inner.get("layout")), named, depth + 1)


def _panel(element: Json, row: str, notes: list[str]) -> Panel:
    """Write an element the classic way, so that there is one reading of panels."""
    spec = record(element.get("spec"))
    look = record(spec.get("vizConfig"))
    data = record(record(spec.get("data")).get("spec"))
    old: Json = {
        "id": spec.get("id"),
        "title": spec.get("title"),
        "description": spec.get("description"),
        "type": look.get("group") or look.get("kind"),
        "fieldConfig": record(look.get("spec")).get("fieldConfig"),
        "libraryPanel": spec.get("libraryPanel"),
        "targets": [_target(record(each.get("spec"))) for each in records(data.get("queries"))],
    }
    return classic.panel(old, row, notes)


def _target(spec: Json) -> Json:
    asked = record(spec.get("query"))
    return {
        **record(asked.get("spec")),
        "refId": spec.get("refId"),
        "hide": spec.get("hidden"),
        "datasource": _source(spec, asked),
    }


def _source(spec: Json, asked: Json) -> Mapping[str, Any]:
    old, new = record(spec.get("datasource")), record(asked.get("datasource"))
    kind = text(asked.get("group")) or text(asked.get("kind"))
    return {"uid": old.get("uid") or new.get("name"), "type": old.get("type") or kind}


def _variable(each: Json, notes: list[str]) -> Variable:
    spec = record(each.get("spec"))
    kind = text(each.get("kind")).removesuffix("Variable").lower()
    asked = spec.get("query")
    old = {
        **spec,
        "type": _KINDS.get(kind, kind),
        "query": record(record(asked).get("spec")) if isinstance(asked, dict) else asked,
    }
    found = classic.variable(old, notes)
    if kind == "datasource" and not found.query:
        return replace(found, query=text(spec.get("pluginId")))
    return found
