"""`read_dashboard`: what a dashboard shows and asks, in 2 kB, and what is wrong with it."""

from collections.abc import Sequence

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.models.dashboards import Dashboard, Datasource, Panel, Variable
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import Dashboard as Uid
from bailiwick_observability.parameters import Source, Text

_QUERY = 110
_PANELS = 15


@tool(risk=Risk.READ, seconds=25, budget=5_000)
async def read_dashboard(
    call: Call[Upstream], source: Source, dashboard: Uid, text: Text = ""
) -> Answer:
    """Read a dashboard (Grafana): panels with queries, variables, findings. Next: query_panel."""
    from bailiwick_observability.lint import lint  # noqa: PLC0415 - and variables

    boards = call.upstream.sources.dashboards(source, behalf(call))
    found = await boards.dashboard(dashboard)
    known = await boards.datasources()
    panels = [each for each in found.panels if _about(each, text)]
    rows = [_row(each) for each in panels[:_PANELS]]
    findings = lint(found, known)
    notes = [f"variables: {_variables(found.variables)}"] if found.variables else []
    more = [f"{len(findings) - 6} more findings"] if len(findings) > 6 else []
    told = "\n".join([*findings[:6], *more])  # they quote titles and names from outside
    return Answer(
        _says(found, panels, known, text),
        Table(("ID", "PANEL", "KIND", "UNIT", "QUERIES"), rows, "dashboard") if rows else None,
        blocks=(Block("findings", told),) if told else (),
        total=len(panels) if len(panels) > _PANELS else None,
        notes=(*notes, *found.notes[:3]),
        link=boards.link(dashboard),
    )


def _about(panel: Panel, text: str) -> bool:
    said = " ".join((panel.title, panel.row, *(query.expression for query in panel.queries)))
    return text.lower() in said.lower()


def _says(found: Dashboard, panels: Sequence[Panel], known: Sequence[Datasource], text: str) -> str:
    shown = many(len(found.panels), "panel")
    if text:
        shown = f"{len(panels)} of {shown} with {text!r}"
    kinds = sorted({query.kind for panel in found.panels for query in panel.queries if query.kind})
    asks = f" asking {', '.join(map(safe, kinds[:4]))}" if kinds else ""
    changed = f", version {found.version}" + (
        f" of {safe(found.updated[:10])}" if found.updated else ""
    )
    span = " to ".join(map(safe, found.time))
    return f"{found.uid}: {shown}{asks}; {span}{changed}"


def _row(panel: Panel) -> tuple[str, ...]:
    queries = " | ".join(f"{q.ref}: {q.expression}"[:_QUERY] for q in panel.queries[:3])
    more = f" +{len(panel.queries) - 3}" if len(panel.queries) > 3 else ""
    title = f"{panel.row} / {panel.title}" if panel.row else panel.title
    return str(panel.id), title[:60], panel.kind, panel.unit, queries + more


def _values(variable: Variable) -> str:
    return ",".join(safe(v.replace("$__all", "All")) for v in variable.current[:3]) or "-"


def _variables(variables: Sequence[Variable]) -> str:
    told = [
        f"{safe(each.name)}={_values(each)}"
        + (f" ({safe(each.kind)})" if each.kind != "query" else "")
        for each in variables[:10]
    ]
    return " ".join(told)
