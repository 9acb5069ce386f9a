"""Resources over the wire: read, listed and completed by ordinary calls, or not there."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.client import ConnectMode
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    BlobResourceContents,
    ErrorData,
    ResourceTemplateReference,
    TextResourceContents,
)
from pydantic import BaseModel

from bailiwick.errors import Unavailable
from bailiwick.policy.question import Risk
from bailiwick.resource import Address, Listing
from bailiwick.shaping.answer import Answer, Image
from bailiwick.tool import Call, tool
from tests.parts.archive import (
    DOCUMENT,
    HANDBOOK,
    MINUTES,
    SALARIES,
    VAULT,
    Archive,
    Collection,
    Desk,
    application,
    in_memory,
    list_documents,
    read_document,
)
from tests.shared.test_resource import CLIMBING, MALFORMED

pytestmark = pytest.mark.anyio
MODES: list[ConnectMode] = ["2026-07-28", "legacy"]
both = pytest.mark.parametrize("mode", MODES)
NO_TOOL = 'forbid (principal, action == Action::"{}", resource);'


async def refused(client: Client, uri: str) -> ErrorData:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    return caught.value.error


def codes(desk: Desk) -> list[str]:
    return [r.text("result", "code") for r in desk.records() if r.text("result", "code")]


@both
async def test_a_read_is_a_call_on_the_road(tmp_path: Path, mode: ConnectMode) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp, mode=mode) as client:
        said = await client.read_resource(f"{HANDBOOK}#fees")
        (content,) = said.contents
        assert isinstance(content, TextResourceContents)
        assert content.uri == f"{HANDBOOK}#fees"
        assert content.mime_type == "text/markdown"
        assert content.text.startswith("visa.md of handbook\n<<untrusted ")
        assert "Ask early.fees" in content.text
        assert desk.story() == ["tool.call intent", "tool.call outcome success"]
        intent = desk.records()[1].fields
        assert intent["resource"] == {"Collection": "handbook"}
        assert intent["action"]["tool"] == "read_document"  # type: ignore[index,call-overload]


@both
async def test_what_may_not_be_seen_reads_like_what_is_not_there(
    tmp_path: Path, mode: ConnectMode
) -> None:
    code = INVALID_PARAMS if mode == "2026-07-28" else -32002
    nowhere = ["doc://handbook/nothing.md", "k8s://eu/shop/pods/web", *CLIMBING, *MALFORMED]
    async with in_memory(tmp_path) as desk, Client(desk.mcp, mode=mode) as client:
        for uri in (SALARIES, MINUTES, *nowhere):
            error = await refused(client, uri)
            assert (error.code, error.message) == (code, "Resource not found"), uri
            assert set(error.data) == {"uri"}
        assert desk.archive.documents.keys() >= {SALARIES, MINUTES}


async def test_the_journal_knows_why_a_resource_was_not_there(tmp_path: Path) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp) as client:
        await refused(client, MINUTES)
        (denied,) = desk.records(event="tool.refused")
        assert denied.texts("policy", "because") == ["board-only"]
        await refused(client, SALARIES)
        assert codes(desk) == ["denied", "bad_request"]
        await refused(client, "doc://handbook/../board/minutes.md")
        await refused(client, "ftp://handbook/visa.md")
        reasons = [r.text("result", "reason") for r in desk.records(event="door.refused")]
        assert reasons == ["malformed address", "no such address"]
        assert len(desk.story()) == 5, "no refusal is written down twice"
    assert desk.archive.looked == [f"{denied.text('actor', 'subject')} {SALARIES}"]


@both
async def test_what_failed_otherwise_is_said(tmp_path: Path, mode: ConnectMode) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp, mode=mode) as client:
        desk.archive.fails = Unavailable("the archive does not answer; try later")
        error = await refused(client, HANDBOOK)
        assert error.code == INTERNAL_ERROR
        assert error.message.startswith("the archive does not answer; try later [upstream_")
        desk.archive.fails = ValueError("s3cret")
        error = await refused(client, HANDBOOK)
        assert error.message.startswith("internal error; tell your operators [bug, call ")


async def test_a_read_that_needs_an_approval_is_no_content(tmp_path: Path) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp) as client:
        error = await refused(client, VAULT)
        assert error.code == INTERNAL_ERROR
        assert "this needs the approval of another person" in error.message
        assert codes(desk) == ["approval_needed"]


class Fact(BaseModel, frozen=True):
    """Something short."""

    text: str


@tool(risk=Risk.READ)
async def read_fact(call: Call[Archive], collection: Collection) -> Fact:
    """Read a fact."""
    return Fact(text="token=ghp_" + "a1B2" * 9)


@tool(risk=Risk.READ)
async def draw_fact(call: Call[Archive], collection: Collection) -> Answer:
    """Draw a fact."""
    return Answer("a picture", image=Image(b"\x89PNG"))


def _by_place(at: Address) -> dict[str, Any]:
    return {"collection": at.place}


@pytest.mark.parametrize("made", [read_fact, draw_fact])
async def test_structure_is_json_and_a_picture_is_a_blob(tmp_path: Path, made: Any) -> None:
    spec = replace(
        DOCUMENT,
        tool=made,
        lists=None,
        mime_type="application/json",
        reads=_by_place,
    )
    app = {"resources": (spec,), "tools": (read_document, list_documents, read_fact, draw_fact)}
    async with in_memory(tmp_path, **app) as desk, Client(desk.mcp) as client:
        first, *rest = (await client.read_resource("doc://handbook")).contents
        assert isinstance(first, TextResourceContents)
        assert "ghp_" not in first.text
        if made is read_fact:
            assert first.text.startswith('{"text":"token=')
        else:
            (blob,) = rest
            assert isinstance(blob, BlobResourceContents)
            assert (blob.mime_type, blob.blob) == ("image/png", "iVBORw==")


# Lists


@both
async def test_lists_show_what_the_tool_shows_page_by_page(
    tmp_path: Path, mode: ConnectMode
) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp, mode=mode) as client:
        long = f"doc://handbook/{'%C3%9F' * 300}.md"
        for uri in ("doc://handbook/a.md", "doc://handbook/b.md", "doc://board/c.md", long):
            desk.archive.documents[uri] = ("text", frozenset({"local"}))
        seen: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor:
            page = await client.list_resources(cursor=cursor)
            seen += [each.uri for each in page.resources]
            cursor, pages = page.next_cursor, pages + 1
        assert seen == [HANDBOOK, "doc://handbook/a.md", "doc://handbook/b.md", long]
        assert pages == 2
        assert desk.story().count("tool.call outcome success") == 2
        first = (await client.list_resources()).resources[0]
        assert (first.name, first.mime_type) == ("visa.md", "text/markdown")


async def test_several_lists_follow_each_other(tmp_path: Path) -> None:
    def only(place: str) -> Listing:
        return Listing(list_documents, {"collection": place})

    specs = tuple(
        replace(DOCUMENT, name=place, lists=only(place)) for place in ("board", "handbook", "x")
    )
    app = {"resources": (*specs, replace(DOCUMENT, name="unlisted", lists=None))}
    async with in_memory(tmp_path, **app) as desk, Client(desk.mcp) as client:
        desk.archive.page = 9
        page = await client.list_resources()
        assert [each.uri for each in page.resources] == [HANDBOOK]
        assert page.next_cursor == "2."
        page = await client.list_resources(cursor=page.next_cursor)
        assert (page.next_cursor, len(page.resources)) == (None, 1)


@pytest.mark.parametrize("cursor", ["", "0.forged", "7.", "-1.", "x", "0.", "\u0661."])
async def test_a_cursor_that_is_not_ours(tmp_path: Path, cursor: str) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp) as client:
        if cursor in ("0.", ""):
            assert len((await client.list_resources(cursor=cursor)).resources) == 1
            return
        with pytest.raises(MCPError, match="that cursor is of another list") as caught:
            await client.list_resources(cursor=cursor)
        assert caught.value.error.code == INVALID_PARAMS


@both
async def test_who_may_not_use_the_tool_sees_no_list_and_no_template(
    tmp_path: Path, mode: ConnectMode
) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp, mode=mode, cache=None) as client:
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "doc://{collection}/{+path}{#section}"
        assert (template.name, template.title) == ("document", "Documents")
        await desk.forbid(NO_TOOL.format("list_documents"))
        before = len(desk.story())
        assert (await client.list_resources()).resources == []
        assert len(desk.story()) == before, "who may not ask has not asked"
        assert (await client.list_resource_templates()).resource_templates
        await desk.forbid(NO_TOOL.format("read_document"))
        assert (await client.list_resource_templates()).resource_templates == []
        assert (await refused(client, HANDBOOK)).message == "Resource not found"


async def test_a_list_that_fails_says_so(tmp_path: Path) -> None:
    async with in_memory(tmp_path) as desk, Client(desk.mcp) as client:
        desk.archive.documents = None  # type: ignore[assignment]
        with pytest.raises(MCPError, match="internal error; tell your operators") as caught:
            await client.list_resources()
        assert caught.value.error.code == INTERNAL_ERROR


# Completion


@both
async def test_variables_of_a_template_are_completed(tmp_path: Path, mode: ConnectMode) -> None:
    ours = ResourceTemplateReference(uri=DOCUMENT.template)
    other = ResourceTemplateReference(uri="doc://{collection}")
    async with in_memory(tmp_path) as desk, Client(desk.mcp, mode=mode) as client:
        found = await client.complete(ours, {"name": "collection", "value": "h"})
        assert found.completion.values == ["handbook"], "the board is for others"
        for reference, name in ((ours, "password"), (ours, "path"), (other, "collection")):
            found = await client.complete(reference, {"name": name, "value": ""})
            assert found.completion.values == []


# Without resources


def test_a_server_without_resources_imports_nothing_of_them() -> None:
    code = "import sys, bailiwick.cli.serve, bailiwick.web; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "bailiwick.server" in loaded
    rooms = ("resource", "reading", "subscriber", "subscription", "listening")
    assert not loaded & {f"bailiwick.{room}" for room in rooms}


@both
async def test_a_server_without_resources_is_as_it_was(tmp_path: Path, mode: ConnectMode) -> None:
    app = {"resources": (), "changes": None, "completes": application(Archive()).completes}
    async with in_memory(tmp_path, **app) as desk, Client(desk.mcp, mode=mode) as client:
        assert (await client.list_resources()).resources == []
        assert (await client.list_resource_templates()).resource_templates == []
        assert (await refused(client, HANDBOOK)).code in (INVALID_PARAMS, -32002)
        capabilities = client.server_capabilities
        if mode == "legacy":
            assert capabilities.resources is not None
            assert not capabilities.resources.subscribe
            assert not capabilities.resources.list_changed
            assert capabilities.completions is None
