"""The embedded index on bad days: files that are no index, damaged ones, a disk without room."""

import resource
import sqlite3
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.errors import Unavailable, Unreadable
from bailiwick_retrieval.engines.embedded import schema
from bailiwick_retrieval.engines.embedded.engine import Embedded
from tests.servers.retrieval.engines.stock import (
    ANA,
    DIMENSIONS,
    EVERYTHING,
    Clock,
    SourceGoneError,
    break_off,
    doc,
    embed,
    everything,
    find,
    publish,
)
from tests.servers.retrieval.engines.test_two_writers import ROOT

pytestmark = pytest.mark.anyio


async def opened(file: Path) -> Embedded:
    engine = Embedded(file, Clock())
    await engine.open("m1", DIMENSIONS)
    return engine


async def filled(file: Path, count: int = 60) -> Embedded:
    engine = await opened(file)
    await publish(engine, *[doc(f"{n}.md", f"pool number {n} " * 20) for n in range(count)])
    await embed(engine)
    return engine


async def works(file: Path) -> None:
    engine = await opened(file)
    assert (await engine.documents(ANA, EVERYTHING, 1))[1] == 0
    await publish(engine, doc("a.md", "pool"))
    assert (await find(engine, "pool")).fitting == 1
    await engine.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"not a database at all, though it is long enough for a header" * 100, b"\0" * 9_000],
    ids=["empty", "text", "zeros"],
)
async def test_a_file_that_is_no_index_is_set_aside(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "index.db"
    file.write_bytes(content)
    await works(file)
    aside = tmp_path / "index.aside.db"
    assert not content or aside.read_bytes() == content


async def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.db").mkdir()
    with pytest.raises(Unavailable):
        await opened(tmp_path / "index.db")


async def test_the_index_of_another_version_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "index.db"
    await (await filled(file, 3)).close()
    with sqlite3.connect(file) as link:
        link.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    link.close()
    await works(file)
    assert (tmp_path / "index.aside.db").exists()


async def test_a_database_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "index.db"
    with sqlite3.connect(file) as link:
        link.execute("CREATE TABLE passages(mine TEXT)")
        link.execute("INSERT INTO passages VALUES ('precious')")
    link.close()
    await works(file)
    with sqlite3.connect(tmp_path / "index.aside.db") as link:
        assert link.execute("SELECT name FROM sqlite_master").fetchall() == [("passages",)]
        assert link.execute("SELECT mine FROM passages").fetchall() == [("precious",)]
    link.close()


def cut(file: Path, content: bytes, share: float) -> None:
    """Leave the beginning of a file, and nothing beside it."""
    file.write_bytes(content[: int(len(content) * share) // 4096 * 4096])
    for suffix in ("-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


async def test_a_file_cut_short_is_told_and_never_half_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "index.db"
    engine = await filled(file)
    before = await everything(engine, ANA, ["pool number"])
    await engine.close()
    content = file.read_bytes()
    for share in (0.2, 0.5, 0.9):
        cut(file, content, share)
        try:
            again = await opened(file)
            told = await everything(again, ANA, ["pool number"])
        except (Unreadable, Unavailable):
            continue
        assert told == before or told["documents"][1] == 0
        await again.close()


async def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "index.db"
    engine = await filled(file, 3)
    before = await everything(engine, ANA, ["pool number"])
    await engine.close()
    original, most = sqlite3.connect, file.stat().st_size // 4096 + 8

    def small(*words: Any, **named: Any) -> sqlite3.Connection:
        link = original(*words, **named)
        link.execute(f"PRAGMA max_page_count = {most}")
        return link

    monkeypatch.setattr(sqlite3, "connect", small)
    engine = await opened(file)
    with pytest.raises(Unavailable, match="disk of the index is full"):
        await publish(engine, *[doc(f"new{n}.md", f"news {n} " * 200) for n in range(200)])
    assert await everything(engine, ANA, ["pool number"]) == before
    await engine.close()
    monkeypatch.undo()
    engine = await opened(file)
    await publish(engine, doc("new.md", "news"))
    assert (await find(engine, "news")).fitting == 1
    await engine.close()


LIMITED = f"""
import resource, sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "shared")!r}, {str(ROOT / "servers")!r}]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
import anyio
from pathlib import Path
from bailiwick.errors import Unavailable
from bailiwick_retrieval.engines.embedded.engine import Embedded
from tests.servers.retrieval.engines.stock import ANA, DIMENSIONS, doc, find, publish

async def main():
    engine = Embedded(Path(sys.argv[1]))
    await engine.open("m1", DIMENSIONS)
    try:
        await publish(engine, *[doc(f"new{{n}}.md", f"news {{n}} " * 300) for n in range(300)])
    except Unavailable as error:
        print(type(error).__name__, (await find(engine, "pool")).fitting)

anyio.run(main)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit of file sizes")
async def test_a_disk_that_takes_no_more_in_the_middle(tmp_path: Path) -> None:
    file = tmp_path / "index.db"
    engine = await filled(file, 3)
    before = await everything(engine, ANA, ["pool number"])
    most = "1000000"
    done = await anyio.run_process([sys.executable, "-c", LIMITED, str(file), most])
    assert done.stdout.split() == [b"Unavailable", b"3"]
    assert await everything(engine, ANA, ["pool number"]) == before
    await engine.close()


def open_to_others(file: Path) -> list[str]:
    """Name the files that others than their owner may do anything with."""
    there = [file.parent, file, *(Path(f"{file}{suffix}") for suffix in ("-wal", "-shm"))]
    return [each.name for each in there if each.exists() and each.stat().st_mode & 0o077]


async def test_the_file_and_its_folder_are_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "index.db"
    engine = await filled(file, 1)
    assert open_to_others(file) == []
    await engine.close()


async def test_a_failed_block_of_changes_can_be_repeated(tmp_path: Path) -> None:
    engine = await filled(tmp_path / "index.db", 1)
    for _ in range(3):
        documents = [doc(f"new{n}.md", "news") for n in range(40)]
        with pytest.raises(SourceGoneError):
            await break_off(engine.changes("docs", 30), *documents)
    await publish(engine, doc("new.md", "news"))
    assert (await find(engine, "news")).fitting == 1
    await engine.close()
