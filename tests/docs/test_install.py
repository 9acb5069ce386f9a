"""`pip install '.[all]'` into an empty environment: a stranger's first step."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bailiwick.tool import ToolSpec
from bailiwick_cluster.tools import TOOLS as CLUSTER
from bailiwick_observability.tools import TOOLS as OBSERVABILITY
from bailiwick_retrieval.tools import TOOLS as RETRIEVAL
from tests.docs.blocks import ROOT
from tests.parts.agents import agent, over_stdio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.anyio]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install, and return the folder of the programs."""
    at = tmp_path_factory.mktemp("install")
    subprocess.run([sys.executable, "-m", "venv", at / "venv"], check=True)
    python = at / "venv/bin/python"
    command = [python, "-m", "pip", "install", "--quiet", ".[all]"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return at / "venv/bin"


def environ(home: Path) -> dict[str, str]:
    own = ("BAILIWICK_", "XDG_", "PYTHON", "KUBECONFIG")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return kept | {"HOME": str(home)}


def ran(home: Path, *words: str | Path) -> str:
    done = subprocess.run(
        words, cwd=home, env=environ(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_is_there_with_its_data(programs: Path, tmp_path: Path) -> None:
    assert ran(tmp_path, programs / "bailiwick", "--version").startswith("bailiwick 0.1.0")
    said = ran(tmp_path, programs / "bailiwick", "policy", "check")
    assert str(ROOT) not in said, "that is not what was installed"
    assert "cases tried, all hold" in said


@pytest.mark.parametrize(
    ("program", "tools"),
    [
        ("bailiwick-cluster", CLUSTER),
        ("bailiwick-observability", OBSERVABILITY),
        ("bailiwick-retrieval", RETRIEVAL),
    ],
)
async def test_a_client_lists_the_tools_over_stdio(
    programs: Path, tmp_path: Path, program: str, tools: Sequence[ToolSpec]
) -> None:
    command = over_stdio([str(programs / program)], environ(tmp_path))
    async with agent(command) as made:
        assert await made.tools() == [spec.name for spec in tools]
    assert (tmp_path / ".local/state/bailiwick/journal").is_dir()
