"""A local Git repository as a source: its tree, its rules, its history, and what can be odd."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dulwich.repo import Repo

from bailiwick.errors import BadConfig, Rejected, Unavailable, Unreadable
from bailiwick_retrieval.models.sources import Entry, Source
from bailiwick_retrieval.settings import GitSettings
from bailiwick_retrieval.upstream import git_history, git_tree
from bailiwick_retrieval.upstream.git import LFS
from bailiwick_retrieval.upstream.opening import source
from tests.servers.retrieval.upstream.repositories import FOLDER, LINK, MODULE, Made
from tests.servers.retrieval.upstream.trees import data, listed

pytestmark = pytest.mark.anyio


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    made = Made.at(tmp_path / "docs.git")
    yield made
    made.repo.close()


def opened(made: Made, **more: object) -> Source:
    settings = GitSettings.model_validate({"kind": "git", "url": made.path, **more})
    return source("docs", settings, Path(made.path).parent / "state", most_bytes=1_000)


async def entries(made: Made, **more: object) -> dict[str, Entry]:
    git = opened(made, **more)
    try:
        found, problems = await listed(git)
    finally:
        await git.close()
    assert not problems
    return found


def on_disk(path: str) -> dict[str, tuple[int, bytes]]:
    files = (each for each in Path(path).rglob("*") if each.is_file())
    return {str(each): (each.stat().st_mtime_ns, each.read_bytes()) for each in files}


async def test_the_tree_of_a_branch_is_listed_and_read(made: Made) -> None:
    first = made.commit({"a.md": "a", "docs/b.md": "b", "docs/c.txt": "c", ".x/y.md": "y"})
    made.commit({"a.md": "other"}, branch="side")
    before = on_disk(made.path)
    git = opened(made, include=["**/*.md"], open_url="https://git.example/blob/main")
    found, problems = await listed(git)
    assert sorted(found) == ["a.md", "docs/b.md"]
    assert not problems
    entry = found["docs/b.md"]
    assert entry.revision == first.decode()
    assert entry.updated == made.now - 3_600
    assert entry.url == "https://git.example/blob/main/docs/b.md"
    assert await data(git, entry) == b"b"
    assert await data(git, entry, entry.fingerprint) is None
    await git.close()
    assert on_disk(made.path) == before


async def test_a_repository_that_is_not_bare(tmp_path: Path) -> None:
    work = tmp_path / "work"
    Repo.init(str(work), mkdir=True).close()
    made = Made(Repo(str(work)))
    made.commit({"a.md": "committed"})
    (work / "a.md").write_text("in the folder only")
    hook = work / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    (work / ".git/config").write_text(
        f"[core]\n\tfsmonitor = touch {tmp_path}/ran\n\tsshCommand = touch {tmp_path}/ran\n"
        f'[filter "x"]\n\tsmudge = touch {tmp_path}/ran\n[credential]\n\thelper = !touch ran\n'
    )
    git = opened(made)
    found, _ = await listed(git)
    assert await data(git, found["a.md"]) == b"committed"
    await git.close()
    made.repo.close()
    assert not (tmp_path / "ran").exists()


async def test_another_branch_and_one_folder(made: Made) -> None:
    made.commit({"a.md": "a"})
    made.commit(
        {
            ".access.yaml": "readers: [staff]\nfiles: {'docs/s-*': [board]}",
            "docs/x.md": "x",
            "docs/s-y.md": "y",
            "docs/deep/z.md": "z",
            "b.md": "b",
        },
        branch="rel/2",
    )
    found = await entries(
        made, branch="rel/2", folder="/docs/", include=["*.md"], open_url="https://g.example/"
    )
    assert {path: each.readers for path, each in found.items()} == {
        "x.md": {"staff"},
        "s-y.md": {"board"},
    }
    assert found["x.md"].url == "https://g.example/docs/x.md"


async def test_what_is_not_there_is_said(made: Made) -> None:
    with pytest.raises(Rejected):
        await entries(made)
    made.commit({"a.md": "a"})
    for more in ({"branch": "nothing"}, {"folder": "nothing"}, {"folder": "a.md"}):
        with pytest.raises(Rejected):
            await entries(made, **more)
    with pytest.raises(Unavailable):
        await listed(opened(made, url=f"{made.path}-nothing"))


@pytest.mark.parametrize(
    "more",
    [
        *({"url": url} for url in ("ssh://h/x", "git://h/x", "file:///x", "http://h/x", "h:x")),
        *({"url": url} for url in ("ext::sh -c id", "git@h:x/y", "-x", "", "https://u:p@h/x")),
        *({"url": url} for url in ("https:///x", "https://h/x?a", "FTP://h/x", "https://[/x")),
        *({"branch": branch} for branch in ("../x", "a..b", "-x", "a b", "a//b", "x@{1}", "/x")),
        *({"folder": folder} for folder in ("../x", "a/../../b", "a//b", ".")),
    ],
)
async def test_what_is_no_place_of_a_repository(made: Made, more: dict[str, str]) -> None:
    with pytest.raises(BadConfig):
        opened(made, **more)


async def test_rules_of_the_tree(made: Made) -> None:
    made.commit(
        {
            ".access.yaml": "readers: [staff]",
            "x.md": "x",
            "a/.access.yaml": "readers: [sre",
            "a/x.md": "x",
            "a/b/.access.yaml": "readers: [sre]",
            "a/b/x.md": "x",
            "a/b/y.md": "x",
            "a/b/y.md.access.yaml": "readers: []",
            "c/.access.yaml": (LINK, "../a/b/.access.yaml"),
            "c/x.md": "x",
            "d/.access.yaml/x": "x",
            "d/x.md": "x",
            "x.md.access.yaml": (MODULE, "1" * 40),
        }
    )
    git = opened(made)
    found, problems = await listed(git)
    await git.close()
    assert {path: each.readers for path, each in found.items()} == {
        "x.md": frozenset(),
        "a/x.md": frozenset(),
        "a/b/x.md": {"sre"},
        "a/b/y.md": frozenset(),
        "c/x.md": frozenset(),
        "d/x.md": frozenset(),
    }
    broken = ["a/.access.yaml", "c/.access.yaml", "d/.access.yaml", "x.md.access.yaml"]
    assert sorted(problems) == broken


async def test_links_are_followed_to_files_inside(made: Made) -> None:
    made.commit(
        {
            "secret/.access.yaml": "readers: [board]",
            "secret/plan.md": "plan",
            "secret/.hidden.md": "hidden",
            "a/plan.md": (LINK, "../secret/plan.md"),
            "a/again.md": (LINK, "./plan.md"),
            "a/hidden.md": (LINK, "../secret/.hidden.md"),
            "a/out.md": (LINK, "../../etc/passwd"),
            "a/top.md": (LINK, "/etc/passwd"),
            "a/folder": (LINK, "../secret"),
            "a/through.md": (LINK, "folder/plan.md"),
            "a/circle.md": (LINK, "circle.md"),
            "a/nowhere.md": (LINK, "nothing"),
            "a/long.md": (LINK, "x/" * 3_000),
            "lib": (MODULE, "2" * 40),
        }
    )
    git = opened(made)
    found, problems = await listed(git)
    assert {path: each.readers for path, each in found.items()} == {
        "secret/plan.md": {"board"},
        "a/plan.md": {"board"},
        "a/again.md": {"board"},
        "a/through.md": {"board"},
    }
    assert [await data(git, each) for each in found.values()] == [b"plan"] * 4
    refused = {f"a/{each}.md" for each in ("out", "top", "circle", "nowhere", "long")}
    assert set(problems) == {*refused, "a/folder", "lib"}
    await git.close()


async def test_odd_names_are_told(made: Made) -> None:
    made.commit(
        {
            b"\xff.md": "x",
            b"a\nb.md": "x",
            b"deep\x1b/x.md": "x",
            "ok.md": "x",
            "caf\u00e9.md": "one",
            "cafe\u0301.md": "two",
            "u\u0308.md": "apart",
        }
    )
    git = opened(made)
    found, problems = await listed(git)
    assert sorted(found) == ["caf\u00e9.md", "ok.md", "\u00fc.md"]
    assert await data(git, found["caf\u00e9.md"]) == b"one"
    assert await data(git, found["\u00fc.md"]) == b"apart"
    assert len(problems) == 4
    assert all(each.isprintable() for each in problems)
    await git.close()


async def test_a_tree_with_the_name_of_its_parent_leads_nowhere(made: Made) -> None:
    made.commit({"..": "x", ".": "x", "ok.md": "x"})
    git = opened(made, exclude=[])
    found, problems = await listed(git)
    await git.close()
    assert list(found) == ["ok.md"]
    assert sorted(problems) == [".", ".."]


async def test_a_tree_that_is_a_bomb_has_an_end(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_tree, "MOST_NAMES", 3_000)
    inner = made.tree({"x.md": "x"})
    for _ in range(12):
        inner = made.tree({str(name): (FOLDER, inner) for name in range(10)})
    made.commit({"bomb": (FOLDER, inner)})
    git = opened(made, include=["**/*.txt"])
    found, problems = await listed(git)
    await git.close()
    assert not found
    assert problems[""].incomplete


async def test_a_pointer_of_lfs_and_a_large_file_are_not_read(made: Made) -> None:
    made.commit({"big.pdf": LFS + b"v1\noid sha256:0\nsize 9\n", "large.md": "x" * 1_001})
    git = opened(made)
    found, _ = await listed(git)
    for entry, said in ((found["big.pdf"], "LFS"), (found["large.md"], "larger")):
        with pytest.raises(Unreadable, match=said):
            await git.read(entry, "")
    await git.close()


async def test_a_revision_is_the_last_commit_that_touched_the_document(made: Made) -> None:
    one = made.commit({"a.md": "1", "b.md": "1", "d/c.md": "1"})
    two = made.commit({"a.md": "2", "b.md": "1", "d/c.md": "1"}, one)
    three = made.commit({"a.md": "2", "b.md": "1", "d/c.md": "3"}, two)
    side = made.commit({"a.md": "1", "b.md": "4", "d/c.md": "1"}, one, branch="side")
    made.commit({"a.md": "2", "b.md": "4", "d/c.md": "3", "e.md": "5"}, three, side)
    tip = made.repo.refs[b"refs/heads/main"]  # pyright: ignore[reportArgumentType] - as it is
    found = await entries(made)
    revisions = {path: each.revision.encode() for path, each in found.items()}
    assert revisions == {"a.md": two, "b.md": side, "d/c.md": three, "e.md": tip}
    assert found["a.md"].updated == 1_700_000_000 + 2 * 3_600
    again = await entries(made)
    assert again == found


async def test_a_history_that_is_too_long_gives_the_least_age(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_history, "MOST_COMMITS", 3)
    last = made.commit({"old.md": "1", "new.md": "0"})
    for text in range(1, 9):
        last = made.commit({"old.md": "1", "new.md": str(text)}, last)
    found = await entries(made)
    assert found["new.md"].revision == found["old.md"].revision == last.decode()
    assert found["new.md"].updated == made.now
    age = found["old.md"].updated
    assert age is not None
    assert age < made.now


async def test_a_damaged_note_of_the_history_is_written_anew(made: Made) -> None:
    made.commit({"a.md": "1"})
    found = await entries(made)
    note = Path(made.path).parent / "state/retrieval/git/docs.json"
    for text in ("{", "[]", '{"a.md": [1]}', '{"\u4e00": ["a", "b", 1]}', ""):
        note.write_text(text)
        assert await entries(made) == found


def damage(made: Made) -> None:
    for each in Path(made.path, "objects").rglob("*"):
        if each.is_file() and len(each.name) == 38:
            each.chmod(0o600)
            each.write_bytes(b"x\x9c" + b"\0" * 20)


async def test_a_damaged_repository_is_unreadable(made: Made) -> None:
    made.commit({"a.md": "1", "b.md": "2"})
    git = opened(made)
    found, _ = await listed(git)
    damage(made)
    with pytest.raises(Unreadable):
        await git.read(found["a.md"], "")
    with pytest.raises(Unreadable):
        await listed(git)
    await git.close()
