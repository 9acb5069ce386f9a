"""Jobs run beside everything else, can be asked about, and go away."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from practice.splunk.spool import Spool

Bearing = Callable[[str], httpx.Client]
JOBS = "/services/search/v2/jobs"
SEARCH = {"earliest_time": "-1h", "output_mode": "json"}


def begin(link: httpx.Client, search: str, path: str = JOBS, **more: str) -> str:
    answer = link.post(path, data={**SEARCH, "search": search, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["sid"]


def content(link: httpx.Client, sid: str) -> dict[str, Any]:
    answer = link.get(f"{JOBS}/{sid}", params={"output_mode": "json"})
    assert answer.status_code == 200, answer.text
    return answer.json()["entry"][0]["content"]


def until(link: httpx.Client, sid: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    last = time.monotonic() + 20
    while time.monotonic() < last:
        told.append(content(link, sid))
        if told[-1]["isDone"]:
            return told
        time.sleep(0.02)
    raise TimeoutError


def test_a_job_must_be_asked_about_more_than_once(link: httpx.Client) -> None:
    sid = begin(link, "search index=shop | stats count by service")
    early = link.get(f"{JOBS}/{sid}/results", params={"output_mode": "json"})
    told = until(link, sid)
    assert early.status_code == 204
    assert early.content == b""
    assert len(told) > 3
    assert {each["dispatchState"] for each in told} >= {"RUNNING", "DONE"}
    progress = [each["doneProgress"] for each in told]
    assert progress == sorted(progress)
    assert progress[-1] == 1
    last = told[-1]
    assert last["scanCount"] == last["eventCount"] > 10_000
    assert last["resultCount"] == 6
    assert 0 < last["runDuration"] < 10
    rows = link.get(f"{JOBS}/{sid}/results", params={"output_mode": "json"}).json()
    assert rows["preview"] is False
    assert rows["fields"] == [{"name": "service"}, {"name": "count"}]
    # The access log's rows have no service: one a second, in an hour that moves.
    counted = sum(int(row["count"]) for row in rows["results"])
    assert abs(last["eventCount"] - counted - 3600) <= 2


@pytest.mark.parametrize("prefix", ["/services", "/servicesNS/nobody/search", "/servicesNS/-/-"])
@pytest.mark.parametrize("edition", ["/search/jobs", "/search/v2/jobs"])
def test_every_way_to_a_job_leads_there(link: httpx.Client, prefix: str, edition: str) -> None:
    path = prefix + edition
    sid = begin(link, "| makeresults", path, exec_mode="blocking")
    assert link.get(f"{path}/{sid}/results", params={"output_mode": "json"}).json()["results"]
    assert link.delete(f"{path}/{sid}").status_code == 200
    assert link.get(f"{path}/{sid}").status_code == 404


def test_pages_of_a_finished_job(link: httpx.Client) -> None:
    sid = begin(link, "search index=shop | head 250 | table _time service", exec_mode="blocking")
    where = f"{JOBS}/{sid}/results"

    def page(**asked: int | str) -> list[dict[str, str]]:
        return link.get(where, params={"output_mode": "json", **asked}).json()["results"]

    assert len(page()) == 100
    assert len(page(count=0)) == 250
    assert page(offset=240) == page(count=0)[240:]
    assert page(offset=-5) == page(count=0)[-5:]
    # Not every line says its service, and the newest may be one that does not.
    assert {name for row in page(f="service") for name in row} == {"service"}
    assert page(count=1)[0]["_time"].endswith("+00:00")
    lines = link.get(where, params={"output_mode": "csv", "count": "0"}).text.splitlines()
    assert lines[0] == "_time,service"
    assert len(lines) == 251
    rows = link.post(where, data={"output_mode": "json_rows", "count": "2"}).json()
    assert rows["fields"] == ["_time", "service"]


def test_a_failed_job_says_why(link: httpx.Client) -> None:
    sid = begin(link, "search index=shop | head 1 | delete")
    last = until(link, sid)[-1]
    assert last["dispatchState"] == "FAILED"
    assert last["isFailed"] is True
    assert last["messages"][-1]["text"].startswith("Error in 'delete' command: You have insuff")
    assert link.get(f"{JOBS}/{sid}/results").status_code == 400


def test_a_job_can_be_finalized_with_what_it_has(link: httpx.Client) -> None:
    sid = begin(link, "search index=big | stats count", earliest_time="0")
    while content(link, sid)["scanCount"] < 1000:
        time.sleep(0.02)
    link.post(f"{JOBS}/{sid}/control", data={"action": "finalize"})
    last = until(link, sid)[-1]
    assert last["isFinalized"] is True
    rows = link.get(f"{JOBS}/{sid}/results", params={"output_mode": "json"}).json()["results"]
    assert 0 < int(rows[0]["count"]) < 200_000


def test_limits_of_time_rows_and_patience(link: httpx.Client) -> None:
    late = begin(link, "search index=big | stats count", earliest_time="0", max_time="1")
    few = begin(link, "search index=shop", max_count="7")
    gone = begin(link, "search index=big | stats count", earliest_time="0", auto_cancel="1")
    assert until(link, few)[-1]["resultCount"] == 7
    assert until(link, late)[-1]["isFinalized"] is True
    time.sleep(1.2)
    assert link.get(f"{JOBS}/{gone}").status_code == 404


@pytest.mark.parametrize("how", ["cancel", "delete"])
def test_a_job_that_is_not_wanted_ends(link: httpx.Client, how: str) -> None:
    sid = begin(link, "search index=big | stats count", earliest_time="0")
    assert sid in {job["sid"] for job in link.get("/practice/jobs").json()}
    if how == "cancel":
        answer = link.post(f"{JOBS}/{sid}/control", data={"action": "cancel"})
    else:
        answer = link.delete(f"{JOBS}/{sid}", params={"output_mode": "json"})
    assert answer.status_code == 200
    assert "Search job cancelled." in answer.text
    assert sid not in {job["sid"] for job in link.get("/practice/jobs").json()}
    assert "Unknown sid." in link.get(f"{JOBS}/{sid}").text


def test_rows_can_be_seen_before_a_job_is_done(link: httpx.Client) -> None:
    sid = begin(link, "search index=big", earliest_time="0")
    where = f"{JOBS}/{sid}/results_preview"
    while (answer := link.get(where, params={"output_mode": "json"})).status_code == 204:
        time.sleep(0.02)
    assert answer.json()["preview"] is True
    assert len(link.get(f"{JOBS}/{sid}/events", params={"output_mode": "json"}).json()["results"])
    said = link.get(f"{JOBS}/{sid}/summary").json()
    assert said["fields"]["sourcetype"]["distinct_count"] == 1
    link.delete(f"{JOBS}/{sid}")


def test_no_more_than_fifty_thousand_rows_at_once(link: httpx.Client) -> None:
    sid = begin(link, "search index=big | table n", earliest_time="0", max_count="60000")
    link.post(f"{JOBS}/{sid}/control", data={"action": "touch"})
    assert until(link, sid)[-1]["resultCount"] == 60_000
    where, asked = f"{JOBS}/{sid}/results", {"output_mode": "json", "count": "0"}
    assert len(link.get(where, params=asked).json()["results"]) == 50_000
    link.delete(f"{JOBS}/{sid}")


def test_the_list_of_jobs_is_ones_own(bearing: Bearing) -> None:
    ana, eve, bo = bearing("ana"), bearing("eve"), bearing("bo")
    sid = begin(ana, "| makeresults", exec_mode="blocking")
    asked = {"output_mode": "json", "count": "0"}

    def sids(link: httpx.Client) -> set[str]:
        return {each["content"]["sid"] for each in link.get(JOBS, params=asked).json()["entry"]}

    assert sid in sids(ana)
    assert sid in sids(bo)
    assert sid not in sids(eve)
    assert eve.get(f"{JOBS}/{sid}").status_code == 404


def test_a_client_may_choose_the_sid_once(link: httpx.Client) -> None:
    assert begin(link, "| makeresults", id="mine_1.a-b") == "mine_1.a-b"
    assert until(link, "mine_1.a-b")[-1]["resultCount"] == 1
    again = link.post(JOBS, data={**SEARCH, "search": "| makeresults", "id": "mine_1.a-b"})
    assert again.status_code == 400
    assert "already exists" in again.json()["messages"][0]["text"]
    assert link.delete(f"{JOBS}/mine_1.a-b").status_code == 200
    assert begin(link, "| makeresults", id="mine_1.a-b") == "mine_1.a-b"
    link.delete(f"{JOBS}/mine_1.a-b")


@pytest.mark.parametrize("sid", ["..", "a/b", "a b", "x" * 201])
@pytest.mark.parametrize("path", [JOBS, f"{JOBS}/export"])
def test_a_sid_that_is_no_name_is_refused(link: httpx.Client, sid: str, path: str) -> None:
    answer = link.post(path, data={**SEARCH, "search": "| makeresults", "id": sid})
    assert answer.status_code == 400
    assert "Invalid sid" in answer.json()["messages"][0]["text"]


@pytest.mark.parametrize(
    "form,said",
    [
        ({"search": "search index=shop | foo"}, "Unknown search command 'foo'."),
        ({"search": "index=shop"}, "Unknown search command 'index'."),
        ({"search": 'search "a'}, "Unbalanced quotes."),
        ({"search": ""}, "Empty search."),
        ({"search": "search a", "earliest_time": "soon"}, "Invalid earliest_time."),
        ({"search": "search a", "earliest_time": "now", "latest_time": "-1h"}, "earliest_time"),
        ({"search": "search a", "earliest_time": "rt-1m"}, "Real-time"),
    ],
)
@pytest.mark.parametrize("how", ["normal", "oneshot", "export"])
def test_a_wrong_search_is_refused_at_once(
    link: httpx.Client, form: dict[str, str], said: str, how: str
) -> None:
    path = f"{JOBS}/export" if how == "export" else JOBS
    answer = link.post(path, data={**form, "exec_mode": how, "output_mode": "json"})
    assert answer.status_code == 400
    assert answer.json()["messages"][0]["type"] == "FATAL"
    assert said in answer.json()["messages"][0]["text"]


def test_a_oneshot_leaves_no_job(link: httpx.Client) -> None:
    before = {job["sid"] for job in link.get("/practice/jobs").json()}
    form = {**SEARCH, "search": "search index=shop | head 3", "exec_mode": "oneshot"}
    assert len(link.post(JOBS, data=form).json()["results"]) == 3
    assert {job["sid"] for job in link.get("/practice/jobs").json()} <= before


def test_a_spool_keeps_rows_off_the_heap() -> None:
    spool = Spool()
    for number in range(5000):
        spool.add({"n": number, "text": "x" * 100})
    assert [row["n"] for row in spool.read(4998, 10)] == [4998, 4999]
    assert spool.fields == ["n", "text"]
    assert spool.size > 500_000
    spool.close()
    assert list(spool.read(0, 10)) == []
