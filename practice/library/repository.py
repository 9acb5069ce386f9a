"""The policies as a Git repository: who merged what, when, told from the ground's minute."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from practice.library.dates import dated

_FILE, _FOLDER = 0o100644, 0o040000
_BRANCH = Ref(b"refs/heads/main")
OLD, NEW = "archive/change-management.md", "change-management.md"
COMMITS = (
    (800, "bo", "What a change is", (OLD,)),
    (330, "ana", "Severities, and who may reach what", ("README.md", "severities.rst")),
    (60, "bo", "A rollback needs a second person, too", (NEW, "access.md")),
)
"""Days before the ground's minute, who, why, and what was added."""


def repository(texts: Mapping[str, str], folder: Path, now: datetime) -> Path:
    """Write a bare repository with the history of the policies; paths are relative, `/` between."""
    folder.mkdir(parents=True)
    repo = Repo.init_bare(str(folder))
    files: dict[str, str] = {}
    parents: list[ObjectID] = []
    for days, author, why, names in COMMITS:
        files |= {name: dated(texts[name], now) for name in names}
        made = Commit()
        made.tree = _tree(repo, _before(files) if NEW not in files else files)
        made.parents = parents
        made.author = made.committer = f"{author} <{author}@practice.example>".encode()
        made.author_time = made.commit_time = int((now - timedelta(days=days)).timestamp())
        made.author_timezone = made.commit_timezone = 0
        made.message = why.encode()
        repo.object_store.add_object(made)
        parents = [made.id]
    repo.refs[_BRANCH] = parents[0]
    repo.refs.set_symbolic_ref(Ref(b"HEAD"), _BRANCH)
    repo.close()
    return folder


def _before(files: Mapping[str, str]) -> dict[str, str]:
    """Give the files as they were while the old policy was in force: in its place, unmarked."""
    old = [line for line in files[OLD].splitlines() if "supersede" not in line]
    return {**{name: text for name, text in files.items() if name != OLD}, NEW: "\n".join(old)}


def _tree(repo: Repo, files: Mapping[str, str]) -> ObjectID:
    tree = Tree()
    folders: dict[str, dict[str, str]] = {}
    for path, text in files.items():
        first, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(first, {})[rest] = text
            continue
        blob = Blob.from_string(text.encode())
        repo.object_store.add_object(blob)
        tree.add(first.encode(), _FILE, blob.id)
    for name, inside in folders.items():
        tree.add(name.encode(), _FOLDER, _tree(repo, inside))
    repo.object_store.add_object(tree)
    return tree.id
