"""Git repositories as tests need them: written with dulwich, served by it over HTTPS."""

import ssl
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo
from dulwich.server import DictBackend, UploadPackHandler
from dulwich.web import make_wsgi_chain

from practice.pki import Authority

FILE, LINK, FOLDER, MODULE = 0o100644, 0o120000, 0o040000, 0o160000
Files = Mapping[bytes | str, bytes | str | tuple[int, bytes | str]]


@dataclass
class Made:
    """A repository that tests write."""

    repo: Repo
    now: int = 1_700_000_000

    @classmethod
    def at(cls, path: Path) -> "Made":
        path.mkdir(parents=True)
        return cls(Repo.init_bare(str(path)))

    @property
    def path(self) -> str:
        return self.repo.path

    def commit(
        self, files: Files, *parents: ObjectID, branch: str = "main", after: int = 3_600
    ) -> ObjectID:
        """Commit all files as they are given, an hour after the last commit."""
        made = Commit()
        made.tree = self.tree(files)
        made.parents = list(parents)
        made.author = made.committer = b"ana <ana@practice.example>"
        self.now += after
        made.author_time = made.commit_time = self.now
        made.author_timezone = made.commit_timezone = 0
        made.message = b"changed"
        self.repo.object_store.add_object(made)
        self.repo.refs[Ref(f"refs/heads/{branch}".encode())] = made.id
        self.repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/main"))
        return made.id

    def tree(self, files: Files) -> ObjectID:
        folders: dict[bytes, dict[bytes | str, Any]] = {}
        tree = Tree()
        for path, said in files.items():
            raw = path.encode() if isinstance(path, str) else path
            first, slash, rest = raw.partition(b"/")
            if slash:
                folders.setdefault(first, {})[rest] = said
                continue
            mode, text = said if isinstance(said, tuple) else (FILE, said)
            text = text.encode() if isinstance(text, str) else text
            tree.add(raw, mode, ObjectID(text) if mode in (MODULE, FOLDER) else self.blob(text))
        for name, inside in folders.items():
            tree.add(name, FOLDER, self.tree(inside))
        self.repo.object_store.add_object(tree)
        return tree.id

    def blob(self, text: bytes) -> ObjectID:
        blob = Blob.from_string(text)
        self.repo.object_store.add_object(blob)
        return blob.id


@dataclass
class Served:
    """A repository behind HTTPS, what was asked of it, and what is done instead of answering."""

    url: str
    asked: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    instead: Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes] | None] | None = None
    token: str = ""

    def hold(self) -> threading.Event:
        """Answer nothing before the event is set."""
        released = threading.Event()

        def wait(_: Mapping[str, Any], __: Callable[..., Any]) -> None:
            released.wait(10)

        self.instead = wait
        return released


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        return


class _Server(WSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that break off are part of the tests."""


class _Pack(UploadPackHandler):
    """Asks for no capability that servers in the field do without."""

    @classmethod
    def required_capabilities(cls) -> tuple[bytes, ...]:
        return ()


@contextmanager
def serving(repo: Repo, authority: Authority) -> Generator[Served]:
    """Serve a repository at `/docs.git`."""
    served = Served("")
    git = make_wsgi_chain(DictBackend({"/docs.git": repo}), handlers={b"git-upload-pack": _Pack})

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        said = str(environ.get("HTTP_AUTHORIZATION", ""))
        served.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], said))
        if served.token and said != served.token:
            start("401 Unauthorized", [("WWW-Authenticate", "Basic")])
            return [b""]
        answer = served.instead(environ, start) if served.instead else None
        return git(environ, start) if answer is None else answer

    server = make_server("127.0.0.1", 0, app, server_class=_Server, handler_class=_Quiet)
    if not (authority.folder / "git.crt").exists():
        authority.issue("git", "git", names=("127.0.0.1",))
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(authority.folder / "git.crt", authority.folder / "git.key")
    server.socket = trust.wrap_socket(server.socket, server_side=True)
    served.url = f"https://127.0.0.1:{server.server_port}/docs.git"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
