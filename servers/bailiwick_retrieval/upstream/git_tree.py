"""The documents in one tree of a Git repository, with the rules that stand beside them."""

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from dulwich.objects import Blob, ObjectID, ShaFile, Tree

from bailiwick_retrieval.globs import Selection
from bailiwick_retrieval.models.sources import Problem
from bailiwick_retrieval.readers import NOBODY, Readers, Unclear
from bailiwick_retrieval.rules import CLOSED, RULE, Ruled, rule, sidecar
from bailiwick_retrieval.upstream.naming import far, normal, shown, trouble
from bailiwick_retrieval.upstream.ruling import CLOSED_BY
from bailiwick_retrieval.upstream.walking import combined

MOST_NAMES = 2_000_000
"""Most names looked at: a tree that holds one subtree many times has more than can be listed."""
MOST_LINKS = 20
_RULE = RULE.encode()
_MODULE = 0o160000
Get = Callable[[ObjectID], ShaFile]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A document: its path in the repository (NFC, and as written there), its blob, its readers."""

    path: str
    raw: bytes
    blob: ObjectID
    readers: Readers | None


@dataclass(frozen=True, slots=True)
class Node:
    """A folder of the tree, with the rules on the way to it."""

    names: tuple[bytes, ...]
    tree: Tree
    ruled: Ruled | None

    @property
    def path(self) -> str:
        """Its path in normal form."""
        return _text(b"/".join(self.names))


@dataclass(slots=True)
class Listing:
    """One listing of a tree below `folder`. `default` are the readers of what no rule speaks of.

    `selection` sees paths as they are in the collection: from `folder` on.
    """

    get: Get
    top: Tree
    folder: tuple[bytes, ...]
    selection: Selection
    default: Readers
    _looked: int = 0
    _problems: list[Problem] = field(default_factory=list[Problem])
    _told: set[str] = field(default_factory=set[str])

    def __iter__(self) -> Iterator[Found | Problem]:
        """List all documents; raise KeyError where the folder is not there."""
        left = [self._at(self.folder)]
        while left:
            yield from self._folder(left.pop(), left)
            while self._problems:
                yield self._problems.pop(0)
            if self._looked > MOST_NAMES:
                said = f"the repository has more than {MOST_NAMES} names"
                yield Problem("", said, incomplete=True)
                return

    def inside(self, path: str) -> str:
        """Give a path as it is in the collection."""
        return path[len(_text(b"/".join(self.folder))) + 1 :] if self.folder else path

    def _at(self, names: tuple[bytes, ...]) -> Node:
        """Go to a folder, with the rules above it; KeyError where it is none."""
        node = self._node((), self.top, None)
        for name in names:
            node = self._below(node, name)
        return node

    def _below(self, node: Node, name: bytes) -> Node:
        mode, sha = node.tree[name]
        if not stat.S_ISDIR(mode):
            raise KeyError(name)
        return self._node((*node.names, name), self._tree(sha), node.ruled)

    def _tree(self, sha: ObjectID) -> Tree:
        tree = self.get(sha)
        if not isinstance(tree, Tree):
            raise KeyError(sha)
        return tree

    def _node(self, names: tuple[bytes, ...], tree: Tree, above: Ruled | None) -> Node:
        own = self._read(tree, (*names, _RULE), rule, CLOSED)
        ruled = above if own is None else Ruled(_text(b"/".join(names)), own, above)
        return Node(names, tree, ruled)

    def _read(
        self, tree: Tree, names: tuple[bytes, ...], parse: Callable[[bytes], T], closed: T
    ) -> T | None:
        if names[-1] not in tree:
            return None
        mode, sha = tree[names[-1]]
        try:
            if not stat.S_ISREG(mode):
                raise Unclear("it is no file")
            return parse(self._blob(sha))
        except Unclear as error:
            self._tell(names, str(error))
        except KeyError:
            self._tell(names, "it is not in the repository")
        return closed

    def _blob(self, sha: ObjectID) -> bytes:
        blob = self.get(sha)
        if not isinstance(blob, Blob):
            raise KeyError(sha)
        return blob.data

    def _tell(self, names: tuple[bytes, ...], why: str) -> None:
        path = shown(self.inside(_text(b"/".join(names))))
        if path not in self._told:
            self._told.add(path)
            self._problems.append(Problem(path, f"{CLOSED_BY}: {why}"))

    def _folder(self, node: Node, left: list[Node]) -> Iterator[Found | Problem]:
        taken: dict[str, bytes] = {}
        for name in _exact_first(node.tree):
            self._looked += 1
            plain = _text(name)
            path = f"{node.path}/{plain}" if node.names else plain
            inside = self.inside(path)
            if plain.endswith(RULE) or not self._concerns(node, name, shown(inside)):
                continue
            why = trouble(path) or far(path) or _odd(name)
            if plain in taken:
                why = why or "another name in its folder is the same in normal form (NFC)"
            taken[plain] = name
            if why:
                yield Problem(shown(inside), why)
            else:
                yield from self._one(node, name, path, left)

    def _concerns(self, node: Node, name: bytes, inside: str) -> bool:
        """Tell whether a name can be of a document, or of a folder that has some."""
        mode, _ = node.tree[name]
        if stat.S_ISREG(mode):
            return self.selection.takes(inside)
        if stat.S_ISLNK(mode):
            return self.selection.takes(inside) or self.selection.enters(inside)
        return self.selection.enters(inside)

    def _one(
        self, node: Node, name: bytes, path: str, left: list[Node]
    ) -> Iterator[Found | Problem]:
        mode, sha = node.tree[name]
        if mode == _MODULE:
            yield Problem(self.inside(path), "it is a submodule, another repository's content")
        elif stat.S_ISDIR(mode):
            try:
                left.append(self._below(node, name))
            except KeyError:
                said = "the folder is not in the repository"
                yield Problem(self.inside(path), said, incomplete=True)
        elif stat.S_ISLNK(mode):
            yield from self._link(node, name, path)
        elif stat.S_ISREG(mode):
            raw = b"/".join((*node.names, name))
            yield Found(path, raw, sha, self._readers(node, name))

    def _readers(self, node: Node, name: bytes) -> Readers | None:
        own = self._read(node.tree, (*node.names, name + _RULE), sidecar, NOBODY)
        if own is not None or node.ruled is None:
            return own
        return node.ruled.of(_text(b"/".join((*node.names, name))))

    def _link(self, node: Node, name: bytes, path: str) -> Iterator[Found | Problem]:
        inside = self.inside(path)
        target = self._target((*node.names, name))
        if isinstance(target, str):
            yield Problem(inside, target)
            return
        real, last = target
        names = (*real.names, last)
        under = names[: len(self.folder)] == self.folder
        left_out = under and self.selection.leaves(self.inside(_text(b"/".join(names))))
        if self.selection.takes(inside) and not left_out:
            here, there = self._readers(node, name), self._readers(real, last)
            readers = combined(here, there, self.default)
            yield Found(path, b"/".join(names), real.tree[last][1], readers)

    def _target(self, names: tuple[bytes, ...]) -> tuple[Node, bytes] | str:
        """Find the file that a link stands for, or say why there is none."""
        try:
            return self._walk(names)
        except KeyError:
            return "it is a link to something that is not in the repository, or is no file"
        except _Outside as error:
            return str(error)

    def _walk(self, names: tuple[bytes, ...]) -> tuple[Node, bytes]:
        way = [self._at(())]
        todo, links = list(reversed(names)), 0
        while todo:
            name = todo.pop()
            if name in (b"", b"."):
                continue
            if name == b"..":
                way.pop()
                if not way:
                    raise _Outside("it is a link that leads out of the repository")
                continue
            mode, sha = way[-1].tree[name]
            if stat.S_ISLNK(mode):
                links += 1
                todo += reversed(self._aimed(sha, links))
            elif todo or not stat.S_ISREG(mode):
                way.append(self._below(way[-1], name))
            else:
                return way[-1], name
        raise KeyError(names[-1])

    def _aimed(self, sha: ObjectID, links: int) -> list[bytes]:
        target = self._blob(sha)
        if links > MOST_LINKS or len(target) > 4_096:
            raise _Outside("it is a link in a circle, or behind too many others")
        if target.startswith(b"/"):
            raise _Outside("it is a link that leads out of the repository")
        return target.split(b"/")


class _Outside(Exception):
    """A link leads out of the repository. The text is ours."""


def _text(raw: bytes) -> str:
    return normal(raw.decode("utf-8", "surrogateescape"))


def _exact_first(tree: Tree) -> list[bytes]:
    """Give the names of a tree; of two that are the same in normal form, the normal one first."""
    names = [entry.path for entry in tree.items()]
    return sorted(
        names,
        key=lambda name: (
            not name.isascii() and _text(name).encode("utf-8", "surrogateescape") != name,
            name,
        ),
    )


def _odd(name: bytes) -> str:
    """Say why a name cannot be one of a file; Git's own programs write no such trees."""
    if name in (b"", b".", b"..") or b"/" in name:
        return "its name is none that a file can have"
    return ""
