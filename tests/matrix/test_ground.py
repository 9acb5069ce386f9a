"""A real client, a real Kubernetes, a real issuer, and the approver's own command line."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from bailiwick.audit.reader import Query, read
from bailiwick.audit.verify import verify
from practice import tokens
from practice.facts import Ground
from tests.matrix.cells import MODERN
from tests.parts.served import BAILIWICK, Served, environ, served

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(300)]
WORKLOAD = f"matrix-{os.getpid()}"


def configured(ground: Ground) -> dict[str, str]:
    """Configure the product for a ground: its issuer, and its cluster."""
    keycloak, kubernetes = ground.keycloak, ground.kubernetes
    known = f'name = "practice", url = "{keycloak.issuer}", ca_file = "{keycloak.ca_file}"'
    return {
        "BAILIWICK_IDENTITY__ISSUERS": f"[{{{known}}}]",
        "BAILIWICK_SERVERS__CLUSTER__CLUSTERS__PRACTICE__KUBECONFIG": f'"{kubernetes.kubeconfig}"',
    }


@pytest.fixture
def product(ground: Ground, tmp_path: Path) -> Iterator[Served]:
    """The cluster server in front of the ground, with a journal of its own."""
    with served(tmp_path, [*BAILIWICK, "serve", "cluster", "--http"], configured(ground)) as up:
        yield up


@pytest.fixture
def workload(ground: Ground) -> Iterator[str]:
    """A Deployment of two in `shop` that no other test knows."""
    admin = [*ground.kubernetes.kubectl, "--namespace", "shop"]
    made = ["create", "deployment", WORKLOAD, "--image=practice.example/matrix", "--replicas=2"]
    subprocess.run([*admin, *made], check=True, timeout=30, capture_output=True)
    yield WORKLOAD
    gone = ["delete", "deployment", WORKLOAD, "--wait=false"]
    subprocess.run([*admin, *gone], check=True, timeout=30, capture_output=True)


def approve(ground: Ground, folder: Path, asked: str) -> "subprocess.CompletedProcess[str]":
    """Approve as bo, the way bo does: with the command line, and a token for approvals."""
    token = tokens.obtain(ground.keycloak, "bo", "approvals")["access_token"]
    more = {**configured(ground), "BAILIWICK_TOKEN": token}
    return subprocess.run(
        [sys.executable, *BAILIWICK, "approvals", "approve", asked, "--yes"],
        env=environ(folder, more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def text(said: CallToolResult) -> str:
    """Return what the model reads."""
    return "\n".join(block.text for block in said.content if isinstance(block, TextContent))


async def test_a_client_lists_is_refused_and_is_approved_on_the_ground(
    ground: Ground, product: Served, workload: str, tmp_path: Path
) -> None:
    token = tokens.obtain(ground.keycloak, "ana")["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    shop: Mapping[str, Any] = {"cluster": "practice", "namespace": "shop"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(product.url, http_client=http), mode=MODERN) as client,
    ):
        named = {tool.name for tool in (await client.list_tools()).tools}
        assert {"list_resources", "scale_workload"} <= named

        listed = await client.call_tool("list_resources", {**shop, "kind": "Deployment"})
        assert not listed.is_error, text(listed)
        assert "deployments in practice/shop" in text(listed)

        hidden = {**shop, "namespace": "kube-system", "kind": "Pod"}
        refused = await client.call_tool("list_resources", hidden)
        assert refused.is_error
        assert "ana may not list_resources here" in text(refused)

        change = {**shop, "workload": workload, "replicas": 3, "dry_run": False}
        asked = await client.call_tool("scale_workload", change)
        assert asked.structured_content is not None, text(asked)
        approval = asked.structured_content["approval"]
        assert approval["needs"] == "second_person"

        agreed = approve(ground, tmp_path, approval["id"])
        assert agreed.returncode == 0, agreed.stderr

        done = await client.call_tool("scale_workload", change)
        assert done.structured_content is not None, text(done)
        assert (done.structured_content["before"], done.structured_content["after"]) == (2, 3)

    journal = product.state / "journal"
    assert verify(journal).ok
    used = list(read(journal, Query(event="approval.used")))
    assert [record.text("approval", "by") for record in used] == ["practice/bo"]
