from pathlib import Path

import pytest

from practice import cache


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "bailiwick"


def test_the_key_is_of_contents_and_their_borders(tmp_path: Path) -> None:
    file = tmp_path / "go.mod"
    file.write_text("one")
    before = cache.key("flags", file)
    assert len(before) == 16
    assert before == cache.key("flags", b"one")
    assert before != cache.key("flagso", "ne")
    file.write_text("two")
    assert before != cache.key("flags", file)


def test_a_build_is_made_once(shelf: Path) -> None:
    made: list[Path] = []

    def build(path: Path) -> None:
        made.append(path)
        path.write_text("built")

    first = cache.kept("thing", ["recipe"], build)
    assert first == cache.kept("thing", ["recipe"], build)
    assert first.parent == shelf
    assert first.read_text() == "built"
    assert len(made) == 1
    assert cache.kept("thing", ["another"], build) != first


def test_a_failed_build_leaves_nothing(shelf: Path) -> None:
    def build(path: Path) -> None:
        path.mkdir()
        (path / "half").touch()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        cache.kept("thing", ["recipe"], build)
    assert [each.name for each in shelf.iterdir()] == ["thing.lock"]


def test_a_missing_tool_says_what_to_install() -> None:
    with pytest.raises(FileNotFoundError, match=r"install Go 1\.26"):
        cache.tool("no-such-program", "Go 1.26 or newer")
