"""The classic JSON of a dashboard, from the old `rows` to schema 42, read into our models.

Only what our models hold is kept: a dashboard of 5 MB is mostly options of its pictures.
"""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from bailiwick_observability.models.dashboards import Dashboard, Panel, Query, Variable
from bailiwick_observability.upstream.shapes import Json, items, number, record, records, text

ALL = "$__all"
"""How a dashboard writes that all values of a variable are chosen."""
MIXED, SAME = "-- Mixed --", "-- Dashboard --"
"""Instead of a data source: each query has its own; the results of another panel."""
LANGUAGES = ("expr", "query", "expression", "rawSql", "rawQuery", "target", "queryText")
"""Where a target keeps what it asks, by the kind of its data source."""
_TITLE, _DESCRIPTION = 300, 2_000
_PARTS = re.compile(r"(?:\\,|[^,])+")
_PAIR = re.compile(r"\s:\s")


def dashboard(said: Json, meta: Json) -> Dashboard:
    """Read the `dashboard` and the `meta` of one answer."""
    notes: list[str] = []
    templates = records(record(said.get("templating")).get("list"))
    time = record(said.get("time"))
    return Dashboard(
        uid=text(said.get("uid")),
        title=text(said.get("title"))[:_TITLE],
        folder=text(meta.get("folderTitle")),
        tags=tuple(text(tag) for tag in items(said.get("tags"))),
        panels=tuple(_panels(said, notes)),
        variables=tuple(variable(each, notes) for each in templates if each.get("name")),
        time=(text(time.get("from")) or "now-6h", text(time.get("to")) or "now"),
        version=whole(said.get("version")) or whole(meta.get("version")),
        updated=text(meta.get("updated")),
        by=text(meta.get("updatedBy")),
        notes=tuple(notes),
    )


# Panels


def _panels(said: Json, notes: list[str]) -> Iterator[Panel]:
    for row in records(said.get("rows")):
        for each in records(row.get("panels")):
            yield panel(each, text(row.get("title")), notes)
    row_title = ""
    for each in records(said.get("panels")):
        if each.get("type") != "row":
            yield panel(each, row_title, notes)
            continue
        row_title = text(each.get("title"))
        for inner in records(each.get("panels")):  # those of a collapsed row
            yield panel(inner, row_title, notes)


def panel(each: Json, row: str, notes: list[str]) -> Panel:
    """Read one panel; what it cannot say for itself goes into `notes`."""
    own = whole(each.get("id"))
    library = record(each.get("libraryPanel"))
    targets = records(each.get("targets"))
    shown = [target for target in targets if not target.get("hide")]
    if library and not targets:
        notes.append(f"panel {own} comes from a library, and its queries are not in here")
    if len(shown) < len(targets):
        notes.append(f"panel {own} has {len(targets) - len(shown)} hidden queries, left out")
    if each.get("repeat"):
        notes.append(f"panel {own} is repeated for each value of ${text(each['repeat'])[:60]}")
    queries = tuple(query(target, each.get("datasource")) for target in shown)
    if any("rawSql" in target for target in shown):
        notes.append(f"panel {own} asks a database in SQL, which is shown and never run")
    return Panel(
        id=own,
        title=(text(each.get("title")) or text(library.get("name")))[:_TITLE],
        kind=text(each.get("type")) or ("library" if library else ""),
        queries=queries,
        unit=_unit(each),
        description=text(each.get("description"))[:_DESCRIPTION],
        row=row[:_TITLE],
        thresholds=thresholds(each),
    )


def query(target: Json, above: Any) -> Query:
    """Read one target; `above` is the data source of its panel."""
    uid, kind = source(target.get("datasource"))
    if not uid and above != MIXED:
        uid, kind = source(above)
    if SAME in (uid, kind) or kind == "datasource":
        shown = f"the results of panel {whole(target.get('panelId'))}"
        return Query(text(target.get("refId")), shown, SAME, "dashboard")
    return Query(
        text(target.get("refId")),
        asked(target),
        uid,
        kind,
        text(target.get("legendFormat") or target.get("alias")),
    )


def asked(target: Json) -> str:
    """Find what a target asks, whatever its data source calls it."""
    found = (target.get(language) for language in LANGUAGES)
    return next((each for each in found if isinstance(each, str) and each), "")


def source(said: Any) -> tuple[str, str]:
    """Read a data source, which may be a name, an object or nothing, as uid and kind."""
    if isinstance(said, str):
        return ("" if said in ("default", MIXED) else said), ""
    there = record(said)
    uid = text(there.get("uid"))
    return ("" if uid in ("default", MIXED) else uid), text(there.get("type"))


def _unit(each: Json) -> str:
    """Find the unit: since version 7 in the field's defaults, before it on the left axis."""
    found = record(record(each.get("fieldConfig")).get("defaults")).get("unit")
    axes = records(each.get("yaxes"))
    old = axes[0].get("format") if axes else each.get("format")
    return text(found) or (old if isinstance(old, str) else "")


def thresholds(each: Json) -> tuple[float, ...]:
    """Read where a colour changes; the first step has no value, it is everything below."""
    defaults = record(record(each.get("fieldConfig")).get("defaults"))
    steps: Sequence[Any] = items(record(defaults.get("thresholds")).get("steps"))
    steps = [record(step).get("value") for step in steps]
    if not steps:
        old = each.get("thresholds")
        steps = old.split(",") if isinstance(old, str) else [s.get("value") for s in records(old)]
    return tuple(sorted({float(step) for step in steps if _is_number(step)}))


def _is_number(said: Any) -> bool:
    return not isinstance(said, bool) and math.isfinite(number(said, math.nan))


def whole(said: Any) -> int:
    """Read a whole number; 0 for what is none, also for `"NaN"`."""
    found = number(said)
    return int(found) if math.isfinite(found) else 0


# Variables


def variable(each: Json, notes: list[str]) -> Variable:
    """Read one variable of the list."""
    name, kind = text(each.get("name"))[:100], text(each.get("type"))
    written = _written(each, kind)
    options = _options(each, kind, written)
    if regex := text(each.get("regex")):
        notes.append(f"the values of ${name} are those that fit {regex[:200]}")
    if each.get("includeAll"):
        options = (ALL, *options)
    return Variable(
        name, kind, current(each, kind, written, options), written, options, _every(each)
    )


def _every(each: Json) -> str:
    return text(each.get("allValue")) if each.get("includeAll") else ""


def _written(each: Json, kind: str) -> str:
    """Find the query: a string, or an object around one; filters of an ad hoc variable."""
    if kind == "adhoc":
        filters = records(each.get("filters"))
        return ", ".join(f"{f.get('key')}{f.get('operator')}{f.get('value')}" for f in filters)
    said = each.get("query")
    return said if isinstance(said, str) else asked(record(said)) or text(each.get("definition"))


def _options(each: Json, kind: str, written: str) -> tuple[str, ...]:
    stored = [text(option.get("value")) for option in records(each.get("options"))]
    if not stored and kind in ("custom", "interval"):
        stored = split(written)
    return tuple(value for value in stored if value and value != ALL)


def split(written: str) -> list[str]:
    r"""Take the list of a custom variable apart: commas, `\,` for one, perhaps `text : value`."""
    parts = (part.strip().replace("\\,", ",") for part in _PARTS.findall(written))
    return [_PAIR.split(part, maxsplit=1)[-1] for part in parts if part]


def current(each: Json, kind: str, written: str, options: Sequence[str]) -> tuple[str, ...]:
    """Find what a variable stands for now: what is stored, or what the page would start with."""
    chosen = record(each.get("current")).get("value")
    values = items(chosen) if isinstance(chosen, list) else [chosen]
    found = tuple(value for each in values if (value := text(each)))
    if found:
        return found
    if kind in ("constant", "textbox"):
        return (written,)
    return tuple(options[:1]) if kind in ("custom", "interval") else ()
