"""Exports stream: the first row at once, and memory stays flat."""

import time
from pathlib import Path

import httpx
import orjson
import pytest

from practice import programs
from practice.splunk.facts import Splunk

EXPORT = "/services/search/v2/jobs/export"
ALL = {"earliest_time": "0", "output_mode": "json"}


def resident(splunk: Splunk) -> int:
    """Give the double's own memory in MB."""
    at = splunk.ca_file.parent.parent
    program = next(each for each in programs.recorded(at) if each.name == "splunk")
    status = Path(f"/proc/{program.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def test_two_hundred_thousand_rows(link: httpx.Client, splunk: Splunk) -> None:
    began, first, rows, last = time.monotonic(), 0.0, 0, ""
    with link.stream(
        "POST", EXPORT, data={**ALL, "search": "search index=big | head 200000"}
    ) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            first = first or time.monotonic() - began
            rows, last = rows + 1, line
    assert rows == 200_000
    assert first < 1
    assert orjson.loads(last)["lastrow"] is True
    assert resident(splunk) < 120


def test_a_client_that_leaves_ends_the_search(link: httpx.Client) -> None:
    for search in ("search index=big", "search index=big nosuchword | stats count"):
        with link.stream("POST", EXPORT, data={**ALL, "search": search, "preview": "0"}):
            assert any(job["search"] == search for job in link.get("/practice/jobs").json())
        last = time.monotonic() + 5
        while any(job["search"] == search for job in link.get("/practice/jobs").json()):
            assert time.monotonic() < last
            time.sleep(0.05)


def test_a_report_says_what_it_has_so_far(link: httpx.Client) -> None:
    asked = {**ALL, "search": "search index=big | stats count by sensor"}
    lines = [orjson.loads(line) for line in link.post(EXPORT, data=asked).text.splitlines()]
    early = [line for line in lines if line["preview"]]
    final = [line for line in lines if not line["preview"]]
    assert len(early) == len(final) == 40
    assert sum(int(line["result"]["count"]) for line in early) < 30_000
    assert sum(int(line["result"]["count"]) for line in final) >= 240_000
    assert [line.get("lastrow", False) for line in final] == [False] * 39 + [True]
    quiet = link.post(EXPORT, data={**asked, "preview": "0"}).text
    assert '"preview":true' not in quiet


def test_no_rows_still_say_that_it_is_over(link: httpx.Client) -> None:
    answer = link.post(EXPORT, data={**ALL, "search": "search index=main"})
    assert answer.text == '{"preview":false,"lastrow":true}\n'


def test_time_is_written_as_text_and_xml_comes_in_sets(link: httpx.Client) -> None:
    asked = {"search": "search index=shop | head 250", "earliest_time": "-1h"}
    line = link.post(EXPORT, data={**asked, "output_mode": "json"}).text.splitlines()[0]
    assert orjson.loads(line)["result"]["_time"].endswith(" UTC")
    told = link.post(EXPORT, data=asked).text
    assert told.count("<results preview='0'>") == 3
    assert told.count("<result ") == 250
    lines = link.post(EXPORT, data={**asked, "output_mode": "raw"}).text.splitlines()
    assert len(lines) == 250


def test_a_search_that_fails_midway_says_so_in_the_stream(link: httpx.Client) -> None:
    asked = {**ALL, "search": "search index=shop earliest=-1m | delete"}
    answer = link.post(EXPORT, data=asked)
    assert answer.status_code == 200
    said = orjson.loads(answer.text.splitlines()[-1])
    assert said["messages"][0]["type"] == "FATAL"


@pytest.mark.parametrize("path,status", [(EXPORT, 405), (EXPORT.replace("/v2", ""), 200)])
def test_the_second_edition_takes_no_get(link: httpx.Client, path: str, status: int) -> None:
    assert link.get(path, params={**ALL, "search": "| makeresults"}).status_code == status
