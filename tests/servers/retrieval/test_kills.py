"""`bailiwick retrieval sync` of many files, killed: the index is whole, and no parser is left over.

Few moments: `test_killed` goes through a whole sync with its vectors, at twenty of them.
"""

import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.parts.served import BAILIWICK, ROOT, environ
from tests.parts.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.anyio]
FILES, SECTIONS, MOMENTS = 300, 4, 4
CONFIG = """
[servers.retrieval.collections.docs]
kind = "folder"
path = "{0}"
"""
_EDITION = re.compile(r"edition(\d+) ")
_TOOK = re.compile(r"\(([\d.]+) s\)")
Editions = Mapping[str, int]
"""Which edition of each file there is, by its path."""


@dataclass(frozen=True, slots=True)
class Site:
    """A folder of documents, and the index of them."""

    at: Path

    @property
    def index(self) -> Path:
        """Where the index is."""
        return self.at / "state" / "bailiwick" / "retrieval" / "index.db"

    @property
    def lock(self) -> Path:
        """What a sync takes before all else."""
        return self.index.with_name("docs.lock")

    def write(self, path: str, edition: int) -> None:
        """Write a file each of whose sections says which edition it is of."""
        sections = [
            f"## Part {number}\n\nedition{edition} of {path}, part {number}. {'pool ' * 60}\n"
            for number in range(SECTIONS)
        ]
        self.files.mkdir(parents=True, exist_ok=True)
        (self.files / path).write_text("\n".join(sections))

    @property
    def files(self) -> Path:
        """Where the documents are."""
        return self.at / "docs"

    def sync(self) -> "subprocess.Popen[bytes]":
        """Start a sync."""
        config = self.at / "config.toml"
        config.write_text(CONFIG.format(self.files))
        return subprocess.Popen(
            [sys.executable, *BAILIWICK, "retrieval", "sync", "--words-only"],
            cwd=ROOT,
            env=environ(self.at, {"BAILIWICK_CONFIG": str(config)}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def finish(self) -> str:
        """Sync to the end; give what it says."""
        process = self.sync()
        said = process.communicate(timeout=40)[0].decode()
        assert process.returncode == 0, said
        return said

    def held(self) -> Editions:
        """Say what is in the index, after making sure that no part of it is damaged or halved."""
        if not self.index.exists():
            return {}
        with closing(sqlite3.connect(self.index, isolation_level=None)) as link:
            assert link.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if not link.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchall():
                return {}
            link.execute("INSERT INTO words(words) VALUES ('integrity-check')")
            rows = "SELECT id FROM passages ORDER BY id", "SELECT rowid FROM words ORDER BY rowid"
            assert len({tuple(link.execute(each)) for each in rows}) == 1
            found = link.execute(
                "SELECT path, group_concat(text, ' ') FROM documents"
                " LEFT JOIN passages ON document = documents.id GROUP BY documents.id"
            ).fetchall()
            known = "SELECT id FROM documents"
            strays = f"SELECT 1 FROM passages WHERE document NOT IN ({known})"  # noqa: S608 - ours
            assert link.execute(strays).fetchall() == []
        return {path: whole(text) for path, text in found}


def whole(text: str) -> int:
    """Say which edition all the passages of a document are of."""
    editions = _EDITION.findall(text)
    assert len(editions) == SECTIONS
    assert len(set(editions)) == 1
    return int(editions[0])


@dataclass(frozen=True, slots=True)
class Synced:
    """A site whose documents are all in the index, and the seconds it took from the lock on."""

    site: Site
    seconds: float


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Synced:
    site = Site(tmp_path_factory.mktemp("synced"))
    for number in range(FILES):
        site.write(f"{number}.md", 0)
    said = site.finish()
    took = _TOOK.search(said)
    assert took is not None, said
    assert f"{FILES} added" in said
    return Synced(site, float(took[1]))


def children(pid: int) -> Sequence[int]:
    """List the processes that a process started."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def lives(pid: int) -> bool:
    """Say whether a process runs; one that ended may still wait to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def killed(site: Site, after: float) -> None:
    """Start a sync and kill it so many seconds after it began, unless it is done by then."""
    site.lock.unlink(missing_ok=True)
    process = site.sync()
    await until(site.lock.exists)
    with suppress(subprocess.TimeoutExpired):
        process.wait(after)
    parsing = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    await until(lambda: not any(map(lives, parsing)))


def changed(site: Site, chance: random.Random) -> Editions:
    """Change a third of the files, remove some and add some; say what there is then."""
    there = {f"{number}.md": 0 for number in range(FILES)}
    for path in chance.sample(sorted(there), FILES // 3):
        there[path] = 1
    for path in chance.sample(sorted(there), FILES // 10):
        del there[path]
        (site.files / path).unlink()
    there |= {f"new-{number}.md": 1 for number in range(FILES // 10)}
    for path, edition in there.items():
        if edition:
            site.write(path, edition)
    return there


@pytest.mark.parametrize("moment", range(MOMENTS))
async def test_a_sync_killed_at_any_moment(tmp_path: Path, synced: Synced, moment: int) -> None:
    chance = random.Random(moment)  # noqa: S311 - the same each time
    site = Site(tmp_path)
    before: Editions = {}
    longest = synced.seconds
    if moment % 2:  # a sync of what changed; the others fill an empty index
        longest /= 2
        shutil.copytree(synced.site.at, site.at, dirs_exist_ok=True)
        before = dict.fromkeys((f"{number}.md" for number in range(FILES)), 0)
    else:
        shutil.copytree(synced.site.files, site.files)
    after = changed(site, chance)
    await killed(site, chance.uniform(0, longest))
    assert site.held() in (before, after)  # all of a sync counts, or nothing
    site.finish()
    assert site.held() == after
    assert f"{len(after)} unchanged" in site.finish()
