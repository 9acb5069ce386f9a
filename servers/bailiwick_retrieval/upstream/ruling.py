"""The rules of a folder tree: read from the disk, and closed where they cannot be."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from bailiwick_retrieval.models.sources import Problem
from bailiwick_retrieval.readers import NOBODY, Readers, Unclear
from bailiwick_retrieval.rules import CLOSED, MOST_BYTES, RULE, Ruled, rule, sidecar
from bailiwick_retrieval.upstream.beneath import FILE, Opened, Outside, Root, beneath, contents
from bailiwick_retrieval.upstream.naming import normal, shown

T = TypeVar("T")
_KEPT = 4_096
CLOSED_BY = "nobody may read what this rule covers, until it is mended"


class Rules:
    """Who reads what, as rules and sidecars of one tree say it. What was wrong is kept aside."""

    def __init__(self, root: Root) -> None:
        self._root = root
        self._known: dict[tuple[str, ...], Ruled | None] = {}
        self._told: set[str] = set()
        self._problems: list[Problem] = []

    def problems(self) -> Iterator[Problem]:
        """Give each rule that could not be read, once."""
        while self._problems:
            yield self._problems.pop(0)

    def of(self, names: Sequence[str]) -> Readers | None:
        """Say who reads a file, wherever links lead on the way to it."""
        with beneath(self._root, names[:-1], folder=True) as folder:
            own = self.sidecar(folder.descriptor, names)
        if own is not None:
            return own
        ruled = self.above(tuple(names[:-1]))
        return None if ruled is None else ruled.of(_path(names))

    def above(self, names: tuple[str, ...]) -> Ruled | None:
        """Give the rules of a folder and of those above it, as they are on the way to it."""
        if names in self._known:
            return self._known[names]
        above = self.above(names[:-1]) if names else None
        with beneath(self._root, names, folder=True) as folder:
            ruled = self.into(folder.descriptor, names, above)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[names] = ruled
        return ruled

    def into(self, folder: int, names: Sequence[str], above: Ruled | None) -> Ruled | None:
        """Give the rules in an open folder, given those above it."""
        own = self._read(folder, [*names, RULE], rule, CLOSED)
        return above if own is None else Ruled(_path(names), own, above)

    def sidecar(self, folder: int, names: Sequence[str]) -> Readers | None:
        """Give the readers that a file's sidecar names; None where it has none."""
        return self._read(folder, [*names[:-1], names[-1] + RULE], sidecar, NOBODY)

    def _read(
        self, folder: int, names: Sequence[str], parse: Callable[[bytes], T], closed: T
    ) -> T | None:
        try:
            data = self._data(folder, names)
            return None if data is None else parse(data)
        except Unclear as error:
            self._tell(names, str(error))
        except Outside as error:
            self._tell(names, str(error))
        except OSError:
            self._tell(names, "it cannot be read")
        return closed

    def _data(self, folder: int, names: Sequence[str]) -> bytes | None:
        """Read a rule; None where there is none. OSError, Outside or Unclear where it is odd."""
        try:
            status = os.stat(names[-1], dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            # A sidecar's name would be longer than names can be, so there is none.
            if error.errno == errno.ENAMETOOLONG:
                return None
            raise
        if stat.S_ISLNK(status.st_mode):
            with beneath(self._root, names) as opened:
                return contents(opened, MOST_BYTES)
        if not stat.S_ISREG(status.st_mode):
            raise Unclear("it is no file")
        descriptor = os.open(names[-1], FILE, dir_fd=folder)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Unclear("it is no file")
            return contents(Opened(descriptor, tuple(names), status), MOST_BYTES)
        finally:
            os.close(descriptor)

    def _tell(self, names: Sequence[str], why: str) -> None:
        path = shown("/".join(names))
        if path not in self._told:
            self._told.add(path)
            said = f"{CLOSED_BY}: {why}"
            self._problems.append(Problem(path, said))


def _path(names: Sequence[str]) -> str:
    return normal("/".join(names))
