"""What clients find at the cluster server as it ships."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import Client, MCPError
from mcp.client.client import ConnectMode
from mcp.types import INVALID_PARAMS

from bailiwick.audit.reader import Query, read
from tests.matrix.cells import MODERN
from tests.matrix.client_node import Workshop
from tests.parts.served import BAILIWICK, Served, served


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The cluster server without any cluster, for the user of this machine."""
    at: Path = tmp_path_factory.mktemp("product")
    with served(at, [*BAILIWICK, "serve", "cluster", "--http"]) as up:
        yield up


@pytest.mark.timeout(120)
def test_every_client_can_read_the_schemas(product: Served, workshop: Workshop) -> None:
    """The Inspector knows what some client or model stumbles over in a schema."""
    where = ["--transport", "http", "--server-url", product.url]
    command = [*workshop.inspector(), *where, "--method", "tools/list", "--strict"]
    done = workshop.node.run(command, environ=workshop.environ(), seconds=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", MODERN])
async def test_an_unknown_prompt_is_the_callers_mistake(product: Served, mode: ConnectMode) -> None:
    async with Client(product.url, mode=mode) as client:
        with pytest.raises(MCPError, match="there is no such prompt") as caught:
            await client.get_prompt("nonesuch")
    assert caught.value.error.code == INVALID_PARAMS
    refused = read(product.state / "journal", Query(event="door.refused", tool="prompts/get"))
    reasons = {record.text("result", "reason") for record in refused}
    assert any("-32602" in reason for reason in reasons)
    assert not any("crash" in reason for reason in reasons)
