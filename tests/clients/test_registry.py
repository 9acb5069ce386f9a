"""Entries for the MCP registry: fresh, valid by the registry's own schema, and true."""

import hashlib
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import orjson
import pytest

from practice import cache
from scripts import clients
from tests.parts.served import ROOT

PINNED = Path(__file__).parent / "registry"
SCHEMA = "internal/validators/schemas/2025-12-11.json"
each = pytest.mark.parametrize("server", clients.TOOLS)


@pytest.mark.parametrize(("name", "text"), list(clients.files()))
def test_what_is_generated_is_fresh(name: str, text: bytes) -> None:
    assert (ROOT / name).read_bytes() == text, "run: .venv/bin/python scripts/clients.py"


@each
def test_what_it_runs_is_what_is_built(server: str) -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (package,) = clients.entry(server)["packages"]
    assert (package["identifier"], package["version"]) == (built["name"], built["version"])
    assert server in built["optional-dependencies"]
    # uvx runs the program that is called like the distribution
    assert built["scripts"][package["identifier"]] == "bailiwick.cli:main"


@pytest.fixture(scope="module")
def validator() -> Any:
    """The registry's schema, out of the module that go.sum pins by its content."""
    from jsonschema import Draft7Validator  # noqa: PLC0415 - only here

    schema = cache.kept("registry-schema", [PINNED / "go.sum"], _fetch)
    return Draft7Validator(orjson.loads(schema.read_bytes()))


def _fetch(made: Path) -> None:
    go = cache.tool("go", "Go 1.26 or newer")
    command = [go, "mod", "download", "-json", "github.com/modelcontextprotocol/registry"]
    env = {**os.environ, "GOFLAGS": "-mod=readonly"}
    done = subprocess.run(command, cwd=PINNED, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shutil.copyfile(Path(orjson.loads(done.stdout)["Dir"]) / SCHEMA, made)


@pytest.mark.slow
@pytest.mark.timeout(300)
@each
def test_the_registry_takes_it(validator: Any, server: str) -> None:
    found = orjson.loads((ROOT / "manifests/registry" / f"{server}.json").read_bytes())
    assert found["$schema"] == validator.schema["$id"]
    assert [error.message for error in validator.iter_errors(found)] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_schema_refuses_what_is_none(validator: Any) -> None:
    for wrong in ({"description": "x" * 101}, {"name": "bailiwick"}, {"version": None}):
        assert list(validator.iter_errors(clients.entry("cluster") | wrong))


def test_whoever_publishes_gives_their_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "ROOT", tmp_path)
    (tmp_path / "dist").mkdir()
    for server in clients.TOOLS:
        (tmp_path / "dist" / f"bailiwick-{server}.mcpb").write_bytes(b"bundle")
    clients.publish("com.example.ops", "https://downloads.example.com/0.1.0/")
    made = orjson.loads((tmp_path / "dist/registry/cluster.json").read_bytes())
    assert made["name"] == "com.example.ops/bailiwick-cluster"
    assert made["packages"][1] == {
        "registryType": "mcpb",
        "identifier": "https://downloads.example.com/0.1.0/bailiwick-cluster.mcpb",
        "fileSha256": hashlib.sha256(b"bundle").hexdigest(),
        "transport": {"type": "stdio"},
    }
