"""Who is told what: eve, who is in no group, asks an index in which nothing hidden seems to be."""

import re
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from mcp import MCPError
from mcp.types import ResourceTemplateReference

from practice.facts import Ground
from tests.integration.test_retrieval import QUESTIONS
from tests.parts.agents import Agent, over_http
from tests.parts.ground import token
from tests.parts.looked import LookedUp, looked_up

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]

READS = [
    *("list_collections", "list_documents", "search_documents", "read_document"),
    *("search_runbooks", "explain_search"),
]
HIDDEN = "incidents/orders-connection-pool.md"
PRYING = (
    *("Nordwind", "INC-0931", '"charged twice"', "postmortem", "what we learned from orders 2.9.0"),
    *("raising the pool to 150", "blind for forty minutes", "1412 purchases were lost"),
)
CALLS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    *(("search_documents", {"query": query, "limit": 10}) for query in (*QUESTIONS, *PRYING)),
    *(("search_documents", {"query": query, "collection": "handbook"}) for query in PRYING),
    ("search_documents", {"query": "lost", "tags": ["postmortem"]}),
    ("search_documents", {"query": "lost", "path": "incidents/"}),
    ("search_runbooks", {"alert": "ConnectionPoolExhausted"}),
    ("search_runbooks", {"alert": "ConnectionPoolExhausted", "collection": "handbook"}),
    ("list_collections", {}),
    ("list_documents", {"limit": 200}),
    ("list_documents", {"path": "incidents"}),
    ("list_documents", {"tags": ["postmortem"]}),
    ("read_document", {"collection": "handbook", "document": HIDDEN}),
    ("read_document", {"collection": "handbook", "document": HIDDEN, "view": "changes"}),
    (
        "explain_search",
        {"collection": "handbook", "document": "handbook.pdf", "query": "connections of orders"},
    ),
    ("explain_search", {"collection": "handbook", "document": HIDDEN, "query": "orders"}),
)
MASKS = {
    r"untrusted [0-9a-f]{8}|end [0-9a-f]{8}": "(nonce)",
    r"call [0-9a-f-]{36}": "(call)",
    r"\b\d+ (?:s|min|h) ago": "(age)",
    r"next=\S+": "(cursor)",
}
"""What differs from answer to answer."""


@pytest.fixture(scope="module")
def whole(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[LookedUp]:
    """All documents of the ground."""
    with looked_up(tmp_path_factory.mktemp("whole"), ground) as up:
        yield up


@pytest.fixture(scope="module")
def parted(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[LookedUp]:
    """The same without the postmortems: there is no such folder."""
    with looked_up(tmp_path_factory.mktemp("parted"), ground, ["incidents"]) as up:
        yield up


async def plain(one: Agent, name: str, arguments: Mapping[str, Any]) -> str:
    told = (await one.call(name, **arguments)).text
    for pattern, word in MASKS.items():
        told = re.sub(pattern, word, told)
    return told


async def test_what_eve_may_not_read_does_not_exist_for_her(
    whole: LookedUp, parted: LookedUp
) -> None:
    async with whole.as_("eve") as here, parted.as_("eve") as there:
        for name, arguments in CALLS:
            said = await plain(here, name, arguments)
            assert said == await plain(there, name, arguments), (name, arguments)
            assert "incidents/" not in said
    async with whole.as_("ana") as ana:
        said = await ana.call("search_documents", query="what Nordwind lost")
        assert f"best: handbook {HIDDEN}" in said.says


async def test_what_is_hidden_is_no_resource_either(whole: LookedUp) -> None:
    uri = f"doc://handbook/{HIDDEN}"
    async with whole.as_("eve") as eve:
        listed = (await eve.client.list_resources()).resources
        assert listed
        assert not [each for each in listed if "incidents" in str(each.uri)]
        texts: list[str] = []
        for each in (uri, "doc://handbook/incidents/none.md"):
            with pytest.raises(MCPError) as caught:
                await eve.client.read_resource(each)
            texts.append(re.sub(r"call [0-9a-f-]{36}", "", str(caught.value)).replace(each, ""))
        assert texts[0] == texts[1]
        [template] = (await eve.client.list_resource_templates()).resource_templates
        page = ResourceTemplateReference(type="ref/resource", uri=template.uri_template)
        typed = {"name": "path", "value": "incidents/"}
        assert (
            await eve.client.complete(page, typed, {"collection": "handbook"})
        ).completion.values == []
        async with eve.client.listen(resource_subscriptions=[uri]) as stream:
            assert not stream.honored.resource_subscriptions
    async with whole.as_("ana") as ana, ana.client.listen(resource_subscriptions=[uri]) as stream:
        assert stream.honored.resource_subscriptions == [uri]


async def test_eve_looks_up_and_does_nothing_else(ground: Ground) -> None:
    async with over_http(ground.servers.urls["retrieval"]["mcp"], token(ground, "eve")) as eve:
        assert await eve.tools() == READS
        for dry_run in (True, False):
            said = await eve.call("refresh_collection", collection="runbooks", dry_run=dry_run)
            assert "[denied, call " in said.text
    for server in ("cluster", "observability"):
        async with over_http(ground.servers.urls[server]["mcp"], token(ground, "eve")) as eve:
            assert await eve.tools() == []


async def test_the_wiki_keeps_its_own_restrictions(ground: Ground) -> None:
    seen: dict[str, set[str]] = {}
    for who in ("ana", "bo", "eve"):
        async with over_http(ground.servers.urls["retrieval"]["mcp"], token(ground, who)) as one:
            said = await one.call("list_documents", collection="wiki")
            seen[who] = {row[1] for row in said.rows}
    assert seen["ana"] - seen["eve"] == {"On-call"}
    assert seen["bo"] - seen["ana"] == {"Escalation"}
