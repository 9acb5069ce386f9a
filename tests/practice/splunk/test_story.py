"""The logs tell the incident."""

import re
from collections import Counter
from typing import Any

import pytest

from practice import incident
from practice.incident import Clock
from practice.splunk.rows import store
from practice.splunk.spl.values import number, text


def test_checkout_begins_to_fail_when_its_pool_is_empty(run: Any, clock: Clock) -> None:
    rows = run(f'search index=shop service=checkout "{incident.MESSAGE}" | sort 0 _time', 7)
    exhausted = clock.exhausted.timestamp()
    assert exhausted <= rows[0]["_time"] < exhausted + 120
    assert {row["level"] for row in run("search index=shop exhausted | table level")} == {"ERROR"}


@pytest.mark.parametrize(
    "version,share",
    [
        (incident.BEFORE_VERSION, incident.ERRORS_BEFORE),
        (incident.AFTER_VERSION, incident.ERRORS_AFTER),
    ],
)
def test_errors_come_at_the_rate_of_the_metrics(run: Any, version: str, share: float) -> None:
    said = run(
        "search index=shop service=checkout sourcetype=shop:app:json "
        f'version={version} | stats count, count(eval(level="ERROR")) as errors',
        7,
    )[0]
    assert said["errors"] / said["count"] == pytest.approx(share, rel=0.15)


def test_latency_steps_up_with_the_errors(run: Any, clock: Clock) -> None:
    at = clock.exhausted.timestamp()
    before, after = (
        run(f"search index=shop service=checkout {span} | stats p95(duration_ms) as p95", 7)[0]
        for span in (f"latest={at - 600}", f"earliest={at}")
    )
    assert before["p95"] == pytest.approx(incident.P95_BEFORE * 1000, rel=0.1)
    assert after["p95"] == pytest.approx(incident.P95_AFTER * 1000, rel=0.1)


def test_the_rollout_is_an_event_of_the_platform(run: Any, clock: Clock) -> None:
    rows = run(f"search index=platform {incident.CHANGE} | reverse | fields *", 3)
    assert rows[0]["_time"] == clock.deployed.timestamp()
    assert rows[0]["reason"] == "DeploymentRollout"
    assert incident.AFTER_VERSION in rows[0]["message"]


def test_an_error_can_be_followed_to_the_storefront(run: Any) -> None:
    rows = run(
        "search index=shop service=web level=ERROR "
        "[ search index=shop service=checkout level=ERROR | fields trace_id ] | table trace_id"
    )
    assert len(rows) > 20


def test_secrets_in_logs_are_fakes_in_many_spellings(run: Any) -> None:
    said = " ".join(text(row["message"]) for row in run("search index=bank | table message", 7))
    for card in ("4111 1111 1111 1111", "4111-1111-1111-1111", "994111111111111111771"):
        assert card in said
    assert "practice-fake-password" in said


def test_nasty_lines_are_there_one_of_a_kind(run: Any) -> None:
    rows = {row["kind"]: row for row in run("search index=shop kind=* | fields *", 3)}
    assert len(rows["long"]["_raw"]) > 1_000_000
    assert "\ufffd" in rows["latin"]["_raw"]
    assert "\x1b[31m" in rows["colours"]["_raw"]
    assert "\u202e" in rows["bidi"]["_raw"]
    assert "ignore previous instructions" in rows["order"]["_raw"]
    assert rows["stack"]["linecount"] == 6


def test_rows_come_newest_first_and_are_the_same_every_time(run: Any) -> None:
    rows = run("search index=shop", 0.2)
    times = [number(row["_time"]) for row in rows]
    assert times == sorted(times, key=lambda at: -(at or 0))
    assert rows == run("search index=shop", 0.2)
    assert Counter(row["_cd"] + row["source"] for row in rows).most_common(1)[0][1] == 1


def test_counts_need_no_rows_and_agree_with_them(run: Any, clock: Clock) -> None:
    now = clock.now.timestamp()
    index = store.indexes(clock)["shop"]
    assert index.count(now - 3600, now) == len(run("search index=shop"))
    assert store.indexes(clock)["big"].count(0, now) >= 200_000


def test_times_in_the_text_are_those_of_the_rows(run: Any) -> None:
    for row in run("search index=shop sourcetype=access_combined | head 20"):
        seconds = re.search(r"\.(\d{3})Z", row["_raw"])
        assert seconds
        assert row["_subsecond"] == f".{seconds[1]}"
