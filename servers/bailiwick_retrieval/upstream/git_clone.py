"""A bare clone of a repository that is somewhere else, kept by us and fetched over HTTPS.

No program, hook, credential helper or configuration of Git's takes part. All waiting is done on the
event loop, so that the deadline of whoever waits reaches it.
"""

import fcntl
import os
import shutil
import struct
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import httpx
from dulwich.client import AbstractHttpGitClient
from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    GitProtocolError,
    NotGitRepository,
)
from dulwich.objects import ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

from bailiwick.errors import Forbidden, Rejected, Unavailable, Unreadable
from bailiwick.upstream.blocking import wait
from bailiwick.upstream.http import client
from bailiwick_retrieval.settings import GitSettings
from bailiwick_retrieval.upstream.wire import Sign, translated

IN_MEMORY = 8_000_000
"""Answers longer than that lie in a file while they are read."""
MOST_PACKS = 64
"""Every fetch adds a pack; with more of them the clone is made anew."""
DAMAGED = (
    *(ApplyDeltaError, ChecksumMismatch, FileFormatException, NotGitRepository),
    *(KeyError, IndexError, struct.error, zlib.error),
)
"""What dulwich raises for a repository whose files are damaged or cut off."""
OURS = Ref(b"refs/heads/bailiwick")
Refs = Mapping[Any, Any]


@dataclass(slots=True)
class _Answer:
    """What dulwich wants of an answer."""

    body: "SpooledTemporaryFile[bytes]"
    content_type: str
    redirect_location: str = ""
    status: int = 200

    def close(self) -> None:
        """Let go of the body."""
        self.body.close()


@dataclass(frozen=True, slots=True)
class Remote:
    """Where the repository is, and how it is asked."""

    name: str
    settings: GitSettings
    sign: Sign

    @property
    def system(self) -> str:
        """Name it in an error."""
        return f"the Git server of collection {self.name}"

    @property
    def base(self) -> str:
        """Its URL, with a slash at the end."""
        return self.settings.url.rstrip("/") + "/"

    def wired(self) -> httpx.AsyncClient:
        """Make the connection; whoever gets it closes it."""
        trust = self.settings
        return client(trust.ca_file, auth=self.sign, unsafe_skip_tls=trust.unsafe_skip_tls)


class Client(AbstractHttpGitClient):
    """dulwich's client over our wire."""

    def __init__(self, remote: Remote, wired: httpx.AsyncClient, most_bytes: int) -> None:
        # A server that leaves large files out may not send what builds on them.
        super().__init__(remote.base, thin_packs=False, quiet=True)
        self._remote = remote
        self._wired = wired
        self.most_bytes = most_bytes

    @staticmethod
    def _warn_filter_objects() -> None:
        """Say nothing: a server that cannot leave large files out sends them."""

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,
    ) -> tuple[Any, Callable[[int], bytes]]:
        if not url.startswith(self._remote.base):
            # A server may name other addresses of packs; the credential is not for them.
            raise Rejected(f"{self._remote.system} points to another address")
        body = data if data is None or isinstance(data, bytes) else b"".join(data)
        answer: _Answer = wait(self._sent, url, headers or {}, body)
        return answer, answer.body.read

    async def _sent(self, url: str, headers: Mapping[str, str], body: bytes | None) -> _Answer:
        remote, seconds = self._remote, self._remote.settings.seconds
        request = self._wired.build_request(
            "GET" if body is None else "POST",
            url,
            content=body,
            headers={**headers, "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(10, read=seconds),
        )
        with translated(remote.system):
            response = await self._wired.send(request, stream=True)
            try:
                _refuse(remote.system, response)
                return await self._spooled(response)
            finally:
                await response.aclose()

    async def _spooled(self, response: httpx.Response) -> _Answer:
        most, kept = int(self._remote.settings.most_mb * 1e6), 0
        with ExitStack() as unfinished:
            spool = unfinished.enter_context(SpooledTemporaryFile[bytes](IN_MEMORY))
            async for chunk in response.aiter_bytes():
                kept += len(chunk)
                if kept > most:
                    raise Unreadable(f"{self._remote.system} sent more than {most} bytes")
                spool.write(chunk)
            spool.seek(0)
            unfinished.pop_all()  # whoever reads the answer closes it
        return _Answer(spool, response.headers.get("content-type", ""))


def _refuse(system: str, response: httpx.Response) -> None:
    """Raise where an answer is none of a Git server."""
    status, detail = response.status_code, f"{response.status_code} {response.url}"
    if status >= 500 or status == 429:
        raise Unavailable(f"{system} is failing ({status})", detail=detail)
    if status in (401, 403):
        said = f"{system} refused the request ({status}): its credential does not allow this"
        raise Forbidden(said, detail=detail)
    if status >= 300:
        more = "; write the URL as it redirects to" if status < 400 else ""
        raise Rejected(f"{system} has no repository there ({status}){more}", detail=detail)
    if not response.headers.get("content-type", "").startswith("application/x-git-"):
        # A page to log in, or a web server without Git: what it says is not to be parsed.
        raise Unreadable(f"{system} does not speak Git's protocol there", detail=detail)


async def fetched(remote: Remote, at: Path, most_bytes: int, run: Callable[..., Any]) -> None:
    """Bring the clone up to date, without larger files; `run` runs something in a thread."""
    async with remote.wired() as wired:
        await run(_fetch, remote, at, Client(remote, wired, most_bytes))


def _fetch(remote: Remote, at: Path, git: Client) -> None:
    at.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(remote.name, at.with_name(f"{at.name}.lock")):
        if at.exists() and not _spent(at):
            # A damaged clone costs a new one, and nobody's attention.
            with suppress(*DAMAGED):
                _update(remote, at, git)
                return
        # Made beside it and moved when it is whole: what breaks off leaves no half a clone.
        new = at.with_name(f"{at.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        Repo.init_bare(new, mkdir=True).close()
        _update(remote, new, git)
        shutil.rmtree(at, ignore_errors=True)
        new.rename(at)


def _spent(at: Path) -> bool:
    return len(list((at / "objects" / "pack").glob("*.pack"))) > MOST_PACKS


def _update(remote: Remote, at: Path, git: Client) -> None:
    with Repo(str(at)) as repo:
        depth = None if remote.settings.history else 1
        try:
            tip = _into(repo, remote, git, depth)
        except GitProtocolError as error:
            if depth is None or "shallow" not in str(error):
                raise
            tip = _into(repo, remote, git, None)
        repo.refs[OURS] = tip


def _into(repo: Repo, remote: Remote, git: Client, depth: int | None) -> ObjectID:
    branch = remote.settings.branch
    wanted = Ref(f"refs/heads/{branch}".encode()) if branch else Ref(b"HEAD")
    tips: list[ObjectID] = []

    def wants(refs: Refs, depth: int | None = None) -> list[ObjectID]:
        del depth
        tip = refs.get(wanted)
        if tip is None:
            raise Rejected(f"{remote.system} has no branch {branch or 'that HEAD names'}")
        tips.append(tip)
        return [] if tip in repo.object_store else [tip]

    left_out = f"blob:limit={git.most_bytes + 1}".encode()
    git.fetch("", repo, wants, depth=depth, ref_prefix=[wanted], filter_spec=left_out)
    return tips[-1]


@contextmanager
def alone(name: str, lock: Path) -> Generator[None]:
    """Keep other processes, and a thread of ours that was given up, away from the clone."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Unavailable(f"the clone of collection {name} is being fetched") from error
    try:
        yield
    finally:
        os.close(descriptor)
