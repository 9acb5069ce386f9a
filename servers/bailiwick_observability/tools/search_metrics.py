"""`search_metrics`: which metrics, labels and values there are."""

import difflib
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.expression import series_of
from bailiwick_observability.models.metrics import MetricInfo, Prometheus, Window
from bailiwick_observability.parameters import Limit, Source, Text
from bailiwick_observability.prefixes import tree

Label = Annotated[str, Field(description="Label whose values to list.", max_length=200)]
Metric = Annotated[
    str, Field(description="Metric whose labels to show; may be a selector.", max_length=500)
]
_ALL = 100_000


@tool(risk=Risk.READ, seconds=25, budget=4_000)
async def search_metrics(
    call: Call[Upstream],
    source: Source,
    text: Text = "",
    metric: Metric = "",
    label: Label = "",
    limit: Limit = 20,
) -> Answer:
    """Find metrics by part of a name, a metric's labels, or a label's values.

    With nothing given: a tree of all names.
    """
    sources = call.upstream.sources
    if sources.kind(source) == "dynatrace":
        return await _elsewhere(call, source, text, limit)
    store = sources.prometheus(source, behalf(call))
    now = call.upstream.clock()
    link = store.link(metric or text or "up", Window(now - 3_600, now))
    if label:
        return await _values(store, label, metric, text, limit)
    if metric:
        return await _labels(store, metric, limit, link)
    if not text:
        names = await store.values("__name__", limit=_ALL)
        rows = [(prefix, str(count), like) for prefix, count, like in tree(names, limit)]
        says = f"{len(names)} metrics; give `text` to find some"
        return Answer(says, Table(("PREFIX", "METRICS", "LIKE"), rows, "metrics"))
    return await _names(store, text, limit, link)


async def _names(store: Prometheus, text: str, limit: int, link: str) -> Answer:
    """Search names: by the server's own search, else all that hold the text, else near ones."""
    found = list(await store.found(text, limit + 1) or ())
    every: Sequence[str] = ()
    if not found:
        every = await store.values("__name__", limit=_ALL)
        low = [word for word in text.lower().replace("_", " ").split() if word]
        found = [name for name in every if all(word in name.lower() for word in low)]
        found.sort(key=lambda name: (not name.startswith(text), len(name), name))
    if not found:
        close = difflib.get_close_matches(text, every, limit, 0.5)
        rows = [(name,) for name in close]
        says = f"no metric has {text!r} in its name" + ("; the nearest:" if close else "")
        return Answer(says, Table(("METRIC",), rows, "metrics") if rows else None)
    known = await store.metadata() if len(found) > 3 else {}
    for name in found[:3]:
        known |= {} if name in known else await store.metadata(name)
    rows = [_row(name, known) for name in found[:limit]]
    more = len(found) > limit
    return Answer(
        f"{limit}+ metrics like {text!r}"
        if more
        else f"{many(len(found), 'metric')} like {text!r}",
        Table(("METRIC", "TYPE", "HELP"), rows, "metrics"),
        total=len(found) if every else None,
        link=link,
    )


def _row(name: str, known: dict[str, MetricInfo]) -> tuple[str, ...]:
    """Find a metric's type and help; parts of a histogram are described by the whole."""
    stem = name
    for suffix in ("_bucket", "_sum", "_count", "_total"):
        stem = stem if name in known else name.removesuffix(suffix)
        if stem in known:
            break
    info = known.get(name) or known.get(stem) or MetricInfo(name)
    return name, info.type, info.help[:100]


async def _labels(store: Prometheus, metric: str, limit: int, link: str) -> Answer:
    """Show which labels the series of a metric have, and how many values each."""
    match = metric if "{" in metric else series_of(metric)
    names = [name for name in await store.labels(match) if name != "__name__"]
    rows: list[tuple[str, ...]] = []
    for name in names[:limit]:
        values = await store.values(name, match, 2_000)
        shown = ", ".join(sorted(values)[:4]) + (", …" if len(values) > 4 else "")
        rows.append((name, str(len(values)), shown))
    rows.sort(key=lambda row: -int(row[1]))
    told = (await store.metadata(metric)).get(metric) if "{" not in metric else None
    about = f", a {told.type}" if told and told.type.isalpha() else ""
    says = f"{metric} has {many(len(names), 'label')}{about}"
    if not names:
        says = f"there are no series of {metric}; find names with `text`"
    return Answer(
        says, Table(("LABEL", "VALUES", "LIKE"), rows, "metrics") if rows else None, link=link
    )


async def _values(store: Prometheus, label: str, metric: str, text: str, limit: int) -> Answer:
    match = metric if not metric or "{" in metric else series_of(metric)
    values = await store.values(label, match, _ALL)
    found = sorted(value for value in values if text.lower() in value.lower())
    where = f" in {metric}" if metric else ""
    says = f"{label} has {many(len(values), 'value')}{where}"
    if text:
        says += f", {len(found)} with {text!r}"
    rows = [(value,) for value in found[:limit]]
    return Answer(
        says,
        Table((label,), rows, "metrics") if rows else None,
        total=len(found) if len(found) > limit else None,
    )


async def _elsewhere(call: Call[Upstream], source: str, text: str, limit: int) -> Answer:
    metrics = call.upstream.sources.metrics(source, behalf(call))
    found = await metrics.names(text, limit)
    rows = [(info.name, info.unit, info.help[:100]) for info in found]
    says = f"{many(len(found), 'metric')} like {text!r}" if text else many(len(found), "metric")
    return Answer(says, Table(("METRIC", "UNIT", "ABOUT"), rows, "metrics") if rows else None)
