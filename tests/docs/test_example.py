"""The tool of CONTRIBUTING.md is real: it is declared, clean, and passes its own test."""

import importlib
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import anyio
import pytest

from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick.rules import shipped
from tests.docs.blocks import ROOT, blocks

TOOL = "servers/bailiwick_cluster/tools/list_namespaces.py"
TEST = "tests/servers/cluster/tools/test_list_namespaces.py"
CODE: dict[str, str] = dict(
    zip(
        (TOOL, TEST), [b.text for b in blocks("python") if b.page == "CONTRIBUTING.md"], strict=True
    )
)


def loaded(folder: Path, name: str, text: str) -> ModuleType:
    file = folder / f"{name.rpartition('.')[2]}.py"
    file.write_text(text)
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    name = "bailiwick_cluster.tools.list_namespaces"
    importlib.import_module("bailiwick_cluster.tools")
    module = loaded(tmp_path, name, CODE[TOOL])
    monkeypatch.setitem(sys.modules, name, module)
    return module


def test_it_passes_its_own_test(tmp_path: Path, tool: ModuleType) -> None:
    test = loaded(tmp_path, "test_list_namespaces", CODE[TEST])
    named = [name for name in vars(test) if name.startswith("test_")]
    assert len(named) == 1
    anyio.run(getattr(test, named[0]))


def test_policies_can_speak_of_it(tool: ModuleType) -> None:
    action = tool.list_namespaces.action("cluster")
    text = shipped().read_text(encoding="utf-8")
    text += 'permit (principal, action == Action::"list_namespaces", resource in Cluster::"eu");'
    assert Policy.load(text, [*catalogue(), action])


@pytest.mark.parametrize("path", CODE)
def test_it_is_clean(path: str) -> None:
    assert path in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    # How imports are sorted depends on which files there are, and this one is not there.
    for words in (["check", "--quiet", "--ignore=I001"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [ruff, *words, "--no-cache", "--stdin-filename", path, "-"],
            input=CODE[path],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
