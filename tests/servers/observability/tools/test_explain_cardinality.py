"""`explain_cardinality`: what makes the series many."""

import pytest

from bailiwick_observability.tools.explain_cardinality import explain_cardinality
from tests.parts.metrics import Prom
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


def filled(prom: Prom) -> None:
    for number in range(150):
        prom.held.add("cart_items", 1, session=str(number), pod=f"p{number % 3}")
    prom.held.add("up", 1, job="node")


async def test_by_the_head_block(eu: Watch, prom: Prom) -> None:
    filled(prom)
    prom.tsdb = {
        "headStats": {"numSeries": 151},
        "seriesCountByMetricName": [{"name": "cart_items", "value": 150}],
        "labelValueCountByLabelName": [{"name": "session", "value": 150}],
    }
    text = (await eu.ask(explain_cardinality, source="eu")).text
    assert text.startswith("cart_items has 150 of 151 series, because of session (150 values)")
    assert "cart_items\t150\t99%" in text
    assert "target_label: session" in text
    assert "labels of cart_items: session 150, pod 3" in text
    assert "counted in the head block" in text
    assert "open: http://prom/tsdb-status" in text


async def test_by_queries_where_there_are_no_statistics(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(explain_cardinality, source="eu")).text
    assert text.startswith("cart_items has 150 of 151 series")
    assert "counted by queries" in text


async def test_one_metric_alone(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(explain_cardinality, source="eu", metric="up")).text
    assert text.startswith("up has 1 of 1 series, because of job (1 values)")
    assert "metric_relabel_configs" not in text, "nothing is to be left out"
    text = (await eu.ask(explain_cardinality, source="eu", metric='x"} or y')).text
    assert text.startswith("there are no series of")
