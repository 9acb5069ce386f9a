"""`query_metrics`: PromQL over any source, reduced to what a person would read off a graph."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call, tool
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, metrics
from bailiwick_observability.measuring import Detail, Question, measure
from bailiwick_observability.parameters import End, Limit, Promql, Source, Start

Step = Annotated[
    str, Field(description="Seconds between points: 1m. Default: fits.", max_length=20)
]
How = Annotated[Detail, Field(description="Statistics, or points (30 a series), or raw.")]


@tool(risk=Risk.READ, seconds=60)
async def query_metrics(
    call: Call[Upstream],
    source: Source,
    query: Promql,
    start: Start = "",
    end: End = "",
    step: Step = "",
    detail: How = "summary",
    limit: Limit = 20,
) -> Answer:
    """Run PromQL: at one moment (no `start`) or over a range, as statistics per series.

    Says why an answer is empty. Find names with search_metrics.
    """
    now = call.upstream.clock()
    store = metrics(call, source)
    window = times.between(start, end, now) if start else None
    at = min(times.moment(end, now), now) if end and window is None else None
    question = Question(query, window, step, at, detail, limit)
    return await measure(call, store, question, now)
