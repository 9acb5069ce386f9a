"""Which commit touched a document last: one walk backwards from the tip, as far as is due."""

import heapq
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from dulwich.objects import Commit, ObjectID, ShaFile, Tree

from bailiwick_retrieval.upstream.naming import DEEPEST

MOST_COMMITS = 5_000
"""Most commits looked at."""
MOST_NAMES = 1_000_000
"""Most names compared."""
Get = Callable[[ObjectID], ShaFile]


@dataclass(frozen=True, slots=True)
class Touch:
    """The commit that gave a document its content, and when, in seconds since 1970."""

    blob: str
    commit: str
    time: float


@dataclass(slots=True)
class History:
    """The walk. Commits that a shallow clone lacks end it: the last one there stands for them."""

    get: Get
    left: dict[bytes, ObjectID]
    found: dict[bytes, Touch] = field(default_factory=dict[bytes, Touch])
    _names: int = 0
    _oldest: float = 0

    def walk(self, tip: Commit) -> Mapping[bytes, Touch]:
        """Find the commit of every path that is left.

        Where the walk ends before it is found, the tip's name stands with the oldest time seen:
        the content is that of the tip, and at least so old.
        """
        queue, seen = [(-tip.commit_time, tip.id, tip)], {tip.id}
        self._oldest = tip.commit_time
        while queue and self.left and len(seen) <= MOST_COMMITS and self._names <= MOST_NAMES:
            commit = heapq.heappop(queue)[2]
            self._oldest = min(self._oldest, commit.commit_time)
            parents = self._parents(commit)
            self._attribute(commit, parents)
            for parent in parents or ():
                if parent.id not in seen:
                    seen.add(parent.id)
                    heapq.heappush(queue, (-parent.commit_time, parent.id, parent))
        for path, blob in self.left.items():
            self.found[path] = Touch(blob.decode(), tip.id.decode(), self._oldest)
        return self.found

    def _parents(self, commit: Commit) -> list[Commit] | None:
        """Give the parents; None where one is not there, and for the first commit of all."""
        parents: list[Commit] = []
        for sha in commit.parents:
            try:
                parent = self.get(sha)
            except KeyError:
                return None
            if isinstance(parent, Commit):
                parents.append(parent)
        return parents or None

    def _attribute(self, commit: Commit, parents: list[Commit] | None) -> None:
        tree = self._tree(commit.tree)
        if parents is None:
            touched = {path for path, blob in self.left.items() if self._at(tree, path) == blob}
        else:
            changes = [dict(self._changed(self._tree(each.tree), tree)) for each in parents]
            touched = {
                path
                for path, blob in changes[0].items()
                # What a merge took over from one side was touched there.
                if self.left.get(path) == blob and all(path in each for each in changes)
            }
        for path in touched:
            blob = self.left.pop(path)
            self.found[path] = Touch(blob.decode(), commit.id.decode(), commit.commit_time)

    def _tree(self, sha: ObjectID) -> Tree | None:
        try:
            tree = self.get(sha)
        except KeyError:
            return None
        return tree if isinstance(tree, Tree) else None

    def _at(self, tree: Tree | None, path: bytes) -> ObjectID | None:
        """Find the blob of a path."""
        *folders, name = path.split(b"/")
        for folder in folders:
            if tree is None or folder not in tree:
                return None
            tree = self._tree(tree[folder][1])
        return tree[name][1] if tree is not None and name in tree else None

    def _changed(
        self, before: Tree | None, after: Tree | None, prefix: bytes = b""
    ) -> Iterator[tuple[bytes, ObjectID]]:
        """Give what is in one tree and not, or otherwise, in the one before."""
        for name, mode, sha in after.items() if after is not None else ():
            self._names += 1
            old = before[name] if before is not None and name in before else None
            if self._names > MOST_NAMES or old == (mode, sha):
                continue
            if not stat.S_ISDIR(mode):
                yield prefix + name, sha
                continue
            if prefix.count(b"/") > DEEPEST:
                continue
            folder = self._tree(old[1]) if old and stat.S_ISDIR(old[0]) else None
            yield from self._changed(folder, self._tree(sha), prefix + name + b"/")
