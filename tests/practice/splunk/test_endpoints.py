"""What the double says of macros, saved searches, users and searches taken apart."""

from collections.abc import Callable

import httpx
import pytest

from practice.splunk.facts import Splunk

JSON = {"output_mode": "json", "count": "0"}
PARSER = "/services/search/v2/parser"


@pytest.mark.parametrize(
    "path",
    [
        "/servicesNS/-/-/configs/conf-macros",
        "/servicesNS/-/-/admin/macros",
        "/services/data/macros",
    ],
)
def test_macros(link: httpx.Client, path: str) -> None:
    found = {each["name"]: each["content"] for each in link.get(path, params=JSON).json()["entry"]}
    assert found["errors_of(1)"]["args"] == "service"
    one = link.get(f"{path}/tidy_up", params=JSON).json()["entry"]
    assert one[0]["content"]["definition"] == "search index=shop | delete"
    assert link.get(f"{path}/nope", params=JSON).status_code == 404


def test_saved_searches(link: httpx.Client) -> None:
    path = "/servicesNS/-/-/saved/searches"
    found = {each["name"]: each for each in link.get(path, params=JSON).json()["entry"]}
    assert found["Nightly clean-up"]["author"] == "bo"
    assert found["Nightly clean-up"]["content"]["is_scheduled"] is True
    one = link.get(f"{path}/Nightly%20clean-up", params=JSON).json()["entry"]
    assert one[0]["content"]["search"].endswith("| delete")
    page = link.get(path, params={**JSON, "count": "2", "offset": "1"}).json()
    assert [each["name"] for each in page["entry"]] == list(found)[1:3]
    assert page["paging"]["total"] == len(found)


def test_roles_and_users(link: httpx.Client) -> None:
    roles = link.get("/services/authorization/roles", params=JSON).json()["entry"]
    allowed = {each["name"]: each["content"]["srchIndexesAllowed"] for each in roles}
    assert allowed["lead"] == ["*", "_*"]
    assert "security" not in allowed["agent"]
    users = link.get("/services/authentication/users", params=JSON).json()["entry"]
    assert [each["name"] for each in users] == ["bailiwick"]


@pytest.mark.parametrize("ask", ["GET", "POST"])
def test_a_search_taken_apart(link: httpx.Client, ask: str) -> None:
    asked = {**JSON, "q": "search index=shop [ search index=main | head 1 ] | `by_minute`"}
    answer = link.get(PARSER, params=asked) if ask == "GET" else link.post(PARSER, data=asked)
    told = answer.json()
    assert [each["command"] for each in told["commands"]] == ["search", "timechart"]
    assert told["commands"][0]["isGenerating"] is True
    assert told["commands"][1]["pipeline"] == "report"
    assert told["reportsSearch"] == "timechart span=1m count"
    assert "[ search index=main | head 1 ]" in told["eventsSearch"]


def test_a_hidden_deletion_is_seen_by_the_parser(link: httpx.Client) -> None:
    told = link.get(PARSER, params={**JSON, "q": "search `nested`"}).json()
    assert [each["command"] for each in told["commands"]] == ["search", "delete"]


@pytest.mark.parametrize("mode", ["json", "xml"])
def test_what_cannot_be_parsed(link: httpx.Client, mode: str) -> None:
    answer = link.get(PARSER, params={"output_mode": mode, "q": "search index=shop | foo"})
    assert answer.status_code == 400
    assert "Unknown search command" in answer.text
    assert "foo" in answer.text


def test_links_into_the_web_lead_somewhere(splunk: Splunk, link: httpx.Client) -> None:
    assert link.get(f"{splunk.web}/app/search/search?q=search").status_code == 200


def test_tokens_look_like_tokens(splunk: Splunk, bearing: Callable[[str], httpx.Client]) -> None:
    assert all(token.count(".") == 2 for token in splunk.tokens.values())
    for user in splunk.tokens:
        told = bearing(user).get("/services/authentication/current-context", params=JSON).json()
        assert told["entry"][0]["content"]["username"] == user
        assert told["entry"][0]["content"]["roles"] == splunk.roles[user]
