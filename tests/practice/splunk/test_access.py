"""Who asks decides what is seen; what changed something can be looked up."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from practice.splunk.facts import Splunk

Bearing = Callable[[str], httpx.Client]
JOBS = "/services/search/v2/jobs"


def oneshot(link: httpx.Client, search: str) -> list[dict[str, Any]]:
    form = {"search": search, "exec_mode": "oneshot", "output_mode": "json", "earliest_time": "-1h"}
    answer = link.post(JOBS, data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


@pytest.mark.parametrize(
    "user,seen",
    [
        ("ana", {"shop", "platform", "big"}),
        ("bailiwick", {"shop", "bank", "platform", "big"}),
        ("bo", {"shop", "bank", "platform", "big", "security"}),
        ("eve", set[str]()),
    ],
)
def test_indexes_that_are_not_allowed_are_passed_over_in_silence(
    bearing: Bearing, user: str, seen: set[str]
) -> None:
    rows = oneshot(bearing(user), "| tstats count where index=* by index")
    assert {row["index"] for row in rows} == seen


def test_only_bo_reads_security_and_the_internal_ones(bearing: Bearing) -> None:
    for index in ("security", "_internal", "_audit"):
        search = f"search index={index} | stats count"
        assert oneshot(bearing("ana"), search) == [{"count": "0"}]
        assert oneshot(bearing("bo"), search) != [{"count": "0"}]


def test_the_index_of_a_search_that_names_none_is_the_default(bearing: Bearing) -> None:
    assert oneshot(bearing("bailiwick"), "search * | stats values(index) as i") == [{"i": "shop"}]


def test_indexes_say_what_is_in_them(bearing: Bearing) -> None:
    asked = {"output_mode": "json", "count": "0"}
    for path in ("/services/data/indexes", "/servicesNS/-/-/data/indexes"):
        found = {
            each["name"]: each["content"]
            for each in bearing("bo").get(path, params=asked).json()["entry"]
        }
        assert found["big"]["totalEventCount"] >= 200_000
        assert found["legacy"]["disabled"] is True
        assert found["shop"]["minTime"] < found["shop"]["maxTime"]
        assert found["shop"]["datatype"] == "event"
        assert found["shop"]["frozenTimePeriodInSecs"] > 0
    mine = bearing("eve").get("/services/data/indexes", params=asked).json()["entry"]
    assert [each["name"] for each in mine] == ["main"]
    assert bearing("eve").get("/services/data/indexes/shop").status_code == 404


def test_a_session_begins_ends_and_expires(splunk: Splunk, link: httpx.Client) -> None:
    sign = {"username": "ana", "password": splunk.password, "output_mode": "json"}
    key = link.post("/services/auth/login", data=sign).json()["sessionKey"]
    mine = {"Authorization": f"Splunk {key}"}
    where = "/services/authentication/current-context"
    told = link.get(where, params={"output_mode": "json"}, headers=mine).json()
    assert told["entry"][0]["content"]["username"] == "ana"
    assert told["entry"][0]["content"]["roles"] == ["sre"]
    tokens = "/services/authentication/httpauth-tokens"
    assert link.delete(f"{tokens}/{key}", headers=mine).status_code == 200
    assert link.get(where, headers=mine).status_code == 401
    key = link.post("/services/auth/login", data=sign).json()["sessionKey"]
    link.delete("/practice/sessions")
    assert link.get(where, headers={"Authorization": f"Splunk {key}"}).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer nonsense", "Splunk nonsense", "Splunk Bearer x", "Basic nonsense"]
)
def test_who_is_not_known_is_refused(link: httpx.Client, header: str) -> None:
    answer = link.get(
        "/services/server/info",
        params={"output_mode": "json"},
        headers={"Authorization": header},
    )
    assert answer.status_code == 401
    assert answer.json()["messages"][0]["text"]
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="/splunk"'


def test_a_wrong_password_is_refused(link: httpx.Client) -> None:
    answer = link.post("/services/auth/login", data={"username": "ana", "password": "no"})
    assert answer.status_code == 401
    assert "Login failed" in answer.text


@pytest.mark.parametrize(
    "search,command",
    [
        ("search index=shop | head 2 | delete", "delete"),
        ("search index=shop | head 2 | collect index=main", "collect"),
        ('search index=shop | head 2 | sendemail to="ana@practice.example"', "sendemail"),
        ("search index=shop | head 2 | outputcsv x", "outputcsv"),
        ("| rest /services/data/indexes", "rest"),
        ("| makeresults | eval x=1 | outputlookup made.csv", "outputlookup"),
        ('search index=shop | head 1 | map search="search index=shop | head 1 | delete"', "delete"),
        ("search index=shop [ search index=shop | head 1 | delete ]", "delete"),
        ("search index=shop | append [ search index=shop | head 1 | delete ]", "delete"),
        ("`tidy_up`", "delete"),
        ("search `nested`", "delete"),
        ('| savedsearch "Nightly clean-up"', "delete"),
        ("search index=shop | head 1 ```harmless``` | DeLeTe", "delete"),
    ],
)
def test_what_changes_something_leaves_a_mark(bearing: Bearing, search: str, command: str) -> None:
    link = bearing("bo")
    oneshot(link, search)
    marks = link.get("/practice/effects").json()
    assert command in {mark["command"] for mark in marks}
    assert {mark["user"] for mark in marks} == {"bo"}


@pytest.mark.parametrize(
    "search",
    ['search index=shop "| delete"', 'search index=shop | eval x="| collect index=main"'],
)
def test_what_only_looks_like_it_leaves_none(bearing: Bearing, search: str) -> None:
    link = bearing("bo")
    oneshot(link, search + " | head 1")
    assert link.get("/practice/effects").json() == []


def test_a_lookup_that_was_written_can_be_read(link: httpx.Client) -> None:
    oneshot(link, "| makeresults | eval x=7 | table x | outputlookup mine.csv")
    assert oneshot(link, "| inputlookup mine.csv") == [{"x": "7"}]
    assert len(oneshot(link, "| inputlookup owners.csv where team=bank-core")) == 2


def test_requests_are_written_down(link: httpx.Client) -> None:
    link.post(JOBS, data={"search": "| makeresults", "exec_mode": "blocking"})
    asked = link.get("/practice/requests").json()[-1]
    assert asked["method"] == "POST"
    assert asked["path"] == JOBS
    assert asked["form"]["search"] == ["| makeresults"]
    assert asked["user"] == "bailiwick"
    assert asked["status"] == 201
