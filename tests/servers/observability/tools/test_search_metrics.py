"""`search_metrics`: which metrics, labels and values there are."""

import pytest

from bailiwick_observability.tools.search_metrics import search_metrics
from tests.parts.metrics import Prom, form, said
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


def filled(prom: Prom) -> None:
    for number in range(12):
        prom.held.add("http_requests_total", 1, path=f"/{number}", method="GET")
    prom.held.add("http_seconds_bucket", 1, le="1")
    prom.held.add("up", 1, job="node")
    prom.metadata = {
        "http_requests_total": [{"type": "counter", "help": "Requests.", "unit": ""}],
        "http_seconds": [{"type": "histogram", "help": "Time taken.", "unit": ""}],
    }


async def test_with_nothing_given_a_tree_of_all_names(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(search_metrics, source="eu")).text
    assert text.startswith("3 metrics; give `text` to find some")
    assert "http_*\t2\trequests_total" in text


async def test_names_by_a_part_with_what_they_are(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(search_metrics, source="eu", text="http")).text
    assert text.startswith("2 metrics like 'http'")
    assert "http_requests_total\tcounter\tRequests." in text
    assert "http_seconds_bucket\thistogram\tTime taken." in text


async def test_the_servers_own_search_comes_first(eu: Watch, prom: Prom) -> None:
    prom.fails = lambda r: said([{"name": "up"}]) if "search/" in r.url.path else None
    text = (await eu.ask(search_metrics, source="eu", text="u")).text
    assert text.startswith("1 metric like 'u'")
    assert not any("/values" in each.url.path for each in prom.seen)


async def test_near_names_where_none_fits(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(search_metrics, source="eu", text="http_request_totals")).text
    assert text.startswith("no metric has 'http_request_totals' in its name; the nearest:")
    assert "http_requests_total" in text.partition("<<untrusted")[2]


async def test_the_labels_of_a_metric(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(search_metrics, source="eu", metric="http_requests_total")).text
    assert text.startswith("http_requests_total has 2 labels, a counter")
    assert "path\t12\t/0, /1, /10, /11, …" in text
    text = (await eu.ask(search_metrics, source="eu", metric="nothing")).text
    assert text.startswith("there are no series of nothing")


async def test_the_values_of_a_label(eu: Watch, prom: Prom) -> None:
    filled(prom)
    text = (await eu.ask(search_metrics, source="eu", label="path", text="1", limit=2)).text
    assert text.startswith("path has 12 values, 3 with '1'")
    assert "total=3 shown=2" in text
    text = (await eu.ask(search_metrics, source="eu", label="job", metric="up")).text
    assert text.startswith("job has 1 value in up")


async def test_a_name_stays_in_its_quotes(eu: Watch, prom: Prom) -> None:
    await eu.ask(search_metrics, source="eu", metric='a"} or x')
    assert form(prom.seen[0])["match[]"] == '{__name__="a\\"} or x"}'
