"""A sync that is killed at any moment: nobody sees half of it, and the next one does the rest."""

import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from bailiwick_retrieval.app import FOLDER, Upstream
from bailiwick_retrieval.models.index import Filter
from bailiwick_retrieval.running import silence
from bailiwick_retrieval.settings import read
from tests.parts.documents import eyes
from tests.parts.served import environ
from tests.servers.retrieval.embedding.tiny import model_in
from tests.servers.retrieval.test_commands import Reader, configured

MANY = 24
ALL = eyes()
STABLE = """
import os, sys, time
from bailiwick.cli.main import main
import bailiwick_retrieval.commands, bailiwick_retrieval.syncing, numpy

for line in sys.stdin:
    seconds, config = line.rstrip().split(" ", 1)
    if not (child := os.fork()):
        os.close(0)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        sys.argv[:] = ["bailiwick", "retrieval", "--config", config, "sync"]
        main()
    if float(seconds):
        time.sleep(float(seconds))
        os.kill(child, 9)  # it is still there, be it as one that has ended
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Starts a sync in a process of its own for every line, without importing everything anew."""


class Scene:
    """A folder whose documents all say which turn it is, and an index of them."""

    def __init__(self, at: Path) -> None:
        self.at, self.docs, self.state = at, at / "docs", at / "state"
        self.docs.mkdir()
        self.config = configured(at, self.state, docs=self.docs)
        self.turn = 0
        model_in(self.state / FOLDER / "model")

    def write(self) -> None:
        """Begin a turn: every document is another, one is new, one is gone, one has moved."""
        self.turn += 1
        for file in self.docs.iterdir():
            file.unlink()
        for number in range(self.turn, self.turn + MANY):
            text = "\n\n".join(f"## Part {part}\n\nturn {self.turn} pool" for part in range(8))
            (self.docs / f"{number:04}.md").write_text(f"# Document {number}\n\n{text}")
        (self.docs / f"moved-{self.turn}.md").write_text("# Moved\n\nalways the same")

    def paths(self) -> set[str]:
        return {file.name for file in self.docs.iterdir()}

    def synced(self, stable: "subprocess.Popen[str]", seconds: float = 0) -> int:
        """Sync in a process of its own, killed after a while if one is named; say how it ended."""
        assert stable.stdin is not None
        assert stable.stdout is not None
        stable.stdin.write(f"{seconds} {self.config}\n")
        stable.stdin.flush()
        return int(stable.stdout.readline())

    def upstream(self) -> Upstream:
        raw = {"collections": {"docs": {"kind": "folder", "path": str(self.docs)}}}
        made = Upstream(read(raw), self.state)
        made.__dict__["workers"] = Reader(None)
        return made

    async def seen(self) -> tuple[int, set[str]]:
        """Look at the index: the turn that all documents are of, and their paths."""
        upstream = self.upstream()
        engine = await upstream.engine()
        documents, count = await engine.documents(ALL, Filter(), 999)
        assert count == MANY + 1
        turns: set[str] = set()
        for document in documents:
            parsed = await engine.content(document.id, document.version, ALL)
            assert parsed is not None
            text = "\n".join(section.text for section in parsed.sections)
            turns |= set(re.findall(r"turn (\d+)", text)) | set(
                re.findall(r"d-(\d+)", document.path)
            )
        await upstream.stop()
        assert len(turns) == 1, "half of a sync is seen"
        return int(turns.pop()), {document.path for document in documents}

    async def finished(self) -> None:
        """Sync again, to the end."""
        upstream = self.upstream()
        outcome = await upstream.syncing.run("docs", silence)
        assert (outcome.error, outcome.troubles) == ("", [])
        await upstream.embed()
        engine = await upstream.engine()
        assert await engine.left() == 0
        await upstream.stop()
        assert await self.seen() == (self.turn, self.paths())

    def whole(self) -> None:
        """Look into the file itself: nothing is broken, left over or without its document."""
        with sqlite3.connect(self.state / FOLDER / "index.db") as link:
            assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            link.execute("INSERT INTO words(words) VALUES ('integrity-check')")
            for query in (
                "SELECT count(*) FROM staged",
                "SELECT count(*) FROM passages WHERE document NOT IN (SELECT id FROM documents)",
                "SELECT count(*) FROM vectors WHERE passage NOT IN (SELECT id FROM passages)",
                "SELECT count(*) FROM versions WHERE document NOT IN (SELECT id FROM documents)",
            ):
                assert link.execute(query).fetchone() == (0,), query
        link.close()


def killed(at: Path, times: int) -> None:
    """Kill a sync so many times, at moments from its start to its end."""
    chance = random.Random(11)  # noqa: S311 - a test repeats itself
    scene = Scene(at)
    command = [sys.executable, "-c", STABLE]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environ(at), stdin=pipe, stdout=pipe, text=True) as stable:
        scene.write()
        started = time.monotonic()
        assert scene.synced(stable) == 0
        usual = time.monotonic() - started
        assert anyio.run(scene.seen) == (1, scene.paths())
        ends: set[int] = set()
        for number in range(times):
            scene.write()
            # The moments are spread over the whole, each at a place of its own by chance.
            ends.add(scene.synced(stable, usual * (number + chance.random()) / times))
            turn, _ = anyio.run(scene.seen)
            assert turn in (scene.turn - 1, scene.turn)
            anyio.run(scene.finished)
            scene.whole()
        assert -signal.SIGKILL in ends
        assert ends <= {0, -signal.SIGKILL}


def test_a_sync_killed_at_five_moments(tmp_path: Path) -> None:
    killed(tmp_path, 5)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_sync_killed_at_twenty_moments(tmp_path: Path) -> None:
    killed(tmp_path, 20)
