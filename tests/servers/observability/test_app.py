"""The server put together: nothing is contacted before the first call."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bailiwick.errors import BadConfig
from bailiwick.policy.question import Risk
from bailiwick.sharing.shared import Standing
from bailiwick_observability.app import Upstream, application
from bailiwick_observability.settings import read
from bailiwick_observability.tools import TOOLS
from tests.parts.served import ROOT, environ

EU: dict[str, Any] = {"sources": {"eu": {"kind": "prometheus", "url": "http://prom"}}}


def test_the_application(tmp_path: Path) -> None:
    made = application(EU, Standing(tmp_path))
    assert made.name == "observability"
    assert made.tools == TOOLS
    assert "<<untrusted" in made.instructions
    assert list(tmp_path.iterdir()) == [], "nothing is written before the first call"


def test_a_wrong_table_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        application({"sources": {"eu": {}}}, Standing(tmp_path))


@pytest.mark.anyio
async def test_stopping_closes_what_was_opened(tmp_path: Path) -> None:
    unused = Upstream(read(EU), Standing(tmp_path))
    await unused.stop()
    assert "sources" not in unused.__dict__
    used = Upstream(read(EU), Standing(tmp_path))
    assert used.sources is used.sources
    assert used.sources.names() == ["eu"]
    await used.budget.spend("practice/ana", "samples", 1, {})
    await used.stop()


def test_every_tool_is_in_the_catalogue_once_and_in_a_file_of_its_name() -> None:
    names = [spec.name for spec in TOOLS]
    folder = ROOT / "servers" / "bailiwick_observability" / "tools"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert sorted(names) == sorted(files)


def test_what_changes_plans_first_and_is_dry_by_default() -> None:
    for spec in TOOLS:
        if spec.risk is not Risk.READ:
            assert spec.plan is not None
            assert spec.arguments.model_fields["dry_run"].default is True


def test_every_tool_has_its_mirrored_test() -> None:
    tests = Path(__file__).parent / "tools"
    for spec in TOOLS:
        assert (tests / f"test_{spec.name}.py").exists(), spec.name


def test_vendors_and_charts_are_not_imported_with_the_catalogue(tmp_path: Path) -> None:
    script = (
        "import sys, bailiwick_observability.tools, bailiwick_observability.upstream.sources\n"
        "print(*(n for n in ('matplotlib', 'splunklib', 'numpy') if n in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""


def test_no_tool_says_more_than_a_model_will_read() -> None:
    for spec in TOOLS:
        assert len(spec.description) <= 300
        assert re.match(r"[A-Z][a-z]+ ", spec.description)
