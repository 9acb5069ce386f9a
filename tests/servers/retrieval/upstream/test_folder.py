"""A folder as a source: what is listed and read, and every way in which a tree can mislead."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bailiwick.errors import BadConfig, Forbidden, Unavailable
from bailiwick_retrieval.models.sources import Entry
from tests.servers.retrieval.upstream.trees import data, listed, opened, paths, readers, write

pytestmark = pytest.mark.anyio
ROOT = os.geteuid() == 0


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    made.mkdir()
    return made


async def test_what_is_selected_is_listed_and_read(tree: Path) -> None:
    for path in ("a.md", "docs/b.md", "docs/deep/c.txt", ".git/config", "docs/.x.md", "old/d.md"):
        write(tree, path, path)
    made = opened(tree, exclude=["**/.*", "old"], open_url="https://docs.example/")
    entries, problems = await listed(made)
    assert sorted(entries) == ["a.md", "docs/b.md", "docs/deep/c.txt"]
    assert not problems
    entry = entries["docs/b.md"]
    assert (entry.url, entry.size) == ("https://docs.example/docs/b.md", 9)
    assert entry.updated == (tree / "docs/b.md").stat().st_mtime
    content = await made.read(entry, "")
    assert content is not None
    assert (content.data, content.fingerprint) == (b"docs/b.md", entry.fingerprint)
    assert await made.read(entry, entry.fingerprint) is None
    await made.close()


async def test_include_is_a_glob(tree: Path) -> None:
    for path in ("a.md", "docs/b.md", "docs/c.txt", "src/d.md"):
        write(tree, path)
    assert await paths(tree, include=["docs/**/*.md"]) == ["docs/b.md"]


async def test_a_bad_glob_is_the_operators_error(tree: Path) -> None:
    with pytest.raises(BadConfig, match="docs"):
        opened(tree, include=["a["])


async def test_a_change_with_the_time_set_back_is_seen(tree: Path) -> None:
    file = write(tree, "a.md", "one")
    made = opened(tree)
    before = (await listed(made))[0]["a.md"]
    status = file.stat()
    file.write_text("two")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = (await listed(made))[0]["a.md"]
    assert before.fingerprint != after.fingerprint


async def test_a_root_that_is_missing_is_no_empty_folder(tree: Path) -> None:
    for path in (tree / "nothing", write(tree, "file")):
        with pytest.raises(Unavailable):
            await listed(opened(path))
        with pytest.raises(Unavailable):
            await opened(path).read(Entry("a", ""), "")


async def test_rules_are_for_a_folder_and_all_below(tree: Path) -> None:
    write(tree, ".access.yaml", "readers: [staff]\nfiles: {'**/board-*': [board]}")
    write(tree, "a/.access.yaml", "readers: [sre]")
    write(tree, "a/b/.access.yaml", "files: {'*.txt': []}")
    for path in ("x.md", "board-x.md", "a/x.md", "a/b/x.md", "a/b/x.txt", "c/board-x.md"):
        write(tree, path)
    write(tree, "a/x.md.access.yaml", "readers: ['user:corp/ana']")
    assert await readers(tree) == {
        "x.md": {"staff"},
        "board-x.md": {"board"},
        "c/board-x.md": {"board"},
        "a/x.md": {"user:corp/ana"},
        "a/b/x.md": {"sre"},
        "a/b/x.txt": frozenset(),
    }


async def test_without_a_rule_nothing_is_said(tree: Path) -> None:
    write(tree, "x.md")
    assert await readers(tree) == {"x.md": None}


async def test_a_rule_in_a_folder_that_is_left_out_by_name_counts(tree: Path) -> None:
    write(tree, ".access.yaml", "readers: [sre]")
    write(tree, "docs/x.md")
    assert await readers(tree, include=["docs/**"]) == {"docs/x.md": {"sre"}}


BROKEN: dict[str, Callable[[Path], object]] = {
    "yaml": lambda at: at.write_text("readers: [a"),
    "shape": lambda at: at.write_text("readers: everybody"),
    "empty": lambda at: at.touch(),
    "bytes": lambda at: at.write_bytes(b"\xff\x00"),
    "large": lambda at: at.write_text("readers: [a]\n" + "#" * 70_000),
    "folder": lambda at: at.mkdir(),
    "pipe": os.mkfifo,
    "dangling": lambda at: at.symlink_to("nowhere"),
    "outside": lambda at: at.symlink_to("/etc/hostname"),
    "circle": lambda at: at.symlink_to(at.name),
}


@pytest.mark.parametrize("kind", sorted(BROKEN))
async def test_a_rule_that_cannot_be_read_lets_nobody_read(tree: Path, kind: str) -> None:
    write(tree, "a/x.md")
    write(tree, "a/b/y.md")
    write(tree, "z.md")
    BROKEN[kind](tree / "a" / ".access.yaml")
    BROKEN[kind](tree / "z.md.access.yaml")
    made = opened(tree)
    entries, problems = await listed(made)
    assert {each.readers for each in entries.values()} == {frozenset()}
    assert sorted(problems) == ["a/.access.yaml", "z.md.access.yaml"]
    assert not any(each.incomplete for each in problems.values())
    assert await data(made, entries["z.md"]) == b"x"


@pytest.mark.skipif(ROOT, reason="root reads everything")
async def test_what_may_not_be_read_is_told(tree: Path) -> None:
    write(tree, "a/x.md")
    closed = write(tree, "b/y.md").parent
    rule = write(tree, ".access.yaml", "readers: ['*']")
    file = write(tree, "c.md")
    made = opened(tree)
    for each in (closed, rule, file):
        each.chmod(0)
    try:
        entries, problems = await listed(made)
        assert problems["b"].incomplete
        assert entries["a/x.md"].readers == frozenset()
        with pytest.raises(Forbidden):
            await made.read(entries["c.md"], "")
    finally:
        closed.chmod(0o700)


async def test_links_inside_are_followed_and_others_are_not(tree: Path) -> None:
    outside = write(tree.parent, "outside/secret.md").parent
    write(tree, "v1/a.md", "one")
    links = {
        "latest": "v1",
        "a.md": "v1/a.md",
        "absolute.md": str(tree / "v1/a.md"),
        "roundabout.md": "latest/../v1/./a.md",
        "out.md": "../outside/secret.md",
        "out": str(outside),
        "up.md": "v1/../../outside/secret.md",
        "passwd.md": "/etc/passwd",
        "nowhere.md": "nothing",
        "circle.md": "circle.md",
        "v1/self": ".",
        "v1/up": "..",
    }
    for name, target in links.items():
        (tree / name).symlink_to(target)
    made = opened(tree)
    entries, problems = await listed(made)
    inside = ["a.md", "absolute.md", "latest/a.md", "roundabout.md", "v1/a.md"]
    assert sorted(entries) == inside
    refused = {"out.md", "out", "up.md", "passwd.md", "nowhere.md", "circle.md"}
    assert refused <= set(problems)
    assert all("v1" in each or "latest" in each for each in set(problems) - refused)
    assert [await data(made, entries[each]) for each in inside] == [b"one"] * 5


async def test_folders_that_link_each_other_have_an_end(tree: Path) -> None:
    names = "abcdef"
    for name in names:
        write(tree, f"{name}/{name}.md")
        for other in names:
            (tree / name / f"to-{other}").symlink_to(f"../{other}")
    entries, problems = await listed(opened(tree))
    assert {f"{name}/{name}.md" for name in names} <= set(entries)
    assert len(entries) < 200
    assert problems


async def test_a_link_does_not_publish_what_it_leads_to(tree: Path) -> None:
    write(tree, "secret/.access.yaml", "readers: [board, lead]")
    write(tree, "secret/plan.md", "plan")
    write(tree, "secret/deep/x.md")
    write(tree, "secret/one.md")
    write(tree, "secret/one.md.access.yaml", "readers: [board]")
    write(tree, "open/.access.yaml", "readers: ['*']")
    write(tree, "leads/.access.yaml", "readers: [lead, sre]")
    write(tree, "hidden/.x/y.md")
    for name in ("open", "leads", "plain"):
        (tree / name).mkdir(exist_ok=True)
        (tree / name / "plan.md").symlink_to("../secret/plan.md")
        (tree / name / "one.md").symlink_to("../secret/one.md")
        (tree / name / "deep").symlink_to("../secret/deep")
    write(tree, "plain/plan.md.access.yaml", "readers: ['*']")
    (tree / "open/y.md").symlink_to("../hidden/.x/y.md")
    (tree / "open/all").symlink_to("../hidden")
    made = opened(tree)
    entries, _ = await listed(made)
    found = {path: each.readers for path, each in entries.items()}
    assert found["open/plan.md"] == found["plain/plan.md"] == {"board", "lead"}
    assert found["open/one.md"] == found["plain/one.md"] == {"board"}
    assert found["leads/plan.md"] == {"lead"}
    assert found["leads/one.md"] == frozenset()
    assert found["plain/deep/x.md"] == {"board", "lead"}
    assert found["leads/deep/x.md"] == {"lead"}
    assert not any(path.endswith("y.md") for path in found)
    for entry in entries.values():
        assert await data(made, entry) is not None


async def test_the_default_readers_count_for_a_link_too(tree: Path) -> None:
    write(tree, "secret/.access.yaml", "readers: [board, lead]")
    write(tree, "secret/plan.md")
    (tree / "plan.md").symlink_to("secret/plan.md")
    assert (await readers(tree, readers=["lead"]))["plan.md"] == {"lead"}


async def test_a_volume_of_kubernetes_is_listed(tree: Path) -> None:
    write(tree, "..2026_01/a.md", "a")
    write(tree, "..2026_01/.access.yaml", "readers: [sre]")
    (tree / "..data").symlink_to("..2026_01")
    for name in ("a.md", ".access.yaml"):
        (tree / name).symlink_to(f"..data/{name}")
    made = opened(tree)
    entries, problems = await listed(made)
    assert {path: each.readers for path, each in entries.items()} == {"a.md": {"sre"}}
    assert not problems
    assert await data(made, entries["a.md"]) == b"a"
