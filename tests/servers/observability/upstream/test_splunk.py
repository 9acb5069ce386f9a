"""Searches, indexes and what searches refer to, against the double."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from bailiwick.errors import BadRequest, Forbidden, TooCostly, Unavailable, Unreadable
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.upstream.splunk import READS
from practice.incident import SERVICES
from practice.splunk.rows.nasty import MEGABYTE
from tests.servers.observability.upstream.splunk_parts import (
    ANA,
    END,
    Ground,
    api,
    ground,
    last,
    ran,
)

pytestmark = pytest.mark.anyio
JOBS = "/servicesNS/nobody/search/search/v2/jobs"
SID = re.compile(r"bailiwick_[0-9a-f]{32}")


@pytest.fixture
async def splunk() -> AsyncIterator[Ground]:
    async with ground() as made:
        yield made


async def test_events_with_their_counts_and_fields(splunk: Ground) -> None:
    rows, found = await ran(api(splunk.client), last(60, "index=shop level=ERROR"))
    assert len(rows) == found.total > 300
    assert found.scanned > found.total
    assert found.seconds > 0
    assert {row["level"] for row in rows} == {"ERROR"}
    assert rows[0]["_time"] > rows[-1]["_time"]
    assert rows[0]["_si"] == ["splunk-1", "shop"]
    fields = {name: (distinct, values) for name, distinct, values in found.fields}
    assert fields["level"] == (1, [("ERROR", found.total)])
    assert fields["service"][1][0][0] == "checkout"
    assert not any(name.startswith("_") for name in fields)


async def test_a_table(splunk: Ground) -> None:
    search = last(10, "search index=shop | stats count by service", transforms=True)
    rows, found = await ran(api(splunk.client), search)
    assert len(rows) == found.total == 6
    assert all(set(row) == {"service", "count"} for row in rows)
    assert found.fields == ()
    assert ("GET", f"{JOBS}/{found.id}/results") in splunk.asked()


async def test_a_table_that_was_taken_for_events(splunk: Ground) -> None:
    rows, found = await ran(api(splunk.client), last(10, "index=shop | stats count by service"))
    assert len(rows) == found.total == 6


async def test_what_makes_rows_of_nothing_has_no_events_but_rows(splunk: Ground) -> None:
    rows, found = await ran(api(splunk.client), last(1, "| makeresults count=3"))
    assert len(rows) == found.total == 3


async def test_nothing_found(splunk: Ground) -> None:
    rows, found = await ran(api(splunk.client), last(10, "index=shop level=NONE"))
    assert (rows, found.total, found.fields) == ([], 0, ())
    assert found.scanned > 0


async def test_no_more_rows_than_wanted_and_over_several_pages(splunk: Ground) -> None:
    rows, found = await ran(api(splunk.client), last(60, "index=big", 6_000))
    assert len(rows) == 6_000 < found.total
    assert len({row["_cd"] for row in rows}) == 6_000
    pages = [each for each in splunk.double.faults.asked if each.path.endswith("/events")]
    assert [each.form["offset"] for each in pages] == [["0"], ["5000"]]


async def test_what_is_asked_of_splunk(splunk: Ground) -> None:
    await ran(api(splunk.client), last(1, 'search_name="x" index=shop', 5))
    (made,) = (each for each in splunk.double.faults.asked if each.path == f"{JOBS}/")
    form = {name: values[0] for name, values in made.form.items()}
    assert SID.fullmatch(form.pop("id"))
    assert form == {
        "search": 'search search_name="x" index=shop',
        "exec_mode": "normal",
        "earliest_time": f"{END - 60:.0f}",
        "latest_time": f"{END:.0f}",
        "adhoc_search_level": "smart",
        "max_count": "6",
        "max_time": "60",
        "auto_cancel": "30",
        "timeout": "120",
        "status_buckets": "300",
        "rf": "*",
    }


async def test_the_version_is_asked_for_once_a_pool(splunk: Ground) -> None:
    for _ in range(3):
        await ran(api(splunk.client), last(1, "index=shop", 5))
    assert [path for _, path in splunk.asked()].count("/services/server/info") == 1


async def test_only_our_credential_is_sent(splunk: Ground) -> None:
    await ran(api(splunk.client), last(1, "index=shop", 5))
    await api(splunk.client).indexes()
    assert len(splunk.headers) > 5
    for headers in splunk.headers:
        (sent,) = headers.get_list("authorization")
        assert sent.startswith("Bearer ey")
        assert "cookie" not in headers


async def test_progress_is_told(splunk: Ground) -> None:
    told: list[tuple[float, float, str]] = []

    async def progress(done: float, total: float, text: str) -> None:
        told.append((done, total, text))

    splunk.double.jobs.pace = 20.0
    await ran(api(splunk.client, Behalf(ANA, "c1", progress=progress)), last(10, "index=shop"))
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert {total for _, total, _ in told} == {1.0}
    assert "events scanned" in told[-1][2]


async def test_bytes_are_counted_for_the_record(splunk: Ground) -> None:
    behalf = Behalf(ANA, "c1")
    await ran(api(splunk.client, behalf), last(1, "index=shop", 5))
    assert behalf.facts["bytes_read"] > 5_000


# How long


async def test_a_search_that_takes_too_long_is_deleted_and_the_caller_told_what_to_do(
    splunk: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bailiwick_observability.upstream.splunk._GRACE", 0.3)
    splunk.fault("hang_job")
    with pytest.raises(TooCostly, match=r"still searching after 1\.3 s.*shorter range"):
        await ran(api(splunk.client, run=1), last(10, "index=shop"))
    assert splunk.alive() == []


async def test_splunk_stops_a_search_at_the_limit_and_what_it_found_is_given(
    splunk: Ground,
) -> None:
    splunk.double.jobs.pace = 300.0
    rows, found = await ran(api(splunk.client, run=1), last(60, "index=shop", 9_000))
    assert rows
    assert found.messages[0].startswith("stopped after 1 s")


async def test_the_limit_is_within_what_is_left_of_the_call(splunk: Ground) -> None:
    with anyio.fail_after(20):
        await ran(api(splunk.client), last(1, "index=shop", 5))
    (made,) = (each for each in splunk.double.faults.asked if each.path == f"{JOBS}/")
    assert made.form["max_time"] == ["13"]


async def test_two_searches_at_once_share_nothing(splunk: Ground) -> None:
    answers: dict[str, set[str]] = {}

    async def ask(service: str) -> None:
        rows, _ = await ran(api(splunk.client), last(10, f"index=shop service={service}", 50))
        answers[service] = {row["service"] for row in rows}

    names = SERVICES[:4]
    async with anyio.create_task_group() as tasks:
        for name in names:
            tasks.start_soon(ask, name)
    assert answers == {name: {name} for name in names}
    assert splunk.alive() == []


# What goes wrong


@pytest.mark.parametrize(
    "query, said",
    [
        ("index=shop | nosuch", "Unknown search command 'nosuch'"),
        ("index=shop | stats count(", "logs-eu says: "),
    ],
)
async def test_splunk_says_what_is_wrong(splunk: Ground, query: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said.replace("(", r"\(")):
        await ran(api(splunk.client), last(1, query))


async def test_a_job_that_fails(splunk: Ground) -> None:
    splunk.fault("fail_job")
    with pytest.raises(BadRequest, match=r"logs-eu says: The search process ended before"):
        await ran(api(splunk.client), last(1, "index=shop"))
    assert splunk.alive() == []


@pytest.mark.parametrize(
    "kind, match, error, said",
    [
        ("busy", "jobs", Unavailable, "maximum number of concurrent historical searches"),
        ("unavailable", "jobs", Unavailable, "told to be unavailable"),
        ("forbidden", "jobs", Forbidden, r"refused the request \(403\)"),
        ("expired", "jobs", Forbidden, r"\(401\)"),
        ("html", "jobs", Unreadable, "a web page instead of data; its URL may be wrong"),
        ("truncated", r"jobs/bailiwick_\w+$", Unreadable, "cannot read"),
        ("truncated", r"jobs/bailiwick_\w+/events", Unreadable, "no whole JSON"),
        ("html", r"jobs/bailiwick_\w+/events", Unreadable, "a web page"),
        ("big_body", r"jobs/bailiwick_\w+$", Unreadable, "more than 24000000 bytes"),
        ("unavailable", r"jobs/bailiwick_\w+/events", Unavailable, "told to be unavailable"),
    ],
)
async def test_faults(
    splunk: Ground, kind: str, match: str, error: type[Exception], said: str
) -> None:
    splunk.fault(kind, match=match)
    with pytest.raises(error, match=said):
        await ran(api(splunk.client), last(5, "index=shop"))
    assert splunk.alive() == []


async def test_a_search_that_is_lost(splunk: Ground) -> None:
    async def lose() -> None:
        async with api(splunk.client).search(last(60, "index=big", 6_000)) as found:
            splunk.double.jobs.clear()
            async for _ in found.rows:
                pass

    with pytest.raises(Unavailable, match=r"no longer knows the search, it was lost"):
        await lose()
    async with api(splunk.client).search(last(5, "index=shop")):
        splunk.double.jobs.clear()  # and to delete what is gone is no error


async def test_a_search_goes_on_without_a_summary(splunk: Ground) -> None:
    splunk.fault("forbidden", match="summary")
    rows, found = await ran(api(splunk.client), last(5, "index=shop", 10))
    assert len(rows) == 10
    (said,) = found.messages
    assert said.startswith("there is no summary of the fields: logs-eu refused the request (403)")


async def test_lines_that_logs_have(splunk: Ground) -> None:
    rows, _ = await ran(api(splunk.client), last(24 * 60, "index=shop kind=*"))
    by_kind = {row["kind"]: row for row in rows}
    assert len(by_kind["long"]["_raw"]) > MEGABYTE
    assert "Stra\N{REPLACEMENT CHARACTER}e" in by_kind["latin"]["_raw"]
    assert "Caused by: java.net" in by_kind["stack"]["_raw"]
    assert "bell\x07" in by_kind["control"]["_raw"]


# What there is


async def test_indexes_and_which_may_be_searched(splunk: Ground) -> None:
    found = {each.name: each for each in await api(splunk.client).indexes()}
    assert found["big"].events >= 240_000
    assert found["big"].retention_days == 7
    assert found["big"].latest - found["big"].earliest == pytest.approx(24_000, abs=2)
    assert found["shop"].megabytes > 10
    assert found["shop"].searchable
    assert not found["legacy"].searchable  # which is disabled


async def test_a_role_with_wildcards_may_search_internal_indexes_only_where_it_says_so() -> None:
    async with ground("bo") as splunk:
        found = {each.name: each.searchable for each in await api(splunk.client).indexes()}
    assert found["_internal"]
    assert found["security"]


async def test_indexes_where_the_roles_are_not_told(splunk: Ground) -> None:
    splunk.fault("forbidden", match="roles")
    assert any(each.searchable for each in await api(splunk.client).indexes())


async def test_macros_and_saved_searches(splunk: Ground) -> None:
    logs = api(splunk.client)
    macro = await logs.macro("errors_of(1)")
    assert macro is not None
    assert macro.arguments == ("service",)
    assert macro.definition == 'index=shop service="$service$" level=ERROR'
    assert await logs.macro("errors_of") is None
    assert await logs.saved_search("Errors by macro") == "search `errors_of(checkout)` | head 20"
    assert await logs.saved_search("../../etc") is None


async def test_the_parser_judges_without_running(splunk: Ground) -> None:
    logs = api(splunk.client)
    assert await logs.check("index=shop | stats count") is None
    assert await logs.check("index=shop | nosuch") == (
        "logs-eu says: Unknown search command 'nosuch'."
    )
    (parsed, _) = (each for each in splunk.double.faults.asked if each.path.endswith("parser"))
    assert parsed.form["parse_only"] == ["1"]
    assert splunk.alive() == []


def test_the_link_a_person_follows() -> None:
    link = api(None, open_url="https://web:8000", app="shop").link(  # pyright: ignore[reportArgumentType]
        last(5, 'index=shop user="a&b"')
    )
    at = urlsplit(link)
    assert (at.netloc, at.path) == ("web:8000", "/en-US/app/shop/search")
    assert parse_qs(at.query) == {
        "q": ['search index=shop user="a&b"'],
        "earliest": [f"{END - 300:.0f}"],
        "latest": [f"{END:.0f}"],
    }


# The second wall


@pytest.mark.parametrize(
    "named, reads",
    [
        ("POST /services/search/jobs", True),
        ("POST /servicesNS/nobody/search/search/v2/jobs/", True),
        ("POST /servicesNS/nobody/search/search/v2/jobs/export", True),
        ("POST /services/search/v2/jobs/1.2/control", True),
        ("DELETE /servicesNS/nobody/search/search/v2/jobs/1.2", True),
        ("POST /services/search/v2/parser", True),
        ("POST /services/saved/searches", False),
        ("POST /services/saved/searches/x/dispatch", False),
        ("DELETE /services/saved/searches/x", False),
        ("DELETE /services/search/jobs", False),
        ("DELETE /services/search/jobs/1.2/control", False),
        ("POST /services/search/jobs/1.2/acl", False),
        ("POST /services/receivers/simple", False),
        ("POST /servicesNS/a/b/storage/collections/data/x/services/search/jobs", False),
        ("POST /servicesNS/a/search/jobs", False),
        ("PUT /services/search/jobs", False),
    ],
)
def test_what_only_reads(named: str, reads: bool) -> None:
    assert bool(READS.fullmatch(named)) is reads
