"""The double goes wrong when it is told to, in the ways in which real ones do."""

import time
from typing import Any

import httpx
import orjson
import pytest

INFO, JOBS = "/services/server/info", "/services/search/v2/jobs"
JSON = {"output_mode": "json"}


def fault(link: httpx.Client, **what: Any) -> None:
    assert link.post("/practice/faults", json=what).status_code == 200


@pytest.mark.parametrize(
    "kind,status,said",
    [
        ("unavailable", 503, "told to be unavailable"),
        ("busy", 503, "maximum number of concurrent"),
        ("forbidden", 403, "insufficient permission"),
        ("expired", 401, "not properly authenticated"),
        ("html", 200, "<html>"),
        ("not_ready", 204, ""),
    ],
)
def test_a_wrong_answer_so_many_times(
    link: httpx.Client, kind: str, status: int, said: str
) -> None:
    fault(link, kind=kind, times=2, match="server/info")
    assert link.get(JOBS, params=JSON).status_code == 200
    for _ in range(2):
        answer = link.get(INFO, params=JSON)
        assert answer.status_code == status
        assert said in answer.text
    assert link.get(INFO, params=JSON).json()["entry"]


def test_a_slow_answer(link: httpx.Client) -> None:
    fault(link, kind="slow", seconds=0.4)
    began = time.monotonic()
    assert link.get(INFO).status_code == 200
    assert time.monotonic() - began > 0.4


def test_half_an_answer(link: httpx.Client) -> None:
    fault(link, kind="truncated")
    answer = link.get(INFO, params=JSON)
    assert answer.status_code == 200
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(answer.content)


def test_an_answer_without_the_header_that_the_vendors_client_needs(link: httpx.Client) -> None:
    assert link.get(INFO).headers["connection"] == "Keep-Alive"
    assert link.get(INFO, headers={"Connection": "Close"}).headers["connection"] == "Close"
    fault(link, kind="no_connection_header")
    assert "connection" not in link.get(INFO).headers


def test_an_answer_without_end(link: httpx.Client) -> None:
    fault(link, kind="big_body", megabytes=20)
    with link.stream("GET", INFO) as answer:
        assert sum(map(len, answer.iter_bytes())) > 19_000_000


def test_a_connection_that_breaks(link: httpx.Client) -> None:
    fault(link, kind="drop")
    with pytest.raises(httpx.TransportError):
        link.get(INFO)


def test_a_job_that_fails_and_one_that_never_ends(link: httpx.Client) -> None:
    form = {**JSON, "search": "search index=shop | stats count"}
    fault(link, kind="fail_job")
    fault(link, kind="hang_job")
    failing, hanging = (link.post(JOBS, data=form).json()["sid"] for _ in range(2))
    time.sleep(0.4)

    def state(sid: str) -> str:
        told = link.get(f"{JOBS}/{sid}", params=JSON).json()
        return told["entry"][0]["content"]["dispatchState"]

    assert state(failing) == "FAILED"
    assert state(hanging) == "RUNNING"
    assert link.delete(f"{JOBS}/{hanging}").status_code == 200
    assert link.get(f"{JOBS}/{hanging}").status_code == 404


def test_a_fault_that_is_none_is_refused(link: httpx.Client) -> None:
    assert link.post("/practice/faults", json={"kind": "earthquake"}).status_code == 422


def test_what_is_not_there_is_said_so(link: httpx.Client) -> None:
    assert "Not Found" in link.get("/services/nowhere").text
    assert link.delete(INFO).status_code == 405
