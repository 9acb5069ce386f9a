"""Charts in folders, copied: files and folders, and nothing that leads elsewhere."""

import os
from pathlib import Path

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.upstream import copying
from bailiwick_cluster.upstream.copying import copied, sealed


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    made = tmp_path / "chart"
    (made / "templates").mkdir(parents=True)
    (made / "Chart.yaml").write_text("name: a\n")
    (made / "templates" / "a.yaml").write_text("kind: A\n")
    return made


def test_a_copy_is_the_same_and_its_digest_too(chart: Path, tmp_path: Path) -> None:
    first, second = copied(chart, tmp_path / "one"), copied(chart, tmp_path / "two")
    assert first == second
    assert (tmp_path / "one" / "templates" / "a.yaml").read_text() == "kind: A\n"


@pytest.mark.parametrize("change", ["body", "name", "more"])
def test_any_change_is_another_digest(chart: Path, tmp_path: Path, change: str) -> None:
    first = copied(chart, tmp_path / "one")
    if change == "body":
        (chart / "Chart.yaml").write_text("name: b\n")
    elif change == "name":
        (chart / "templates" / "a.yaml").rename(chart / "templates" / "b.yaml")
    else:
        (chart / "empty").mkdir()
    assert copied(chart, tmp_path / "two") != first


@pytest.mark.parametrize("kind", ["file", "folder", "pipe"])
def test_links_and_pipes_are_refused(chart: Path, tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(chart / "x")
    else:
        (chart / "x").symlink_to("/etc/passwd" if kind == "file" else "/etc")
    with pytest.raises(BadRequest, match="no links"):
        copied(chart, tmp_path / "one")


def test_a_link_in_its_own_place_is_refused(chart: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(chart)
    with pytest.raises(BadRequest, match="no links"):
        copied(tmp_path / "link", tmp_path / "one")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no such chart"):
        copied(tmp_path / "none", tmp_path / "one")


def test_what_is_too_much(chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "_MOST_BYTES", 10)
    with pytest.raises(BadRequest, match="too much"):
        copied(chart, tmp_path / "one")
    monkeypatch.undo()
    monkeypatch.setattr(copying, "_MOST_FILES", 1)
    with pytest.raises(BadRequest, match="too much"):
        copied(chart, tmp_path / "two")


def test_what_is_too_deep(tmp_path: Path) -> None:
    (tmp_path / "chart" / "/".join("abcdefghijklmnop")).mkdir(parents=True)
    with pytest.raises(BadRequest):
        copied(tmp_path / "chart", tmp_path / "one")


def test_an_archive_has_a_digest(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(b"x")
    assert sealed(tmp_path / "a.tgz").startswith("2d711642b726b044")
