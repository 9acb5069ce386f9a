"""The embedded index with several processes, and with processes that die in the middle."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from bailiwick.errors import Unavailable
from bailiwick_retrieval.engines.embedded.engine import Embedded
from tests.servers.retrieval.engines.stock import (
    ANA,
    DIMENSIONS,
    EVERYTHING,
    Clock,
    doc,
    embed,
    find,
    publish,
    put,
)

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).resolve().parents[4]
WRITER = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "shared")!r}, {str(ROOT / "servers")!r}]
import anyio
from pathlib import Path
from bailiwick_retrieval.engines.embedded.engine import Embedded
from tests.servers.retrieval.engines.stock import DIMENSIONS, doc, embed, put

async def main(file, collection, turns):
    engine = Embedded(Path(file))
    await engine.open("m1", DIMENSIONS)
    print("open", flush=True)
    for turn in range(int(turns)):
        async with engine.changes(collection, 30) as changes:
            await put(changes, *[doc(f"{{n}}.md", f"turn {{turn}} pool {{n}}") for n in range(40)])
        await embed(engine)

anyio.run(main, *sys.argv[1:])
"""


def writer(file: Path, collection: str, turns: int) -> subprocess.Popen[bytes]:
    """Start a process that publishes the same forty documents again and again."""
    words = [sys.executable, "-c", WRITER, str(file), collection, str(turns)]
    return subprocess.Popen(
        words, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": "1"}
    )


async def opened(file: Path) -> Embedded:
    engine = Embedded(file, Clock())
    await engine.open("m1", DIMENSIONS)
    return engine


async def whole(engine: Embedded) -> str:
    """Say which turn is in the index, after making sure that all of it is and nothing else."""
    found = await find(engine, "pool", most=100)
    assert (len(found.hits), found.passages) in ((0, 0), (40, 40))
    passages = await engine.passages([hit.id for hit in found.hits], ANA)
    assert len(passages) in (0, 40)  # none of them where another turn was published meanwhile
    turns = {each.text.split()[1] for each in passages}
    assert len(turns) <= 1
    for passage in passages[::13]:
        parsed = await engine.content(passage.document.id, passage.document.version, ANA)
        assert parsed is not None
        assert parsed.sections[0].text == passage.text
    return turns.pop() if turns else ""


async def test_a_process_killed_at_any_moment_leaves_a_whole_index(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    file = tmp_path / "index.db"
    for _ in range(4):
        process = writer(file, "docs", 1_000)
        assert process.stdout is not None
        await anyio.to_thread.run_sync(process.stdout.readline)
        await anyio.sleep(chance.uniform(0.01, 0.35))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        engine = await opened(file)
        turn = await whole(engine)
        async with engine.changes("docs", 30) as changes:
            await changes.delete("0.md")
        assert (await engine.documents(ANA, EVERYTHING, 1))[1] == (39 if turn else 0)
        await publish(engine, doc("0.md", f"turn {turn} pool 0"))
        async with engine.changes("docs", 30) as changes:
            for path in await engine.known("docs"):
                await changes.delete(path)
        assert (await engine.documents(ANA, EVERYTHING, 1))[1] == 0
        await engine.close()
        with sqlite3.connect(file) as link:
            assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        link.close()


async def test_processes_that_write_at_once_do_not_mix(tmp_path: Path) -> None:
    file = tmp_path / "index.db"
    engine = await opened(file)
    processes = [writer(file, name, 6) for name in ("docs", "wiki")]
    turns: list[str] = []
    limit = time.monotonic() + 40
    while any(process.poll() is None for process in processes):
        assert time.monotonic() < limit
        turns.append(await whole(engine))
        await anyio.sleep(0.02)
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
        assert process.returncode == 0
    assert await whole(engine) == "5"
    seen = [turn for turn in turns if turn]
    assert seen == sorted(seen)
    await embed(engine)
    assert await engine.left() == 0
    assert set(await engine.drop([])) == {"docs", "wiki"}
    await engine.close()


async def test_the_second_of_two_syncs_of_a_collection_is_told(tmp_path: Path) -> None:
    one, two = await opened(tmp_path / "index.db"), await opened(tmp_path / "index.db")
    documents = [doc(f"{n}.md", f"pool {n}") for n in range(40)]

    async def slow() -> None:
        async with one.changes("docs", 30) as changes:
            await put(changes, *documents)
            await publish(two, *[doc(f"{n}.md", f"mail {n}") for n in range(35)])

    with pytest.raises(Unavailable, match="another process"):
        await slow()
    assert (await find(one, "pool")).fitting == 0
    assert (await find(one, "mail")).fitting == 35
    await publish(one, *documents)
    assert (await find(two, "pool")).fitting == 40
    for engine in (one, two):
        await engine.close()
