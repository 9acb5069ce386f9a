"""Programs that outlive the command which started them, and that only we may end."""

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from practice import ports

NOTHING: tuple[int, ...] = ()
STORE = "etcd"
Started = TypeVar("Started")
CLASHES = ("address already in use", "already bound", "already be in use")


@dataclass(frozen=True)
class Program:
    """A started program; `began` is its start in clock ticks since boot."""

    name: str
    pid: int
    began: int
    command: tuple[str, ...]


class Ended(RuntimeError):
    """A program ended by itself."""

    def __init__(self, program: Program, said: str) -> None:
        super().__init__(f"{program.name} ended by itself; its log ends with:\n{said}")
        self.clash = any(words in said.lower() for words in CLASHES)


def start(at: Path, name: str, command: Sequence[str | Path]) -> Program:
    """Start a program in a session of its own; its output goes to logs/NAME.log.

    It gets no environment but HOME: what it does must not depend on who started it.
    """
    for folder in (at / "logs", at / "processes"):
        folder.mkdir(exist_ok=True)
    words = tuple(str(each) for each in command)
    log = os.open(at / "logs" / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        pid = os.posix_spawn(
            words[0],
            words,
            {"HOME": str(at)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, log, 1),
                (os.POSIX_SPAWN_DUP2, log, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(log)
    program = Program(name, pid, _stat(pid)[1], words)
    record = at / "processes" / name
    beside = record.with_name(f".{name}")  # a record is whole or absent for those who read along
    beside.write_text(json.dumps(asdict(program)))
    beside.replace(record)
    return program


def recorded(at: Path) -> list[Program]:
    """Read the programs that were started under a folder, running or not."""
    found: list[Program] = []
    for file in sorted((at / "processes").glob("[!.]*")):
        said = yaml.safe_load(file.read_text())
        found.append(Program(said["name"], said["pid"], said["began"], tuple(said["command"])))
    return found


def running(program: Program) -> bool:
    """Tell whether the process is still ours: same start, same command line, not a corpse."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(program.pid, os.WNOHANG)
    try:
        state, began = _stat(program.pid)
        words = Path(f"/proc/{program.pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    mine = "\0".join(program.command).encode() + b"\0"
    # Empty while the process is being born: its number and its start must do then. A program that
    # hands over to another, as `unshare` does, leaves the tail of its command line.
    ours = (b"\0" + mine).endswith(b"\0" + words)
    return state not in "ZX" and began == program.began and ours


def watch(at: Path, programs: Iterable[Program]) -> None:
    """Raise `Ended` for the first program that no longer runs."""
    for program in programs:
        if not running(program):
            raise Ended(program, tail(at, program.name))


def persist(
    at: Path,
    names: Sequence[str],
    count: int,
    attempt: Callable[[list[int]], Started],
    first: list[int] | None = None,
) -> Started:
    """Start a part on free ports, and again on others if someone was quicker to take one."""
    for left in (2, 1, 0):
        chosen = first if first and left == 2 else ports.free(count)
        try:
            return attempt(chosen)
        except Ended as ended:
            if not (ended.clash and left):
                raise
            end(at, [each for each in recorded(at) if each.name in names], patience=3)
    raise AssertionError("the last attempt returns or raises")


def tail(at: Path, name: str, lines: int = 12) -> str:
    """Give the last lines of a program's log."""
    log = at / "logs" / f"{name}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def end(at: Path, programs: Sequence[Program], patience: float = 15.0) -> None:
    """End programs all at once: asked first, after `patience` seconds made to."""
    with contextlib.ExitStack() as handles:
        living = [held for each in programs if (held := _hold(each, handles)) is not None]
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for handle in living:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, sign)
            living = _outlasting(living, patience)
    for program in programs:
        running(program)  # reaps it where it is a child of ours
        (at / "processes" / program.name).unlink(missing_ok=True)


def end_all(at: Path) -> None:
    """End every program started under a folder; the store last, the API needs it to end well."""
    programs = recorded(at)
    end(at, [each for each in programs if each.name != STORE])
    end(at, [each for each in programs if each.name == STORE])


def _hold(program: Program, handles: contextlib.ExitStack) -> int | None:
    """Open a handle on the process first and verify it then: its number cannot go elsewhere."""
    try:
        handle = os.pidfd_open(program.pid)
    except ProcessLookupError:
        return None
    handles.callback(os.close, handle)
    return handle if running(program) else None


def _outlasting(handles: Sequence[int], seconds: float) -> list[int]:
    until = time.monotonic() + seconds
    living: list[int] = list(handles)
    while living and (left := until - time.monotonic()) > 0:
        # A handle becomes readable when its process ends.
        gone: list[int] = select.select(living, NOTHING, NOTHING, left)[0]
        living = [handle for handle in living if handle not in gone]
    return living


def _stat(pid: int) -> tuple[str, int]:
    """Give a process's state letter and its start (field 22 of proc(5) stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return fields[0], int(fields[19])
