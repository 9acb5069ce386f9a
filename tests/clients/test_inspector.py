"""A real client reads what `bailiwick connect` wrote for it: the Inspector, without its window."""

from pathlib import Path

import orjson
import pytest

from tests.parts.ground import bailiwick
from tests.parts.node import node
from tests.parts.served import BAILIWICK, ROOT, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MATRIX = ROOT / "tests" / "matrix"


def tools(folder: Path, file: Path) -> list[str]:
    """Ask the server of a file for its tools."""
    package = node().packages(MATRIX) / "@modelcontextprotocol" / "inspector"
    program = (package / "clients" / "cli" / "build" / "index.js").resolve()
    told = ["--config", str(file), "--server", "bailiwick-retrieval", "--method", "tools/list"]
    command = [str(node().program), str(program), *told]
    done = node().run(command, seconds=120, environ={"HOME": str(folder)})
    assert done.returncode == 0, done.stdout + done.stderr
    return [each["name"] for each in orjson.loads(done.stdout)["tools"]]


def connect(folder: Path, *words: str) -> Path:
    """Write the file."""
    file = folder / "inspector.json"
    told = ("connect", "inspector", "--server", "retrieval", "--file", str(file), "--write")
    done = bailiwick(folder, *told, *words, BAILIWICK_STATE=str(folder / "state"))
    assert done.returncode == 0, done.stderr
    return file


def test_it_starts_a_server(tmp_path: Path) -> None:
    assert "search_documents" in tools(tmp_path, connect(tmp_path))


def test_it_calls_a_host(tmp_path: Path) -> None:
    with served(tmp_path, [*BAILIWICK, "serve", "retrieval", "--http"]) as up:
        assert "search_documents" in tools(tmp_path, connect(tmp_path, "--url", up.url))
