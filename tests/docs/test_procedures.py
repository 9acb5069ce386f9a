"""Procedures of the manual: the commands of a page, in order, in one folder, over a real state."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import anyio
import pytest

from bailiwick.audit.opening import open_journal
from bailiwick.cli.main import main
from bailiwick.config import load
from tests.docs.blocks import Command, commands, matches
from tests.parts.agents import over_http
from tests.parts.served import BAILIWICK, environ, served

pytestmark = pytest.mark.slow

ORDER = "run in order"
LOST = f"{ORDER}: the state is lost"
CONFIG = 'state = "state"\n\n[journal]\nkey_file = "journal.key"\n'
MARKED = [command for command in commands() if command.mark.startswith(ORDER)]
PAGES = {page: list(lines) for page, lines in groupby(MARKED, lambda command: command.page)}


@contextmanager
def serving(folder: Path) -> Generator[None]:
    """Serve over the state of a folder, and have somebody ask."""
    told = {
        "BAILIWICK_STATE": str(folder / "state"),
        "BAILIWICK_JOURNAL__KEY_FILE": f'"{folder / "journal.key"}"',
    }
    with served(folder / "run", (*BAILIWICK, "serve", "cluster", "--http"), told) as up:

        async def ask() -> None:
            async with over_http(up.url) as somebody:
                assert not (await somebody.call("list_clusters")).is_error

        anyio.run(ask)
        yield


Run = Callable[[Command], None]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Type a command, and compare what it prints; ours is run here, which is ten times as fast."""
    env = environ(folder)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["bailiwick"])
    monkeypatch.chdir(folder)

    def ours(words: list[str]) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(words)
        return int(ended.value.code or 0), capsys.readouterr().out

    def others(line: str) -> tuple[int, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euc", line],
            env=env | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def typed(command: Command) -> None:
        own = command.words[0] == "bailiwick"
        status, said = ours(command.words[1:]) if own else others(command.line)
        assert status == command.status, f"{command.at} {command.line}\n{said}"
        for told in command.output:
            assert any(matches(told, line) for line in said.splitlines()), said

    return typed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    key = tmp_path / "journal.key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(32))
    return tmp_path


def test_the_pages_with_a_procedure() -> None:
    assert set(PAGES) == {"docs/keys.md", "docs/backup.md"}


def test_a_backup_is_taken_beside_a_server_and_restored(folder: Path, run: Run) -> None:
    found = PAGES["docs/backup.md"]
    lost = [command for command in found if command.mark == LOST]
    with serving(folder):
        for command in found:
            if command not in lost:
                run(command)
    shutil.rmtree(folder / "state")
    for command in lost:
        run(command)
    with serving(folder):
        pass
    run(lost[-1])


async def begun(folder: Path) -> None:
    """Have a server begin and end its stream, without starting one."""
    async with open_journal(load(folder / "config.toml", {}), "cluster"):
        pass


def test_the_journals_key_is_rotated(folder: Path, run: Run) -> None:
    found = PAGES["docs/keys.md"]
    before = (folder / "journal.key").read_bytes()
    for command in found:
        if command.words[0] == "bailiwick" and not (folder / "state/journal").exists():
            anyio.run(begun, folder)
        run(command)
    after = (folder / "journal.key").read_bytes()
    assert len(after) == 32
    assert after != before
    wrong = "bailiwick audit verify --path archive/2026-11/journal --key-file journal.key"
    run(replace(found[-1], line=wrong, output=(), status=1))
