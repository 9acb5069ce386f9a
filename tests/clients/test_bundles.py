"""Bundles for desktop clients: built, checked by the tool of their format, unpacked and started."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from scripts import bundles, clients
from tests.parts.agents import agent, over_stdio
from tests.parts.catalogue import golden, listed
from tests.parts.node import Node, node
from tests.parts.served import ROOT, environ

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.timeout(600)]
HERE = Path(__file__).parent
SERVERS = tuple(clients.TOOLS)
each = pytest.mark.parametrize("server", SERVERS)


@pytest.fixture(scope="module")
def bench() -> Node:
    return node()


def mcpb(bench: Node, *words: str | Path) -> str:
    """Run the format's own tool."""
    program = bench.packages(HERE) / "@anthropic-ai" / "mcpb" / "dist" / "cli" / "cli.js"
    done = bench.run([str(bench.program), str(program), *map(str, words)], seconds=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def unpacked(bench: Node, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build all, and unpack them as a client does."""
    at = tmp_path_factory.mktemp("bundles")
    built = bundles.build(at, SERVERS)
    folders = {server: at / server for server in SERVERS}
    for server, bundle in zip(SERVERS, built, strict=True):
        mcpb(bench, "unpack", bundle, folders[server])
    return folders


@each
def test_the_manifest_is_one(bench: Node, server: str) -> None:
    said = mcpb(bench, "validate", ROOT / "manifests/clients" / server / "manifest.json")
    assert "validation passes" in said


def test_the_tool_knows_a_broken_one(bench: Node, tmp_path: Path) -> None:
    wrong = clients.manifest("cluster") | {"servers": "none"}
    (tmp_path / "manifest.json").write_bytes(clients.written(wrong))
    with pytest.raises(AssertionError, match="Unrecognized key"):
        mcpb(bench, "validate", tmp_path / "manifest.json")


@each
def test_it_has_what_it_needs_and_nothing_of_this_machine(
    unpacked: dict[str, Path], server: str
) -> None:
    at = unpacked[server]
    assert {file.name for file in at.iterdir()} == {
        *("LICENSE", "manifest.json", "pyproject.toml", "server.name", "server.py", "uv.lock"),
        f"bailiwick_mcp-{clients.__version__}-py3-none-any.whl",
    }
    lock = (at / "uv.lock").read_text()
    assert str(ROOT) not in lock + (at / "pyproject.toml").read_text()
    pinned = (ROOT / "requirements" / f"{server}.txt").read_text()
    hashes = set(re.findall(r'hash = "(sha256:\w+)"', lock))
    ours = {line for line in hashes if f'.whl", hash = "{line}"' in lock}
    unknown = ours - set(re.findall(r"--hash=(sha256:\w+)", pinned))
    assert len(unknown) <= 1, "only our own wheel is pinned nowhere else"


@each
async def test_it_starts_as_its_manifest_says(
    bench: Node, unpacked: dict[str, Path], tmp_path: Path, server: str
) -> None:
    told = launch(bench, unpacked[server], tmp_path, {})
    assert told["env"]["BAILIWICK_CONFIG"] == "${user_config.config}", "nothing was chosen"
    command = over_stdio([told["command"], *told["args"]], around(tmp_path) | told["env"])
    async with agent(command, mode="auto") as made:
        seen = await listed(made.client)
    names = [tool["name"] for tool in orjson.loads(seen)]
    assert names == [spec.name for spec in clients.TOOLS[server]]
    assert seen == golden(server).read_bytes()


def test_what_its_person_chooses_reaches_it(
    bench: Node, unpacked: dict[str, Path], tmp_path: Path
) -> None:
    chosen = {"config": "/c/bailiwick.toml", "kubeconfig": "/k/config"}
    told = launch(bench, unpacked["cluster"], tmp_path, chosen)
    assert told["env"] == {"BAILIWICK_CONFIG": "/c/bailiwick.toml", "KUBECONFIG": "/k/config"}


def launch(bench: Node, at: Path, home: Path, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Ask the code of desktop clients how it starts a bundle."""
    given = [str(bench.packages(HERE)), str(at), str(home), orjson.dumps(chosen).decode()]
    done = bench.run([str(bench.program), str(HERE / "launch.mjs"), *given], seconds=60)
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)


def around(folder: Path) -> dict[str, str]:
    """Make an environment in which uv is found, and nothing of this checkout counts."""
    kept = environ(folder)
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "KUBECONFIG"):
        kept.pop(name, None)
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "UV_PYTHON_DOWNLOADS": "never"}
