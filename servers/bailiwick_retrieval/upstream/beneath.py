"""Open what lies beneath a folder, and nothing else, whoever changes the tree meanwhile.

Each name is opened from its folder's descriptor and never followed by the kernel; a link is read,
and its target looked up in the same way from the root. So no link and no race leads out, as with
openat2 and RESOLVE_BENEATH, which Python does not have.
"""

import errno
import os
import stat
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bailiwick_retrieval.upstream.naming import normal

MOST_LINKS = 20
"""Most links on the way to one name."""
_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = _ONLY | os.O_DIRECTORY
# Without O_NONBLOCK the opening of a pipe waits for somebody who writes into it.
FILE = _ONLY | os.O_NONBLOCK | os.O_NOCTTY


class Outside(Exception):
    """A link leads out of the root, or is one too many. The text is ours."""


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that is open, and the ways in which a link may write it from the top."""

    descriptor: int
    bases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a name stands for: its names from the root without any link, and what it is."""

    names: tuple[str, ...]
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class Opened:
    """What was found, open."""

    descriptor: int
    names: tuple[str, ...]
    status: os.stat_result


@contextmanager
def rooted(path: Path) -> Generator[Root]:
    """Open the root; OSError as the system says."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Root(descriptor, (os.path.realpath(path), str(path.absolute())))
    finally:
        os.close(descriptor)


def found(root: Root, names: Sequence[str]) -> Found:
    """Look a name up without opening it; OSError as the system says, Outside for a link."""
    with _way(root) as way:
        return _found(way, way.to(names))


@contextmanager
def beneath(root: Root, names: Sequence[str], *, folder: bool = False) -> Generator[Opened]:
    """Open a regular file or a folder by its names from the root.

    OSError as the system says, FileNotFoundError also for what is neither a regular file nor a
    folder, as asked; Outside for a link.
    """
    with _way(root) as way:
        name = way.to(names)
        before = _found(way, name)
        # Looked at first: the mere opening of a device may have an effect.
        _must(before.status, folder=folder)
        descriptor = os.open(name, _FOLDER if folder else FILE, dir_fd=way.here)
    try:
        status = os.fstat(descriptor)
        _must(status, folder=folder)
        yield Opened(descriptor, before.names, status)
    finally:
        os.close(descriptor)


def _found(way: "_Way", name: str) -> Found:
    status = os.stat(name, dir_fd=way.here, follow_symlinks=False)
    return Found(tuple(way.names if name == "." else [*way.names, name]), status)


def _must(status: os.stat_result, *, folder: bool) -> None:
    if not (stat.S_ISDIR if folder else stat.S_ISREG)(status.st_mode):
        raise FileNotFoundError(errno.ENOENT, "it is something else")


@contextmanager
def _way(root: Root) -> Generator["_Way"]:
    way = _Way(root)
    try:
        yield way
    finally:
        way.back()


class _Way:
    """The folders from the root to where we are, each open."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._folders: list[int] = []
        self._links = 0
        self.names: list[str] = []

    @property
    def here(self) -> int:
        """The folder where we are."""
        return self._folders[-1] if self._folders else self._root.descriptor

    def to(self, names: Sequence[str]) -> str:
        """Walk to the folder that the last name is in, and give that name; `.` for the folder."""
        todo = list(reversed(names))
        while todo:
            name = todo.pop()
            if name in ("", "."):
                continue
            if name == "..":
                self._up()
                continue
            target = self._target(name)
            if target is not None:
                todo += reversed(target)
            elif todo:
                self._folders.append(os.open(name, _FOLDER, dir_fd=self.here))
                self.names.append(name)
            else:
                return name
        return "."

    def _up(self) -> None:
        if not self._folders:
            raise Outside("it is a link that leads out of the collection")
        os.close(self._folders.pop())
        self.names.pop()

    def _target(self, name: str) -> list[str] | None:
        """Read where a link leads, as names from here or from the root; None where it is none."""
        try:
            target = os.readlink(name, dir_fd=self.here)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise
        self._links += 1
        if self._links > MOST_LINKS:
            raise Outside("it is a link in a circle, or behind too many others")
        if not target.startswith("/"):
            return target.split("/")
        for base in self._root.bases:
            if f"{target}/".startswith(f"{base.rstrip('/')}/"):
                self.back()
                return target[len(base.rstrip("/")) :].split("/")
        raise Outside("it is a link that leads out of the collection")

    def back(self) -> None:
        """Go back to the root."""
        while self._folders:
            os.close(self._folders.pop())
        self.names.clear()


def spelled(root: Root, path: str) -> tuple[str, ...]:
    """Find the names on disk of a path in NFC; FileNotFoundError where there is no such file."""
    names: list[str] = []
    for name in path.split("/"):
        with beneath(root, names, folder=True) as here:
            names.append(_written(here.descriptor, name))
    return tuple(names)


def _written(folder: int, name: str) -> str:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        if name.isascii() and name.isalnum():
            raise
    else:
        return name
    with os.scandir(folder) as names:
        # The first of several, as the listing takes it.
        known = min((each.name for each in names if normal(each.name) == name), default="")
    if not known:
        raise FileNotFoundError(errno.ENOENT, "no such name")
    return known


def contents(opened: Opened, most: int) -> bytes:
    """Read a file up to `most` bytes and one more, which tells that it is longer."""
    return b"".join(_pieces(opened.descriptor, most + 1))


def _pieces(descriptor: int, left: int) -> Iterator[bytes]:
    while left > 0:
        piece = os.read(descriptor, min(left, 1 << 20))
        if not piece:
            return
        yield piece
        left -= len(piece)
