"""Obligations of docs/controls.md that no other test is about. Each id is a line there."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from bailiwick.tool import ToolSpec
from scripts.reference import CATALOGUE
from tests.docs.blocks import ROOT
from tests.parts.library import asked, served
from tests.parts.tokens import Issuer

SPECS = [spec for specs in CATALOGUE.values() for spec in specs]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_no_schema_refers_to_anything_outside_itself(spec: ToolSpec) -> None:
    """S6, S7."""
    output = spec.output()
    written = [spec.schema(), *([] if output is None else [output.model_json_schema()])]
    found = re.findall(r'"\$ref":"([^"]*)"', orjson.dumps(written).decode())
    assert all(each.startswith("#/") for each in found), found


@pytest.mark.anyio
async def test_what_a_client_says_of_itself_is_not_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3: the record and the policy have the client of the token."""
    issuer = Issuer()
    message = asked("tools/call", name="read_shelf", arguments={"room": "attic"})
    meta: dict[str, Any] = message["params"]["_meta"]
    (told,) = (name for name in meta if name.endswith("clientInfo"))
    meta[told] = {"name": "reviewed-agent", "version": "1", "subject": "bo"}
    async with served(monkeypatch, tmp_path, issuer) as house:
        answer = await house.post(
            message, issuer.token(), mcp_method="tools/call", mcp_name="read_shelf"
        )
        assert answer.status_code == 200
        for record in await house.records(event="tool.call"):
            assert record.text("actor", "client") == "desk"
            assert record.text("actor", "subject") == "ana"


@pytest.mark.anyio
async def test_a_list_is_for_its_caller_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1: what differs by caller may be in no shared cache."""
    issuer = Issuer()
    async with served(monkeypatch, tmp_path, issuer) as house:
        answer = await house.post(asked("tools/list"), issuer.token())
        assert answer.json()["result"]["cacheScope"] == "private"


@pytest.mark.parametrize("file", sorted(ROOT.glob("requirements/*.txt")), ids=lambda f: f.name)
def test_every_version_is_pinned_by_hash(file: Path) -> None:
    """MCP04."""
    text = re.sub(r"\\\n\s*", "", file.read_text(encoding="utf-8"))
    pins = [line for line in text.splitlines() if line and line[0] not in "#-" and line[0] != " "]
    assert pins
    assert [
        pin for pin in pins if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", pin)
    ] == []
