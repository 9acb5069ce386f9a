"""The examples of the manual: short, alike, and each with versions pinned by their content."""

import ast
import re
from pathlib import Path

import pytest

from tests.agents.troupe import FRAMEWORKS, requirements
from tests.parts.served import ROOT

FOLDER = ROOT / "docs" / "agents"
each = pytest.mark.parametrize("framework", FRAMEWORKS)


def example(framework: str) -> Path:
    return FOLDER / f"{framework}_agent.py"


@each
def test_it_is_short_and_in_the_manual(framework: str) -> None:
    assert len(example(framework).read_text().splitlines()) <= 40
    assert f"]({framework}_agent.py)" in (FOLDER / "README.md").read_text()


def test_there_is_no_other() -> None:
    assert set(FOLDER.glob("*.py")) == {example(each) for each in FRAMEWORKS}


def test_all_tell_the_model_the_same() -> None:
    assert len({rules(example(each)) for each in FRAMEWORKS}) == 1


def rules(path: Path) -> str:
    """Read what an example tells its model."""
    assigned = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.Assign)]
    (found,) = [n.value for n in assigned if ast.unparse(n.targets[0]) == "RULES"]
    return str(ast.literal_eval(found))


@each
def test_its_versions_are_pinned(framework: str) -> None:
    pins = requirements(framework)
    wanted = [line.split("[")[0] for line in pins.with_suffix(".in").read_text().splitlines()]
    assert wanted
    text = pins.read_text()
    for name in wanted:
        assert re.search(rf"^{re.escape(name)}==\S+ ", text, re.MULTILINE), name
    lines = [line for line in text.splitlines() if not line.startswith(" ")]
    assert all(line.endswith("\\") for line in lines), "a version without a hash"
