"""A real PostgreSQL on loopback, as a program of a ground, or of a folder that is only a test's."""

import importlib.util
import os
import secrets
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from practice import cache, programs
from practice.ports import LOOPBACK
from practice.programs import Program
from practice.steps import Steps

NAME = "postgres"
USER = "postgres"
PATIENCE = 60
"""Seconds until it must answer; 1 to 3 are usual."""
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "max_wal_size": "64MB",
    # A ground is not worth the waits for a disk; what the kernel has survives a killed server.
    "fsync": "off",
    "full_page_writes": "off",
}


@dataclass(frozen=True)
class Postgres:
    """Where it listens, and the password of its administrator."""

    at: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """Give the administrator's address of the database `postgres`."""
        return self.to(USER, self.password)

    def to(self, user: str, password: str, database: str = "postgres", **more: str) -> str:
        """Give an address; `more` are settings of the sessions."""
        asked = "&".join(f"{name}={value}" for name, value in more.items())
        where = f"postgresql://{user}:{password}@{LOOPBACK}:{self.port}/{database}"
        return f"{where}?{asked}" if asked else where


def start(at: Path, steps: Steps) -> Postgres:
    """Make an empty cluster of databases in a folder, start it, and wait until it answers."""
    password = secrets.token_hex(8)
    _make(at, password, steps)
    return programs.persist(
        at, (NAME,), 1, lambda ports: _started(Postgres(at, ports[0], password), steps)
    )


def again(known: Postgres, steps: Steps) -> Postgres:
    """Start one that was ended or killed, over the same data and at the same port."""
    return _started(known, steps)


def kill(known: Postgres) -> None:
    """End it at once, as a crash does: sessions are cut, nothing is written back."""
    program = _program(known)
    if program is not None and programs.running(program):
        os.kill(program.pid, signal.SIGQUIT)
    end(known)


def end(known: Postgres) -> None:
    """End it, and wait until it is gone; sessions that are open do not keep it."""
    program = _program(known)
    if program is not None:
        if programs.running(program):
            os.kill(program.pid, signal.SIGINT)
        programs.end(known.at, [program])


def _program(known: Postgres) -> Program | None:
    return next((each for each in programs.recorded(known.at) if each.name == NAME), None)


def _started(known: Postgres, steps: Steps) -> Postgres:
    told = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    words = [*_user(), _binary("postgres"), "-D", _data(known.at), "-p", str(known.port), *told]
    running = programs.start(known.at, NAME, words)
    asked = [_binary("pg_isready"), "-q", "-h", LOOPBACK, "-p", str(known.port)]

    def answers() -> bool:
        programs.watch(known.at, [running])
        return subprocess.run(asked, check=False).returncode == 0

    steps.until(answers, "answer of PostgreSQL", PATIENCE)
    steps.say("postgres: answers")
    return known


def _make(at: Path, password: str, steps: Steps) -> None:
    file = at / f"{NAME}.password"
    file.write_text(password)
    words: Sequence[str | Path] = [
        *(*_user(), _binary("initdb"), "-D", _data(at), "-U", USER, f"--pwfile={file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"),
        "--wal-segsize=1",
    ]
    steps.run([str(each) for each in words], "making a database")
    file.unlink()


def _data(at: Path) -> Path:
    return at / NAME


def _binary(name: str) -> Path:
    found = importlib.util.find_spec("pgserver")  # its own way of starting is not wanted
    if found is None or found.origin is None:
        raise FileNotFoundError("pgserver is not installed: it carries PostgreSQL")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def _user() -> list[str]:
    """Be nobody in particular: PostgreSQL refuses to run as root.

    In a user namespace root's own files stay readable, wherever the folder lies.
    """
    if os.geteuid():
        return []
    return [cache.tool("unshare", "util-linux"), "-U", "--map-user=1000", "--map-group=1000"]
