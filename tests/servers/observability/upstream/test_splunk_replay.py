"""What a real splunkd (6.0.4) answered, played to the SDK and to our client over our handler."""

from importlib import import_module
from typing import Any

import httpx
import pytest

from bailiwick.errors import Forbidden, Unavailable
from bailiwick.upstream.http import Http
from bailiwick_observability.models.logs import Search
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.upstream.splunk import READS
from bailiwick_observability.upstream.splunk_handler import Sdk
from tests.servers.observability.upstream.splunk_parts import ANA, Tape, api, ran, recorded

pytestmark = pytest.mark.anyio
ASKED = Search("search index=_internal | head 100", 1403960460, 1403964060, 100)
NO_SUMMARY = httpx.Response(404, text="")
old = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the reader of XML results


def rows_of(page: Any) -> list[Any]:
    reader: Any = import_module("splunklib.results")
    return [row for row in reader.ResultsReader(page) if isinstance(row, dict)]


def page_of(count: int) -> httpx.Response:
    return httpx.Response(200, json={"results": [{"n": str(n)} for n in range(count)]})


def sdk(client: httpx.AsyncClient) -> Sdk:
    return Sdk(Http("old", client, reads=READS), "search")


def info() -> httpx.Response:
    return recorded("CanGetServerInfo")[1]


async def test_server_info() -> None:
    tape = Tape([info(), info()])
    async with tape.client() as client:
        service = await sdk(client).service()
        about = await sdk(client).run(lambda: service.info)
    assert service.splunk_version == (6, 0, 4, 1)
    assert service.disable_v2_api
    assert about["build"] == "209611"
    assert about["os_name"] == "Windows"
    assert tape.asked[0].url.path == "/services/server/info"


async def test_indexes_with_their_counts() -> None:
    unknown = recorded("CanCrudJob")[10]  # such an old one does not tell of roles
    tape = Tape([info(), recorded("CanGetIndexes")[1], unknown])
    async with tape.client() as client:
        found = {each.name: each for each in await api(client).indexes()}
    assert tape.asked[1].url.path == "/servicesNS/nobody/search/data/indexes/"
    internal = found["_internal"]
    assert len(found) == 45
    assert internal.events == 2_415_526
    assert internal.megabytes == 184
    assert internal.retention_days == 30
    assert internal.searchable
    assert 1.39e9 < internal.earliest < internal.latest < 1.404e9


async def test_a_job_from_its_making_to_its_end() -> None:
    answers = recorded("CanCrudJob")
    made, parsing, done, gone = (answers[n] for n in (1, 2, 3, 9))
    tape = Tape([info(), made, parsing, done, NO_SUMMARY, page_of(100), gone])
    async with tape.client() as client:
        rows, found = await ran(api(client), ASKED)
    assert len(rows) == 100
    assert (found.id, found.total, found.scanned) == ("1403964060.2", 100, 422)
    assert found.seconds == 0.161
    assert found.messages == [
        "there is no summary of the fields: logs-eu does not have this",
    ]
    job = "/servicesNS/nobody/search/search/jobs/1403964060.2"
    assert [(r.method, r.url.path) for r in tape.asked[1:]] == [
        ("POST", "/servicesNS/nobody/search/search/jobs/"),
        ("GET", job),
        ("GET", job),
        ("GET", f"{job}/summary"),
        ("GET", f"{job}/events"),
        ("DELETE", job),
    ]
    assert b"earliest_time=1403960460&latest_time=1403964060" in tape.asked[1].content


@old
async def test_the_rows_of_a_recorded_job() -> None:
    tape = Tape([info(), recorded("CanCrudJob")[1], recorded("CanCrudJob")[4]])
    async with tape.client() as client:
        service = await sdk(client).service()
        job = await sdk(client).run(service.jobs.create, "search index=_internal | head 100")
        page = await sdk(client).run(lambda: job.results(count=0))
    rows = rows_of(page)
    assert len(rows) == 100
    assert rows[0]["index"] == "_internal"
    assert rows[0]["sourcetype"] == "splunkd_access"


async def test_a_job_of_which_nothing_is_known_yet() -> None:
    answers = recorded("CanDispatchSavedSearch")
    assert answers[2].status_code == 204
    gone = recorded("CanCrudJob")[9]
    tape = Tape([info(), *answers[1:6], NO_SUMMARY, page_of(0), gone])
    async with tape.client() as client:
        _, found = await ran(api(client), ASKED)
    assert found.id == "admin__nobody__search__RMD5e80f2af196f8ae4b_at_1403965946_0"
    assert found.total > 0
    assert found.messages[-1] == f"logs-eu kept only 0 of {found.total} rows"
    assert tape.answers == []


@old
async def test_a_oneshot() -> None:
    tape = Tape([info(), recorded("CanSearchOneshot")[3]])
    async with tape.client() as client:
        service = await sdk(client).service()
        page = await sdk(client).run(service.jobs.oneshot, "search index=_internal | head 1000")
    rows = rows_of(page)
    assert len(rows) == 1_000
    assert rows[0]["_raw"].endswith("qsize=0, workers=6, qwork_units=0")


@old
async def test_an_export_with_previews() -> None:
    tape = Tape([info(), recorded("CanExportSearchResultsToEnumerable")[1]])
    async with tape.client() as client:
        behalf = sdk(client)
        service = await behalf.service()
        body = await behalf.run(service.jobs.export, "search index=_internal | head 100")
    assert behalf.facts["bytes_read"] > 4_669_636
    assert body.read().count(b"<results preview='1'>") > 1


async def test_saved_searches() -> None:
    tape = Tape([info(), recorded("CanGetSavedSearches")[1]])
    async with tape.client() as client:
        service = await sdk(client).service()
        found = await sdk(client).run(service.saved_searches.list)
    named = {each.name: each["search"] for each in found}
    assert named["Errors in the last 24 hours"].startswith("error OR failed OR severe")
    assert tape.asked[1].url.path == "/servicesNS/nobody/search/saved/searches/"


async def test_one_of_several_of_the_same_name_is_none_we_know() -> None:
    tape = Tape([info(), recorded("CanGetSavedSearches")[1]])
    async with tape.client() as client:
        assert await api(client).saved_search("Errors in the last 24 hours") is None


@pytest.mark.parametrize("place, error", [(3, Forbidden), (4, Forbidden)])
async def test_a_session_that_is_over(place: int, error: type[Exception]) -> None:
    tape = Tape([recorded("CanLoginAndLogoff")[place]])
    async with tape.client() as client:
        with pytest.raises(error, match=r"\(401\)"):
            await sdk(client).service()


async def test_a_job_that_is_lost_on_the_way() -> None:
    answers = recorded("CanCrudJob")
    tape = Tape([info(), answers[1], answers[2], answers[10], answers[11]])
    behalf = Behalf(ANA, "c1")
    async with tape.client() as client:
        with pytest.raises(Unavailable, match=r"it was lost \(Unknown sid\.\)"):
            await ran(api(client, behalf), ASKED)
    assert tape.asked[-1].method == "DELETE"
    assert "left_running" not in behalf.facts  # it is gone, and that is no error
