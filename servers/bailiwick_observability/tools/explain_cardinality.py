"""`explain_cardinality`: what makes the series many, and which rule would make them few."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.tool import Call, tool
from bailiwick_observability.asking import Upstream, prometheus
from bailiwick_observability.expression import series_of
from bailiwick_observability.figures import figure
from bailiwick_observability.metering import Metered
from bailiwick_observability.models.metrics import Prometheus
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import Source
from bailiwick_observability.upstream.shapes import whole

Metric = Annotated[str, Field(description="Only this metric.", max_length=200)]
_TOP = 8
_MANY = 100
"""Values of a label from which it is worth leaving out."""


@tool(risk=Risk.READ, seconds=40, budget=4_000)
async def explain_cardinality(call: Call[Upstream], source: Source, metric: Metric = "") -> Answer:
    """Explain what makes series many: by metric and label, with the relabel rule that helps."""
    metered = prometheus(call, source, "Name one metric")
    store = metered.store
    found = None if metric else await store.cardinality(_TOP)
    if found is not None:
        by_metric, total = list(found.by_metric), found.series
    else:
        by_metric, total = await _counted(metered, metric)
    if not by_metric:
        return Answer(f"there are no series of {metric}" if metric else "there are no series")
    worst, count = by_metric[0]
    labels = await _labels(store, worst)
    rule = _rule(worst, labels)
    rows = [(name, str(n), f"{n / total:.0%}" if total else "") for name, n in by_metric[:_TOP]]
    blame = f", because of {safe(labels[0][0])} ({labels[0][1]} values)" if labels else ""
    notes = [
        f"labels of {safe(worst)}: " + ", ".join(f"{safe(name)} {n}" for name, n in labels[:6])
    ]
    if found is not None and found.by_label:
        notes.append("most values: " + ", ".join(f"{safe(n)} {c}" for n, c in found.by_label[:5]))
    notes.append(
        "counted in the head block, the last hours" if found else "counted by queries, as of now"
    )
    return Answer(
        f"{safe(worst)} has {figure(count)} of {figure(total)} series{blame}",
        Table(("METRIC", "SERIES", "SHARE"), rows, "cardinality") if not metric else None,
        blocks=(Block("suggested metric_relabel_configs", rule),) if rule else (),
        notes=tuple(notes),
        link=store.page("tsdb-status"),
    )


async def _counted(store: Metered[Prometheus], metric: str) -> tuple[list[tuple[str, int]], int]:
    """Count by queries, where the source has no statistics or only one metric is asked."""
    selector = series_of(metric) if metric else '{__name__!=""}'
    found = await store.instant(f"topk({_TOP}, count by (__name__) ({selector}))")
    counts = [
        (s.labels.get("__name__", metric), whole(s.points[-1][1])) for s in found.series if s.points
    ]
    counts.sort(key=lambda one: -one[1])
    return counts, await store.count(selector)


async def _labels(store: Prometheus, metric: str) -> list[tuple[str, int]]:
    """Count the values of each label of a metric, most first."""
    match = series_of(metric)
    names = [name for name in await store.labels(match) if name != "__name__"]
    counts = [(name, len(await store.values(name, match))) for name in names[:20]]
    return sorted(counts, key=lambda one: -one[1])


def _rule(metric: str, labels: list[tuple[str, int]]) -> str:
    """Write the rule that leaves the worst label out, where one label is to blame."""
    if not labels or labels[0][1] < _MANY or labels[0][0] in ("instance", "le", "pod"):
        return ""
    name = labels[0][0]
    return (
        f"# keeps {metric}, without {name}; series that then coincide must be summed by whoever\n"
        "# exposes them, so better still remove the label in the code\n"
        "- source_labels: [__name__]\n"
        f"  regex: {metric}\n"
        f"  target_label: {name}\n"
        '  replacement: ""\n'
        "# or keep none of it:\n"
        "- source_labels: [__name__]\n"
        f"  regex: {metric}\n"
        "  action: drop\n"
    )
