"""The double's answers have the shape of those that a real splunkd once sent."""

import base64
import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import orjson
import pytest

from practice.splunk.facts import Splunk

BESIDE = Path(__file__).parents[4] / "shared" / "contracts"
CONTRACTS = Path(os.environ.get("PRACTICE_CONTRACTS", BESIDE)) / "splunk"
ATOM, REST = "{http://www.w3.org/2005/Atom}", "{http://dev.splunk.com/ns/rest}"
JOBS = "/services/search/jobs"
DROPPED = {"display.", "command.", "dispatch.", "startup.", "action.", "dispatch"}
"""Beginnings of names that say how one version ran or drew a search."""

pytestmark = pytest.mark.skipif(
    not CONTRACTS.is_dir(),
    reason="needs the recordings of splunkd: PRACTICE_CONTRACTS or ../shared/contracts",
)


def recorded(name: str) -> list[dict[str, Any]]:
    """Read the answers of one recording, in order."""
    file = CONTRACTS / f"TestService.{name}.json.gz"
    found = orjson.loads(gzip.decompress(file.read_bytes()))
    return [each for each in found["Recordings"]["_array"] if each]


def body(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["Response.Content"] or "")


def tree(text: bytes) -> ET.Element:
    return ET.fromstring(text.strip())  # noqa: S314 -- recorded, or the double's own


def shape(element: ET.Element, above: str = "") -> Iterator[str]:
    """Name every place of an element by its tags and the names of its keys."""
    name = element.get("name") or element.get("rel") or element.get("k") or ""
    here = f"{above}/{element.tag.rpartition('}')[2]}{'=' + name if name else ''}"
    if not any(name.startswith(each) for each in DROPPED):
        yield here
        for inner in element:
            yield from shape(inner, here)


def missing(theirs: bytes, ours: bytes) -> set[str]:
    return set(shape(tree(theirs))) - set(shape(tree(ours)))


def common(theirs: ET.Element) -> set[str]:
    """Name the places that all entries of a list have."""
    first, *more = [set(shape(entry)) for entry in theirs.findall(f"{ATOM}entry")]
    return first.intersection(*more)


def headers(answer: dict[str, Any]) -> dict[str, str]:
    both = answer["Response.Headers"] + answer["Response.Content.Headers"]
    return {each["key"].lower(): each["value"][0] for each in both}


def test_sign_in_and_refusals(link: httpx.Client, splunk: Splunk) -> None:
    first, *_, unauthorized, failed = recorded("CanLoginAndLogoff")
    sign = {"username": "ana", "password": splunk.password}
    given = link.post("/services/auth/login", data=sign)
    assert missing(body(first), given.content) == set()
    assert given.headers["content-type"] == headers(first)["content-type"]
    refused = link.post("/services/auth/login", data={**sign, "password": "no"})
    assert refused.status_code == failed["Response.StatusCode"]
    assert tree(refused.content)[0][0].attrib == tree(body(failed))[0][0].attrib
    assert tree(refused.content)[0][0].text == tree(body(failed))[0][0].text
    stranger = link.get("/services/server/info", headers={"Authorization": ""})
    assert stranger.status_code == unauthorized["Response.StatusCode"]
    assert missing(body(unauthorized), stranger.content) == set()  # 9.x says it otherwise
    assert stranger.headers["www-authenticate"] == headers(unauthorized)["www-authenticate"]


def test_apps(link: httpx.Client) -> None:
    theirs = body(recorded("CanLoginAndLogoff")[1])
    ours = link.get("/services/apps/local").content
    links = {each for each in common(tree(theirs)) if "/link=" in each}
    assert common(tree(theirs)) - common(tree(ours)) - links == set()


def test_server_info_and_headers(link: httpx.Client) -> None:
    answer = recorded("CanGetServerInfo")[1]
    ours = link.get("/services/server/info")
    assert missing(body(answer), ours.content) == set()
    for name in ("content-type", "server", "x-content-type-options", "x-frame-options", "expires"):
        assert ours.headers[name] == headers(answer)[name]


@pytest.mark.parametrize(
    "name,place,path",
    [
        ("CanGetIndexes", 1, "/servicesNS/nobody/search/data/indexes"),
        ("CanGetSavedSearches", 1, "/services/saved/searches"),
    ],
)
def test_lists(link: httpx.Client, name: str, place: int, path: str) -> None:
    theirs, ours = tree(body(recorded(name)[place])), tree(link.get(path).content)
    assert [each.tag for each in theirs if each.tag != f"{ATOM}entry"] == [
        each.tag for each in ours if each.tag != f"{ATOM}entry"
    ]
    links = {"/entry/link=_reload", "/entry/link=edit", "/entry/link=disable"}
    assert common(theirs) - common(ours) - links == set()


def test_the_life_of_a_job(link: httpx.Client) -> None:
    told = recorded("CanCrudJob")
    created, parsing, done, results = told[1:5]
    cancelled, unknown = told[9], told[10]
    made = link.post(JOBS, data={"search": "search index=shop | head 100", "count": "100"})
    assert made.status_code == created["Response.StatusCode"]
    assert missing(body(created), made.content) == set()
    sid = tree(made.content).findtext("sid")
    assert made.headers["location"] == f"{JOBS}/{sid}"

    assert missing(body(parsing), link.get(f"{JOBS}/{sid}").content) == set()
    link.post(JOBS, data={"search": "| makeresults", "exec_mode": "blocking"})
    while (rows := link.get(f"{JOBS}/{sid}/results")).status_code == 204:
        pass
    assert missing(body(done), link.get(f"{JOBS}/{sid}").content) == set()
    order = [each.tag for each in tree(body(done))]
    assert [each.tag for each in tree(link.get(f"{JOBS}/{sid}").content)] == order
    assert missing(body(results), rows.content) == set()
    assert len(tree(rows.content).findall("result")) == 100

    answer = link.post(f"{JOBS}/{sid}/control", data={"action": "cancel"})
    assert answer.text.split() == body(cancelled).decode().split()
    gone = link.get(f"{JOBS}/{sid}")
    assert gone.status_code == unknown["Response.StatusCode"]
    assert gone.text.split() == body(unknown).decode().split()


def test_a_saved_search_that_is_run(link: httpx.Client) -> None:
    created, _, described, *_ = recorded("CanDispatchSavedSearch")[1:]
    made = link.post("/services/saved/searches/Errors by macro/dispatch")
    assert made.status_code == created["Response.StatusCode"]
    assert missing(body(created), made.content) == set()
    sid = tree(made.content).findtext("sid")
    ours = link.get(f"{JOBS}/{sid}").content
    request = {each for each in missing(body(described), ours) if "/key=request/" in each}
    assert missing(body(described), ours) - request == set()


def test_the_rows_of_a_oneshot(link: httpx.Client) -> None:
    theirs = body(recorded("CanSearchOneshot")[-1])
    form = {"search": "search index=shop | head 5", "exec_mode": "oneshot"}
    ours = link.post(JOBS, data=form).content
    assert missing(theirs, ours) == set()
    first = tree(theirs).find("result")
    mine = tree(ours).find("result")
    assert first is not None
    assert mine is not None
    raw, other = first.find("field[@k='_raw']/v"), mine.find("field[@k='_raw']/v")
    assert raw is not None
    assert other is not None
    assert raw.attrib == other.attrib


def test_the_sets_of_an_export(link: httpx.Client) -> None:
    """A real one sends a declaration and then one element for each hundred rows."""
    theirs = body(recorded("CanExportSearchResultsToEnumerable")[1])
    form = {"search": "search index=shop | head 250", "earliest_time": "-1h"}
    ours = link.post(f"{JOBS}/export", data=form).content

    def sets(told: bytes) -> list[ET.Element]:
        return list(tree(b"<all>" + told.partition(b"?>")[2] + b"</all>"))

    one, mine = sets(theirs)[1], sets(ours)[1]
    assert set(shape(one)) - set(shape(mine)) - {"/results/messages"} == set()
    assert len(one.findall("result")) == len(mine.findall("result")) == 100


def test_the_same_resources_in_json(link: httpx.Client) -> None:
    """JSON was not recorded: its keys are those of the Atom that was."""
    theirs = tree(body(recorded("CanGetServerInfo")[1]))
    names = {each.get("name") for each in theirs.findall(f".//{ATOM}content/{REST}dict/{REST}key")}
    told = link.get("/services/server/info", params={"output_mode": "json"}).json()
    assert names <= told["entry"][0]["content"].keys()
    assert told["paging"] == {"total": 1, "perPage": 30, "offset": 0}
    assert told["entry"][0]["acl"]["perms"]["read"] == ["*"]
