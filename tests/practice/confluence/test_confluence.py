"""The double of Confluence: selection, expansion, paging, who sees what, and what goes wrong."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from practice.confluence.accounts import ACCOUNTS
from practice.confluence.app import Double, build
from practice.confluence.library import Library
from practice.incident import Clock

pytestmark = pytest.mark.anyio
CLOCK = Clock.at(datetime(2025, 3, 4, 12, 0, tzinfo=UTC))
BASE = "https://wiki.example"
CONTENT = "/rest/api/content"
READ = "restrictions.read.restrictions"


@pytest.fixture
async def wiki() -> AsyncIterator[httpx.AsyncClient]:
    app = build(Double(Library.of(CLOCK), BASE))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        client.headers["Authorization"] = f"Bearer {ACCOUNTS['bailiwick'].token}"
        yield client


async def got(wiki: httpx.AsyncClient, path: str = CONTENT, **query: str | int) -> Any:
    answer = await wiki.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def titles(found: Any) -> list[str]:
    return [each["title"] for each in found["results"]]


async def test_without_a_credential_nothing_is_told(wiki: httpx.AsyncClient) -> None:
    for said in ("", "Bearer x", "Basic x", "Basic YW5hOng="):
        answer = await wiki.get(CONTENT, headers={"Authorization": said})
        assert (answer.status_code, answer.json()["statusCode"]) == (401, 401)
    basic = httpx.BasicAuth("ana", "practice")
    user = await wiki.get("/rest/api/user/current", auth=basic)
    assert user.json()["username"] == "ana"


async def test_pages_come_one_after_the_other(wiki: httpx.AsyncClient) -> None:
    whole = titles(await got(wiki, spaceKey="OPS", limit=100))
    assert len(whole) == 11
    seen: list[str] = []
    query: dict[str, str | int] = {"spaceKey": "OPS", "limit": 4, "expand": "version"}
    path = f"{CONTENT}?{httpx.QueryParams(query)}"
    while path:
        found = (await wiki.get(path)).json()
        assert found["_links"]["base"] == BASE
        assert found["size"] == len(found["results"]) <= 4
        assert all("version" in each for each in found["results"])
        seen += titles(found)
        path = found["_links"].get("next", "")
    assert seen == whole


async def test_what_is_not_asked_for_is_expandable(wiki: httpx.AsyncClient) -> None:
    bare = await got(wiki, f"{CONTENT}/10003")
    assert {"version", "body", "restrictions", "ancestors"} <= set(bare["_expandable"])
    assert "version" not in bare
    expand = f"version,ancestors,body.storage,metadata.labels,space,{READ}.user"
    whole = await got(wiki, f"{CONTENT}/10003", expand=expand)
    assert whole["version"]["number"] == 7
    assert [each["title"] for each in whole["ancestors"]] == ["Operations home", "Runbooks"]
    assert "CDATA" in whole["body"]["storage"]["value"]
    assert whole["space"]["key"] == "OPS"
    assert "runbook" in [each["name"] for each in whole["metadata"]["labels"]["results"]]
    read = whole["restrictions"]["read"]["restrictions"]
    assert read["user"]["results"] == []
    assert "group" in read["_expandable"]


async def test_restrictions_also_of_the_pages_above(wiki: httpx.AsyncClient) -> None:
    expand = f"{READ}.user,{READ}.group,ancestors.{READ}.group"
    page = await got(wiki, f"{CONTENT}/10008", expand=expand)
    own = page["restrictions"]["read"]["restrictions"]
    assert [each["username"] for each in own["user"]["results"]] == ["bo"]
    named = [each["restrictions"]["read"]["restrictions"]["group"] for each in page["ancestors"]]
    above = [[group["name"] for group in each["results"]] for each in named]
    assert above == [[], ["sre", "lead"], ["lead"]]


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("bailiwick", set[str]()),
        ("ana", {"10006", "10008"}),
        ("bo", {"10007"}),
        ("eve", {"10005", "10006", "10007", "10008"}),
    ],
)
async def test_everybody_sees_what_all_levels_allow(
    wiki: httpx.AsyncClient, name: str, hidden: set[str]
) -> None:
    wiki.headers["Authorization"] = f"Bearer {ACCOUNTS[name].token}"
    found = await got(wiki, spaceKey="OPS", limit=100)
    assert {each["id"] for each in found["results"]}.isdisjoint(hidden)
    assert found["size"] == 11 - len(hidden)
    for number in hidden:
        assert (await wiki.get(f"{CONTENT}/{number}")).status_code == 404


async def test_selection(wiki: httpx.AsyncClient) -> None:
    assert titles(await got(wiki, title="On-call")) == ["On-call"]
    assert titles(await got(wiki, type="blogpost")) == []
    assert titles(await got(wiki, status="archived")) == []
    for path in (f"{CONTENT}?spaceKey=NO", f"{CONTENT}/1", "/rest/api/space/NO", "/nothing"):
        answer = await wiki.get(path)
        assert (answer.status_code, answer.json()["statusCode"]) == (404, 404)
    assert (await got(wiki, "/rest/api/space/OPS"))["name"] == "Operations"


async def test_pages_can_be_changed_by_a_test(wiki: httpx.AsyncClient) -> None:
    await wiki.put("/practice/pages/10003", json={"body": "<p>new</p>"})
    await wiki.put("/practice/pages/10004", json={"readers": {"groups": ["lead"]}})
    await wiki.put("/practice/pages/20000", json={"title": "New", "body": "", "under": "10002"})
    await wiki.delete("/practice/pages/10005")
    assert (await got(wiki, f"{CONTENT}/10003", expand="version"))["version"]["number"] == 8
    assert (await got(wiki, f"{CONTENT}/10004", expand="version"))["version"]["number"] == 1
    moved = await got(wiki, f"{CONTENT}/10006", expand="ancestors")
    assert [each["id"] for each in moved["ancestors"]] == ["10001"]
    assert (await wiki.put("/practice/pages/1", json={"titel": "x"})).status_code == 400
    assert (await wiki.delete("/practice/pages/1")).status_code == 400


@pytest.mark.parametrize(
    ("kind", "status"),
    [("unavailable", 503), ("busy", 429), ("forbidden", 403), ("expired", 401), ("login", 302)],
)
async def test_faults_are_used_up(wiki: httpx.AsyncClient, kind: str, status: int) -> None:
    await wiki.post("/practice/faults", json={"kind": kind, "match": "/content$"})
    assert (await wiki.get(f"{CONTENT}/10001")).status_code == 200
    assert (await wiki.get(CONTENT)).status_code == status
    assert (await wiki.get(CONTENT)).status_code == 200
    asked = (await wiki.get("/practice/asked")).json()
    assert [each["status"] for each in asked] == [200, status, 200]
    assert {each["account"] for each in asked} == {"bailiwick"}


async def test_answers_that_are_wrong_in_themselves(wiki: httpx.AsyncClient) -> None:
    for kind in ("html", "truncated", "slow", "bare"):
        fault: dict[str, object] = {"kind": kind, "seconds": 0, "times": 1}
        await wiki.post("/practice/faults", json=fault)
    assert "Log in" in (await wiki.get(CONTENT)).text
    half = await wiki.get(CONTENT)
    assert half.status_code == 200
    assert len(half.content) < len((await wiki.get(CONTENT)).content)
    bare = await got(wiki, f"{CONTENT}/10006", expand=f"ancestors.{READ}.group")
    assert all("restrictions" not in each for each in bare["ancestors"])
    await wiki.delete("/practice/faults")
    assert (await wiki.get("/practice/ready")).json() == {"ready": True}
