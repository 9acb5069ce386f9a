"""The documents of the ground, asked over MCP with tokens: what is found, and how it is told."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest
from mcp.types import PromptReference, ResourceTemplateReference, TextResourceContents

from practice import incident
from practice.facts import Ground
from tests.faults.stage import records
from tests.parts import catalogue
from tests.parts.agents import Agent, over_http
from tests.parts.ground import token

pytestmark = [pytest.mark.ground, pytest.mark.anyio]

QUESTIONS = {
    "may I roll back without approval?": "policies change-management.md#rollback-and-emergencies",
    "how are passwords and keys handled?": "policies access.md#secrets",
    "what is severity 1?": "policies severities.rst#severity-1",
    "telephone number of the database team": "handbook on-call.xlsx#telephone",
    "how many connections does the database of the shop accept?": "handbook handbook.pdf#capacity",
    "how long did the last restore take?": "handbook handbook.pdf#backups",
    "what do we tell customers when paying is slow?": "handbook pages/status-page.html#templates",
    "sessions that stay idle in transaction": "handbook mail/vendor.eml",
    "rehearse on the practice ground in the first week": "handbook onboarding.docx#day-5",
    "namespace, language and database of ledger and transfers": "handbook services.csv",
    "a label with a value for each session": "runbooks cart/cardinality.md",
    "the image has a typing error in its tag": "runbooks shop/image-pull.md#steps",
    "acme-challenge record missing": "runbooks platform/certificates.rst#steps",
    "switch the shop to invoices": "runbooks shop/payments-crash-loop.md#steps",
    "customers were charged twice": "handbook incidents/payments-charged-twice.md",
}
"""What must be found first, in every format that the ground has."""
ALERTS = {
    "CheckoutLatencyHigh": "checkout/latency.md",
    "ConnectionPoolExhausted": "checkout/connection-pool.md",
    "CheckoutErrorBudgetSlowBurn": "checkout/error-budget.md",
    "CardinalityHigh": "cart/cardinality.md",
    "TargetFlapping": "platform/target-down.md",
    "HostDiskAlmostFull": "platform/host-disk.md",
}
COUNTS = {
    "handbook": "11 (4 markdown, 2 email, 1 csv, 1 docx)",
    "policies": "5 (4 markdown, 1 rst)",
    "runbooks": "9 (8 markdown, 1 rst)",
    "wiki": "7 (7 confluence)",
}
"""As ana sees them."""


@pytest.fixture
async def ana(ground: Ground) -> AsyncGenerator[Agent]:
    url = ground.servers.urls["retrieval"]["mcp"]
    async with over_http(url, token(ground, "ana")) as made:
        yield made


async def text(one: Agent, name: str, /, **arguments: Any) -> str:
    said = await one.call(name, **arguments)
    assert not said.is_error, said.text
    return said.text


async def test_the_catalogue_is_the_one_that_was_reviewed(ana: Agent) -> None:
    told = await catalogue.listed(ana.client)
    assert catalogue.read(orjson.loads(told)) <= 6_000
    assert told == catalogue.golden("retrieval").read_bytes(), "run python -m tests.parts.catalogue"


async def test_each_collection_is_there(ana: Agent) -> None:
    said = await ana.call("list_collections")
    assert said.says == "4 collections with 32 documents"
    assert {row[0]: row[3] for row in said.rows} == COUNTS
    assert {row[0]: row[6] for row in said.rows} == {
        **dict.fromkeys(COUNTS, "ok"),
        **dict.fromkeys(("handbook", "wiki"), "1 not readable"),
    }
    assert "contract.pdf: is broken: not a whole PDF" in said.inside


@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_right_document_is_found_first(ana: Agent, question: str) -> None:
    said = await ana.call("search_documents", query=question, limit=3)
    assert f"by words and meaning; best: {QUESTIONS[question]}" in said.says
    assert "was never synced" not in said.text
    assert "vectors follow" not in said.text


async def test_what_is_superseded_stands_behind_its_successor(ana: Agent) -> None:
    asked = {"query": "may I roll back a release without approval?", "collection": "policies"}
    found = re.findall(r"^\d+\. (\S+)", await text(ana, "search_documents", **asked), re.MULTILINE)
    assert found[0].startswith("change-management.md#")
    said = await text(ana, "search_documents", **asked, path="archive/")
    assert "SUPERSEDED by change-management.md" in said
    listed = await ana.call("list_documents", collection="runbooks", tags=["registry"])
    assert "review overdue" in listed.rows[0][3]


@pytest.mark.parametrize("alert", ALERTS)
async def test_an_alert_leads_to_its_runbook(ana: Agent, alert: str) -> None:
    said = await ana.call("search_runbooks", alert=alert, labels={"team": "shop"})
    assert said.says == f"the runbook is runbooks {ALERTS[alert]}, which names this alert"
    assert re.search(r"^#\S*steps|^#mitigation", said.inside, re.MULTILINE), said.text


async def test_an_alert_that_nobody_names_is_found_by_its_link(ana: Agent) -> None:
    linked = {"runbook_url": incident.RUNBOOK}
    said = await ana.call("search_runbooks", alert="SomethingNew", annotations=linked)
    assert said.says == "the runbook is runbooks checkout/latency.md, which the alert links"
    assert said.text.endswith("open: https://runbooks.practice.example/checkout/latency.md")
    nearest = await ana.call("search_runbooks", alert="DatabaseHasNoConnectionsLeft")
    assert "nearest: runbooks checkout/connection-pool.md" in nearest.says


@pytest.mark.parametrize(
    ("collection", "document", "place", "told"),
    [
        ("handbook", "handbook.pdf#backups", "page 2", "35 days"),
        ("handbook", "on-call.xlsx#telephone", "'Telephone' A1", "5550-1040"),
        ("handbook", "onboarding.docx#day-3", "part", "You look, they act."),
        ("handbook", "services.csv", "A1:G9", "ledger-db"),
        ("handbook", "mail/freeze.eml", "parts 1-2", incident.CHANGE),
        ("runbooks", "checkout/latency.md#rollback", "lines", "rollout undo"),
        (
            "wiki",
            "Operations home/Runbooks/Checkout: latency~10003.confluence#Mend",
            "",
            "Roll back",
        ),
    ],
)
async def test_a_section_of_every_format_is_read(
    ana: Agent, collection: str, document: str, place: str, told: str
) -> None:
    said = await ana.call("read_document", collection=collection, document=document)
    assert not said.is_error, said.text
    assert place in said.says, said.says
    assert told in said.inside
    assert "<h1>" not in said.inside
    assert "ac:structured-macro" not in said.inside


async def test_formats_are_told_apart(ana: Agent) -> None:
    for name in ("spreadsheet", "pdf", "docx", "csv", "email", "html", "rst", "confluence"):
        said = await ana.call("list_documents", formats=[name])
        assert {row[3] for row in said.rows} == {name}


async def test_orders_in_a_document_are_data(ana: Agent) -> None:
    said = await ana.call("search_documents", query="dashboards stay empty", limit=1)
    assert "best: handbook pages/vendor-notes.md#troubleshooting" in said.says
    assert "[marked: " in said.inside
    assert "ignore all previous instructions" in said.inside
    assert "ignore" not in said.outside


async def test_documents_are_resources(ana: Agent) -> None:
    uris: list[str] = []
    page = await ana.client.list_resources()
    uris += [str(each.uri) for each in page.resources]
    while page.next_cursor:
        page = await ana.client.list_resources(cursor=page.next_cursor)
        uris += [str(each.uri) for each in page.resources]
    assert len(uris) == len(set(uris)) == 32
    assert "doc://runbooks/checkout/latency.md" in uris
    read = await ana.client.read_resource("doc://runbooks/checkout/latency.md#rollback")
    [content] = read.contents
    assert isinstance(content, TextResourceContents)
    assert "rollout undo" in content.text
    assert "<<untrusted " in content.text


async def test_what_is_typed_is_completed(ana: Agent) -> None:
    async def completed(reference: Any, name: str, typed: str, **given: str) -> list[str]:
        argument = {"name": name, "value": typed}
        found = await ana.client.complete(reference, argument, given or None)
        return list(found.completion.values)

    prompt = PromptReference(type="ref/prompt", name="answer_from_documents")
    assert await completed(prompt, "collection", "") == sorted(COUNTS)
    [template] = (await ana.client.list_resource_templates()).resource_templates
    page = ResourceTemplateReference(type="ref/resource", uri=template.uri_template)
    paths = await completed(page, "path", "checkout/", collection="runbooks")
    assert paths == sorted(
        f"checkout/{n}.md" for n in ("connection-pool", "error-budget", "latency")
    )


async def test_prompts_name_tools_that_are_there(ana: Agent) -> None:
    names = [each.name for each in (await ana.client.list_prompts()).prompts]
    assert names == ["answer_from_documents", "compare_with_policy"]
    got = await ana.client.get_prompt("compare_with_policy", {"plan": "roll back checkout"})
    [message] = got.messages
    assert "roll back checkout" in getattr(message.content, "text", "")


async def test_the_journal_has_what_was_asked(ground: Ground, ana: Agent) -> None:
    said = await ana.call("explain_search", query="backups", collection="handbook",
                          document="handbook.pdf")  # fmt: skip
    assert said.says.startswith("rank 1 of "), said.text
    found = records(ground.servers.state / "journal", event="tool.call", phase="outcome")
    mine = [r for r in found if r.text("action", "tool") == "explain_search"]
    assert mine[-1].text("actor", "subject") == "ana"
    assert mine[-1].text("outcome") == "success"
    synced = records(ground.servers.state / "journal", event="retrieval.synced")
    assert {r.text("resource", "Collection") for r in synced} == set(COUNTS)
