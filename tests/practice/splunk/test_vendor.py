"""The vendor's own client works against the double."""

import time
from typing import Any

import pytest

from practice.splunk.facts import Splunk

client = pytest.importorskip("splunklib.client", reason="needs the extra `observability`")
results = pytest.importorskip("splunklib.results")


def port(splunk: Splunk) -> int:
    return int(splunk.url.rpartition(":")[2])


@pytest.fixture
def service(splunk: Splunk) -> Any:
    # It has no way to be given an authority's certificate.
    where = {"host": "127.0.0.1", "port": port(splunk), "verify": False}
    return client.connect(**where, splunkToken=splunk.tokens["bailiwick"])


def rows(stream: Any) -> list[dict[str, Any]]:
    return [row for row in results.JSONResultsReader(stream) if isinstance(row, dict)]


def test_a_job(service: Any) -> None:
    job = service.jobs.create("search index=shop | stats count by service", earliest_time="-10m")
    while not job.is_done():
        time.sleep(0.05)
    assert job["dispatchState"] == "DONE"
    assert job["resultCount"] == "6"
    found = rows(job.results(output_mode="json"))
    assert len(found) == 6
    assert rows(job.results(output_mode="json", count=2, offset=4)) == found[4:]
    assert job.sid in {each.sid for each in service.jobs.list()}
    job.cancel()
    assert job.sid not in {each.sid for each in service.jobs.list()}


def test_events_and_preview(service: Any) -> None:
    job = service.jobs.create("search index=shop | head 7", exec_mode="blocking")
    assert len(rows(job.events(output_mode="json"))) == 7
    assert len(rows(job.preview(output_mode="json"))) == 7
    job.touch()
    job.set_ttl(30)
    job.refresh()
    assert job["ttl"] == "30"
    job.finalize()


def test_an_export_and_a_oneshot(service: Any) -> None:
    export = service.jobs.export("search index=shop | head 30", output_mode="json")
    reader = results.JSONResultsReader(export)
    assert len(list(reader)) == 30
    assert reader.is_preview is False
    assert len(rows(service.jobs.oneshot("| makeresults count=3", output_mode="json"))) == 3


def test_indexes_saved_searches_and_macros(service: Any) -> None:
    found = {index.name: index for index in service.indexes}
    assert int(found["big"]["totalEventCount"]) >= 200_000
    assert found["legacy"]["disabled"] == "1"
    saved = service.saved_searches["Checkout errors by version"]
    assert saved["search"].startswith("search index=shop service=checkout")
    job = saved.dispatch()
    while not job.is_done():
        time.sleep(0.05)
    assert [row["version"] for row in rows(job.results(output_mode="json"))] == ["3.7.1", "3.7.2"]
    assert job.sid in {each.sid for each in saved.history()}
    macros = {macro.name: macro.definition for macro in service.macros}
    assert macros["tidy_up"].endswith("| delete")


def test_the_parser(service: Any) -> None:
    told = service.parse("search index=shop | stats count", output_mode="json").body.read()
    assert b'"command":"stats"' in told
    with pytest.raises(Exception, match="Unknown search command 'foo'"):
        service.parse("search index=shop | foo")


def test_signing_in_and_out(splunk: Splunk) -> None:
    where = {"host": "127.0.0.1", "port": port(splunk), "verify": False}
    service = client.connect(**where, username="ana", password=splunk.password)
    assert service.info["version"].startswith("9.")
    assert service.roles["sre"]["srchIndexesAllowed"] == ["shop", "platform", "big", "main"]
    service.logout()
    with pytest.raises(Exception, match="Login failed"):
        client.connect(**where, username="ana", password="no")
