"""A Git repository as a source: a local one, or a clone that is kept of one behind HTTPS."""

import re
import threading
from collections.abc import AsyncGenerator, Generator, Iterable, Mapping
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import orjson
from dulwich.errors import (
    GitProtocolError,
    NotGitRepository,
)
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from bailiwick.errors import BadConfig, Rejected, Unavailable, Unreadable
from bailiwick.upstream.blocking import blocking
from bailiwick_retrieval.models.sources import Content, Entry, Problem
from bailiwick_retrieval.settings import GitSettings
from bailiwick_retrieval.upstream.git_clone import DAMAGED, OURS, Remote, fetched
from bailiwick_retrieval.upstream.git_history import History, Touch
from bailiwick_retrieval.upstream.git_tree import Found, Listing
from bailiwick_retrieval.upstream.naming import opened
from bailiwick_retrieval.upstream.selecting import selection
from bailiwick_retrieval.upstream.streaming import streamed
from bailiwick_retrieval.upstream.wire import is_https, signer

LFS = b"version https://git-lfs.github.com/spec/"
_BRANCH = re.compile(
    r"(?!.*\.\.)(?!.*//)(?!.*@\{)[^\s~^:?*\[\\\x00-\x20\x7f/.-][^\s~^:?*\[\\\x7f]*"
)
_BROKEN = (*DAMAGED, GitProtocolError, AssertionError, EOFError, OSError, ValueError)


class Git:
    """The documents at the tip of one branch."""

    def __init__(self, name: str, settings: GitSettings, state: Path, *, most_bytes: int) -> None:
        self._name = name
        self._settings = settings
        self._most = most_bytes
        self._selection = selection(name, settings.include, settings.exclude)
        self._folder = _folder(name, settings.folder)
        self._limiter = anyio.CapacityLimiter(1)
        self._lock = threading.Lock()
        self._remote = _remote(name, settings)
        clone = state / "retrieval" / "git" / name
        self._at = clone if self._remote else Path(settings.url)
        self._kept = clone.with_name(f"{name}.json")
        self._repo: Repo | None = None

    async def entries(self) -> AsyncGenerator[Entry | Problem]:
        """Fetch where there is something to fetch, and list all documents of the branch."""
        if self._remote:
            await self._fetch(self._remote)
        async with aclosing(streamed(self._listed(), self._limiter)) as listed:
            async for each in listed:
                yield each

    async def _fetch(self, remote: Remote) -> None:
        run = partial(blocking, self._guarded, limiter=self._limiter)
        try:
            with anyio.fail_after(self._settings.seconds):
                await fetched(remote, self._at, self._most, run)
        except TimeoutError as error:
            said = f"{remote.system} was not done in {self._settings.seconds:g} s"
            raise Unavailable(said) from error

    def _guarded(self, function: Any, *arguments: Any) -> None:
        with self._translated():
            function(*arguments)

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except NotGitRepository as error:
            said = f"the repository of collection {self._name} is not there"
            raise Unavailable(said, detail=repr(error)) from error
        except _BROKEN as error:
            said = f"the repository of collection {self._name} cannot be read"
            raise Unreadable(said, detail=repr(error)) from error

    def _listed(self) -> Generator[Entry | Problem]:
        with self._lock, self._translated():
            repo = self._opened(anew=True)
            tip = self._tip(repo)
            top = repo[tip.tree]
            if not isinstance(top, Tree):
                raise Unreadable(f"the repository of collection {self._name} has no tree")
            default = frozenset(self._settings.readers)
            listing = Listing(
                repo.object_store.__getitem__, top, self._folder, self._selection, default
            )
            try:
                found = list(listing)
            except KeyError as error:
                said = f"collection {self._name}: the repository has no such folder"
                raise Rejected(said, detail=repr(error)) from error
        touched = self._touched(repo, tip, (each for each in found if isinstance(each, Found)))
        for each in found:
            if isinstance(each, Problem):
                yield each
            else:
                yield self._entry(listing.inside(each.path), each, touched[each.raw])

    def _entry(self, path: str, found: Found, touch: Touch) -> Entry:
        return Entry(
            path=path,
            fingerprint=found.blob.decode(),
            readers=found.readers,
            updated=touch.time,
            url=opened(self._settings.open_url, found.path),
            revision=touch.commit,
        )

    def _opened(self, *, anew: bool = False) -> Repo:
        if anew and self._repo:
            self._repo.close()
            self._repo = None
        if self._repo is None:
            self._repo = Repo(str(self._at))
        return self._repo

    def _tip(self, repo: Repo) -> Commit:
        branch = self._settings.branch
        named = Ref(f"refs/heads/{branch}".encode()) if branch else Ref(b"HEAD")
        try:
            tip = repo[repo.refs[OURS if self._remote else named]]
        except KeyError as error:
            said = f"the repository of collection {self._name} has no commit there"
            raise Rejected(said, detail=repr(named)) from error
        if not isinstance(tip, Commit):
            raise Unreadable(f"the branch of collection {self._name} is no commit")
        return tip

    def _touched(self, repo: Repo, tip: Commit, found: Iterable[Found]) -> Mapping[bytes, Touch]:
        """Find the commit of each document; those whose content is the same keep theirs."""
        with self._lock, self._translated():
            wanted = {each.raw: each.blob for each in found}
            known = self._known()
            same = {
                raw: known[raw]
                for raw, blob in wanted.items()
                if raw in known and known[raw].blob == blob.decode()
            }
            left = {raw: blob for raw, blob in wanted.items() if raw not in same}
            touched = {**same, **History(repo.object_store.__getitem__, left).walk(tip)}
            if left or len(known) != len(touched):
                self._keep(touched)
            return touched

    def _known(self) -> Mapping[bytes, Touch]:
        try:
            said = orjson.loads(self._kept.read_bytes())
            return {_raw(path): Touch(*touch) for path, touch in said.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            # Without it, or with half of it, the history is walked again.
            return {}

    def _keep(self, touched: Mapping[bytes, Touch]) -> None:
        said = {
            raw.decode("latin-1"): (touch.blob, touch.commit, touch.time)
            for raw, touch in touched.items()
        }
        self._kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._kept.with_suffix(".new")
        new.write_bytes(orjson.dumps(said))
        new.replace(self._kept)

    async def read(self, entry: Entry, known: str) -> Content | None:
        """Read the blob that was listed; None when it is the one that is `known`."""
        if known and entry.fingerprint == known:
            return None
        return await blocking(self._read, entry, limiter=self._limiter)

    def _read(self, entry: Entry) -> Content:
        with self._lock, self._translated():
            try:
                blob = self._opened()[ObjectID(entry.fingerprint.encode())]
            except KeyError as error:
                said = f"is larger than {self._most} bytes, or the clone of it is damaged"
                raise Unreadable(f"{entry.path} {said}") from error
            if not isinstance(blob, Blob):
                raise Unreadable(f"{entry.path} is no file in the repository")
            data = blob.data
        if len(data) > self._most:
            raise Unreadable(f"{entry.path} is larger than {self._most} bytes")
        if data.startswith(LFS):
            said = "is a Git LFS pointer: its content is not in the repository"
            raise Unreadable(f"{entry.path} {said}")
        return Content(data)

    async def close(self) -> None:
        """Close the repository."""
        await blocking(self._closed, limiter=self._limiter)

    def _closed(self) -> None:
        with self._lock:
            if self._repo:
                self._repo.close()
                self._repo = None


def _raw(path: str) -> bytes:
    return path.encode("latin-1")


def _folder(name: str, folder: str) -> tuple[bytes, ...]:
    parts = folder.strip("/").split("/") if folder.strip("/") else []
    if any(part in ("", ".", "..") for part in parts):
        raise BadConfig(f"collection {name}: `folder` is a path inside the repository")
    return tuple(part.encode() for part in parts)


def _remote(name: str, settings: GitSettings) -> Remote | None:
    """Say where it is, None for a local one; BadConfig for what is neither."""
    url, branch = settings.url, settings.branch
    if branch and not _BRANCH.fullmatch(branch):
        raise BadConfig(f"collection {name}: `branch` is no name of a branch")
    if url.startswith("https://"):
        if not is_https(url):
            said = "`url` is https://host/path; a credential belongs into `credential_file`"
            raise BadConfig(f"collection {name}: {said}")
        return Remote(name, settings, signer(settings.credential_file))
    # `ssh://`, `file://`, `ext::program` and `host:path` all have a colon before any slash.
    if ":" in url.partition("/")[0] or not url or url.startswith("-"):
        said = "`url` is https://… or the path of a local repository"
        raise BadConfig(f"collection {name}: {said}")
    return None
