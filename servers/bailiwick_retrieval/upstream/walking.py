"""Walk a folder tree and tell which documents it has: lazily, and never out of the tree."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from bailiwick_retrieval.globs import Selection
from bailiwick_retrieval.models.sources import Entry, Problem
from bailiwick_retrieval.readers import Readers, both
from bailiwick_retrieval.rules import RULE, Ruled
from bailiwick_retrieval.upstream.beneath import Found, Outside, Root, beneath, found
from bailiwick_retrieval.upstream.naming import far, normal, opened, shown, trouble
from bailiwick_retrieval.upstream.ruling import Rules

MOST_LINKED = 2
"""Most links to folders inside each other: a few that link each other have endless paths."""
Listed = Entry | Problem


def fingerprint(status: os.stat_result) -> str:
    """Tell one state of a file from another.

    The time of the last change of the inode is in it as well: tools that copy set the other back.
    """
    times = f"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}"
    return f"{times}-{status.st_size:x}-{status.st_ino:x}"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to be looked into: its names, those without links, the rules on the way to it."""

    names: tuple[str, ...]
    real: tuple[str, ...]
    ruled: Ruled | None
    above: tuple[tuple[int, int], ...]
    links: int = 0

    @property
    def path(self) -> str:
        """Its path as documents have it."""
        return normal("/".join(self.names))


@dataclass(slots=True)
class Walk:
    """One walk through a tree. `default` are the readers of what no rule speaks of."""

    root: Root
    selection: Selection
    default: Readers
    open_url: str = ""

    def __iter__(self) -> Iterator[Listed]:
        """List everything; depth first, in no order. Unreadable parts are told as problems."""
        rules = Rules(self.root)
        left = [Place((), (), None, ())]
        while left:
            place = left.pop()
            try:
                yield from _Look(self, rules, left, place).entries()
            except FileNotFoundError:
                # It went away since its name was read, so what was in it is deleted.
                if not place.names:
                    raise
            except OSError:
                if not place.names:
                    raise
                yield Problem(shown(place.path), "the folder cannot be read", incomplete=True)
            except Outside as error:
                yield Problem(shown(place.path), str(error))
            yield from rules.problems()


@dataclass(slots=True)
class _Look:
    """A look into one folder."""

    walk: Walk
    rules: Rules
    left: list[Place]
    place: Place
    folder: int = -1
    ruled: Ruled | None = None
    above: tuple[tuple[int, int], ...] = ()

    def entries(self) -> Iterator[Listed]:
        """List what is in it, and note the folders in it for later."""
        place = self.place
        with beneath(self.walk.root, place.real, folder=True) as here:
            identity = here.status.st_dev, here.status.st_ino
            if identity in place.above:
                yield Problem(shown(place.path), "it is a link to a folder that it is in itself")
                return
            self.folder, self.above = here.descriptor, (*place.above, identity)
            self.ruled = self.rules.into(here.descriptor, place.names, place.ruled)
            with os.scandir(here.descriptor) as names:
                yield from self._all(names)

    def _all(self, names: Iterator[os.DirEntry[str]]) -> Iterator[Listed]:
        odd: dict[str, list[os.DirEntry[str]]] = {}
        prefix = f"{self.place.path}/" if self.place.names else ""
        for each in names:
            plain = normal(each.name)
            if plain != each.name:
                odd.setdefault(plain, []).append(each)
            else:
                yield from self._one(each, prefix + plain)
        for plain, several in sorted(odd.items()):
            several.sort(key=lambda each: each.name)
            clash = _there(plain, self.folder)
            for each in several:
                if clash:
                    said = "another name in its folder is the same in normal form (NFC)"
                    yield Problem(shown(prefix + each.name), said)
                else:
                    yield from self._one(each, prefix + plain)
                clash = True

    def _one(self, each: os.DirEntry[str], path: str) -> Iterator[Listed]:
        if each.name.endswith(RULE) or self._hidden(each.name):
            return
        why = trouble(path) or far(path)
        if why:
            if self._concerns(each, shown(path)):
                yield Problem(shown(path), why)
        elif each.is_symlink():
            yield from self._link(each, path)
        elif each.is_dir(follow_symlinks=False):
            self._later(each.name, path)
        elif self.walk.selection.takes(path):
            yield from self._file(each, path)

    def _hidden(self, name: str) -> bool:
        """Tell whether something in a linked folder is left out where it really is."""
        real = (*self.place.real, name)
        return bool(self.place.links) and _excluded(self.walk.selection, real)

    def _concerns(self, each: os.DirEntry[str], path: str) -> bool:
        if each.is_dir(follow_symlinks=False):
            return self.walk.selection.enters(path)
        return self.walk.selection.takes(path)

    def _later(self, name: str, path: str) -> None:
        if self.walk.selection.enters(path):
            names, real = (*self.place.names, name), (*self.place.real, name)
            self.left.append(Place(names, real, self.ruled, self.above, self.place.links))

    def _link(self, each: os.DirEntry[str], path: str) -> Iterator[Listed]:
        takes, enters = self.walk.selection.takes(path), self.walk.selection.enters(path)
        target = self._target(each) if takes or enters else None
        if isinstance(target, str):
            yield Problem(path, target)
        elif target is None or _excluded(self.walk.selection, target.names):
            return
        elif not stat.S_ISDIR(target.status.st_mode):
            if takes:
                yield from self._file(each, path, target)
        elif enters and self.place.links >= MOST_LINKED:
            yield Problem(path, f"it is a linked folder behind {MOST_LINKED} others")
        elif enters:
            names, links = (*self.place.names, each.name), self.place.links + 1
            self.left.append(Place(names, target.names, self.ruled, self.above, links))

    def _target(self, each: os.DirEntry[str]) -> Found | str:
        """Find what a link stands for, or say why that cannot be."""
        try:
            return found(self.walk.root, (*self.place.real, each.name))
        except Outside as error:
            return str(error)
        except OSError:
            return "it is a link to something that cannot be found"

    def _file(
        self, each: os.DirEntry[str], path: str, target: Found | None = None
    ) -> Iterator[Listed]:
        try:
            status = target.status if target else each.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(status.st_mode):
            yield Problem(path, "it is no regular file, and is not opened")
            return
        url = opened(self.walk.open_url, path)
        yield Entry(
            path=path,
            fingerprint=fingerprint(status),
            readers=self._readers(each.name, path, target),
            updated=status.st_mtime,
            url=url,
            size=status.st_size,
        )

    def _readers(self, name: str, path: str, target: Found | None) -> Readers | None:
        here = self.rules.sidecar(self.folder, (*self.place.names, name))
        if here is None and self.ruled is not None:
            here = self.ruled.of(path)
        if target is None and not self.place.links:
            return here
        names = target.names if target else (*self.place.real, name)
        return combined(here, self.rules.of(names), self.walk.default)


def combined(here: Readers | None, there: Readers | None, default: Readers) -> Readers | None:
    """Give the readers of a link: whoever writes one must not publish what it leads to."""
    if here is None and there is None:
        return None
    return both(default if here is None else here, default if there is None else there)


def _excluded(selection: Selection, real: tuple[str, ...]) -> bool:
    """Tell whether what a link leads to is left out under its real name.

    Mounted volumes of Kubernetes are links to `..data`, which is hidden but nobody's to hide.
    """
    names = [name for name in real if not name.startswith("..")]
    return bool(names) and selection.leaves(normal("/".join(names)))


def _there(name: str, folder: int) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
