"""A folder that misleads: odd names, odd files, and changes while it is read."""

import os
import socket
from contextlib import aclosing
from pathlib import Path

import anyio
import pytest

from bailiwick.errors import Moved, Unavailable, Unreadable
from bailiwick_retrieval.models.sources import Entry, Gone
from bailiwick_retrieval.settings import FolderSettings
from bailiwick_retrieval.upstream import beneath, folder, walking
from tests.servers.retrieval.upstream.trees import data, listed, opened, paths, write

pytestmark = pytest.mark.anyio
ROOT = os.geteuid() == 0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    made.mkdir()
    return made


async def test_what_is_no_file_is_never_opened(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tree / "pipe.md")
    (tree / "to-pipe.md").symlink_to("pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tree)
        server.bind("socket.md")
        made = opened(tree)
        entries, problems = await listed(made)
        assert not entries
        assert sorted(problems) == ["pipe.md", "socket.md", "to-pipe.md"]
        for path in problems:
            with anyio.fail_after(5):
                with pytest.raises(Gone):
                    await made.read(Entry(path, ""), "")


async def test_names_that_cannot_be_shown_are_told(tree: Path) -> None:
    (tree / "bad").mkdir()
    for name in (b"a\nb.md", b"\xff.md", b"t\x1b[31m.md", "r\u202edm.md".encode(), b"ok.md"):
        (tree / "bad" / os.fsdecode(name)).touch()
    (tree / "line\nbreak").mkdir()
    (tree / "line\nbreak" / "x.md").touch()
    entries, problems = await listed(opened(tree))
    assert list(entries) == ["bad/ok.md"]
    assert len(problems) == 5
    assert all(each.isprintable() for each in problems)
    assert not any(each.incomplete for each in problems.values())


async def test_one_name_in_two_forms_is_one_document(tree: Path) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    write(tree, f"{apart}/only-{apart}.md", "apart")
    write(tree, f"both-{composed}.md", "composed")
    write(tree, f"both-{apart}.md", "other")
    write(tree, "K.md", "letter")
    write(tree, "\u212a.md", "sign")
    made = opened(tree)
    entries, problems = await listed(made)
    assert sorted(entries) == ["K.md", f"both-{composed}.md", f"{composed}/only-{composed}.md"]
    assert len(problems) == 2
    assert await data(made, entries[f"both-{composed}.md"]) == b"composed"
    assert await data(made, entries[f"{composed}/only-{composed}.md"]) == b"apart"
    assert await data(made, entries["K.md"]) == b"letter"


async def test_a_name_as_long_as_can_be_has_no_sidecar(tree: Path) -> None:
    write(tree, "x" * 252 + ".md"[:3])
    assert len(await paths(tree)) == 1


async def test_a_tree_that_is_too_deep_is_told(tree: Path) -> None:
    write(tree, "/".join(["d"] * 80) + "/x.md")
    write(tree, "y.md")
    entries, problems = await listed(opened(tree))
    assert list(entries) == ["y.md"]
    assert len(problems) == 1


async def test_a_file_that_went_away_is_gone(tree: Path) -> None:
    file = write(tree, "a/x.md")
    made = opened(tree)
    entry = (await listed(made))[0]["a/x.md"]
    file.unlink()
    with pytest.raises(Gone):
        await made.read(entry, "")
    file.parent.rmdir()
    with pytest.raises(Gone):
        await made.read(entry, "")


async def test_a_file_that_is_too_large_is_not_read(tree: Path) -> None:
    write(tree, "x.md", "x" * 1_001)
    made = opened(tree)
    with pytest.raises(Unreadable):
        await made.read((await listed(made))[0]["x.md"], "")


async def test_a_document_whose_readers_changed_is_not_read(tree: Path) -> None:
    write(tree, "x.md")
    made = opened(tree)
    entry = (await listed(made))[0]["x.md"]
    write(tree, ".access.yaml", "readers: [board]")
    with pytest.raises(Moved):
        await made.read(entry, "")


async def test_a_document_that_became_a_link_to_a_secret_is_not_read(tree: Path) -> None:
    write(tree, "secret/.access.yaml", "readers: [board]")
    write(tree, "secret/plan.md")
    write(tree.parent, "outside.md")
    file = write(tree, "x.md")
    made = opened(tree)
    entry = (await listed(made))[0]["x.md"]
    for target in ("secret/plan.md", "../outside.md"):
        file.unlink()
        file.symlink_to(target)
        with pytest.raises(Moved):
            await made.read(entry, "")


async def test_a_file_that_changes_while_it_is_read_is_read_again(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tree, "x.md", "one")
    made = opened(tree)
    entry = (await listed(made))[0]["x.md"]
    changes = iter(["longer", ""])

    def contents(opened: beneath.Opened, most: int) -> bytes:
        read = beneath.contents(opened, most)
        if text := next(changes, None):
            file.write_text(text)
        return read

    monkeypatch.setattr(folder, "contents", contents)
    assert await data(made, entry) == b"longer"
    changes = iter(["a", "bb", "ccc", "dddd"])
    with pytest.raises(Unavailable):
        await made.read(entry, "")


async def test_a_folder_swapped_for_a_link_while_walking_leads_nowhere(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tree.parent, "outside/secret.md")
    write(tree, "a/x.md")
    real = walking.beneath

    def swapped(root: beneath.Root, names: tuple[str, ...], *, folder: bool = False) -> object:
        if names == ("a",) and not (tree / "a").is_symlink():
            (tree / "a").rename(tree.parent / "moved")
            (tree / "a").symlink_to(tree.parent / "outside")
        return real(root, names, folder=folder)

    monkeypatch.setattr(walking, "beneath", swapped)
    entries, problems = await listed(opened(tree))
    assert not entries
    assert list(problems) == ["a"]


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_listing_that_is_left_early_leaves_nothing_open(tree: Path) -> None:
    for at in range(1_200):
        write(tree, f"{at}.md")
    before = descriptors()
    settings = FolderSettings(kind="folder", path=tree)
    async with aclosing(folder.Folder("docs", settings, most_bytes=1).entries()) as entries:
        async for _ in entries:
            break
    assert descriptors() == before


async def test_each_document_is_listed_once(tree: Path) -> None:
    for at in range(1_500):
        write(tree, f"{at % 7}/{at}.md")
    assert len(await paths(tree)) == 1_500
