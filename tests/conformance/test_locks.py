"""What comes from npm is pinned by its content, names no host, and is never silently missing."""

from pathlib import Path

import orjson
import pytest

from tests.parts.node import missing, node
from tests.parts.served import ROOT

LOCKS = sorted(ROOT.glob("tests/*/package-lock.json"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_a_lock_pins_content_and_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    assert '"resolved"' not in text
    packages = orjson.loads(text)["packages"]
    assert packages.keys() - {""}
    assert not [name for name, one in packages.items() if name and "integrity" not in one]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_versions_are_exact(lock: Path) -> None:
    wanted = orjson.loads((lock.parent / "package.json").read_bytes())["dependencies"]
    assert wanted
    assert not [version for version in wanted.values() if not version[0].isdigit()]


def test_a_missing_node_is_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="NOT TESTED: why"):
        missing("why")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="NOT TESTED: why"):
        missing("why")


def test_the_node_is_new_enough() -> None:
    said = node().run([str(node().program), "--version"], seconds=30).stdout
    assert tuple(int(part) for part in said.strip("v\n").split(".")[:2]) >= (22, 19)
