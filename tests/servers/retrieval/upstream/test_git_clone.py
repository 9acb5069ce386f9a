"""A repository behind HTTPS: fetched by depth, then only what is new, and never from elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from dulwich.repo import Repo

from bailiwick.errors import Forbidden, Rejected, Unavailable, Unreadable
from bailiwick_retrieval.models.sources import Source
from bailiwick_retrieval.settings import GitSettings
from bailiwick_retrieval.upstream import git_clone
from bailiwick_retrieval.upstream.opening import source
from practice.pki import Authority, found
from tests.servers.retrieval.upstream.repositories import Made, Served, serving
from tests.servers.retrieval.upstream.trees import data, listed

pytestmark = pytest.mark.anyio
Start = Callable[..., Any]
Environ = Mapping[str, Any]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    made = Made.at(tmp_path / "remote.git")
    yield made
    made.repo.close()


@pytest.fixture
def served(made: Made, authority: Authority) -> Iterator[Served]:
    with serving(made.repo, authority) as served:
        yield served


@pytest.fixture
def opened(tmp_path: Path, served: Served, authority: Authority) -> Callable[..., Source]:
    def opened(**more: object) -> Source:
        said = {"kind": "git", "url": served.url, "ca_file": authority.ca_file, "seconds": 20}
        settings = GitSettings.model_validate({**said, **more})
        return source("docs", settings, tmp_path / "state", most_bytes=1_000)

    return opened


def clone(tmp_path: Path) -> Path:
    return tmp_path / "state/retrieval/git/docs"


def packs(tmp_path: Path) -> int:
    return len(list((clone(tmp_path) / "objects/pack").glob("*.pack")))


def commits(tmp_path: Path) -> int:
    with Repo(str(clone(tmp_path))) as repo:
        return sum(1 for sha in repo.object_store if repo[sha].type_name == b"commit")


async def test_the_tip_is_fetched_and_then_what_is_new(
    tmp_path: Path, made: Made, served: Served, opened: Callable[..., Source]
) -> None:
    one = made.commit({"a.md": "1", "b.md": "1"})
    two = made.commit({"a.md": "1", "b.md": "2"}, one)
    git = opened()
    first, problems = await listed(git)
    assert not problems
    assert {path: each.revision.encode() for path, each in first.items()} == {
        "a.md": two,
        "b.md": two,
    }
    assert await data(git, first["b.md"]) == b"2"
    assert commits(tmp_path) == 1

    three = made.commit({"a.md": "1", "b.md": "3"}, two)
    second, _ = await listed(git)
    assert second["a.md"] == first["a.md"]
    assert second["b.md"].revision.encode() == three
    assert second["b.md"].updated == made.now
    assert await data(git, second["b.md"]) == b"3"

    before, asked = packs(tmp_path), len(served.asked)
    assert (await listed(git))[0] == second
    assert packs(tmp_path) == before
    fetches = [path for _, path, _ in served.asked[asked:] if path.endswith("git-upload-pack")]
    assert len(fetches) <= 1
    await git.close()


async def test_the_whole_history_if_it_is_wanted(
    tmp_path: Path, made: Made, opened: Callable[..., Source]
) -> None:
    one = made.commit({"a.md": "1", "b.md": "1"})
    made.commit({"a.md": "1", "b.md": "2"}, one)
    git = opened(history=True)
    entries, _ = await listed(git)
    assert entries["a.md"].revision.encode() == one
    assert entries["a.md"].updated == made.now - 3_600
    assert commits(tmp_path) == 2
    await git.close()


async def test_a_history_that_was_rewritten(made: Made, opened: Callable[..., Source]) -> None:
    made.commit({"a.md": "1"})
    git = opened()
    await listed(git)
    made.commit({"a.md": "2", "b.md": "new"})
    entries, _ = await listed(git)
    assert sorted(entries) == ["a.md", "b.md"]
    assert await data(git, entries["a.md"]) == b"2"
    await git.close()


async def test_another_branch(made: Made, opened: Callable[..., Source]) -> None:
    made.commit({"a.md": "1"})
    made.commit({"b.md": "1"}, branch="side")
    git = opened(branch="side")
    assert list((await listed(git))[0]) == ["b.md"]
    await git.close()
    for git in (opened(branch="nothing"), opened(folder="nothing")):
        with pytest.raises(Rejected):
            await listed(git)
        await git.close()


async def test_a_repository_without_a_commit(opened: Callable[..., Source]) -> None:
    with pytest.raises(Rejected):
        await listed(opened())


async def test_the_credential_is_read_again(
    tmp_path: Path, made: Made, served: Served, opened: Callable[..., Source]
) -> None:
    made.commit({"a.md": "1"})
    file = tmp_path / "credential"
    file.write_text("ana:old\n")
    served.token = "Basic YW5hOm5ldw=="
    git = opened(credential_file=file)
    with pytest.raises(Forbidden) as refused:
        await listed(git)
    assert "old" not in f"{refused.value} {refused.value.detail}"
    file.write_text("ana:new\n")
    assert list((await listed(git))[0]) == ["a.md"]
    file.write_text("token-without-a-user")
    with pytest.raises(Forbidden):
        await listed(git)
    assert served.asked[-1][2] == "Bearer token-without-a-user"
    await git.close()


async def test_a_certificate_of_somebody_else(
    tmp_path: Path, made: Made, served: Served, opened: Callable[..., Source]
) -> None:
    made.commit({"a.md": "1"})
    other = found(tmp_path / "other")
    with pytest.raises(Unavailable, match="certificate"):
        await listed(opened(ca_file=other.ca_file))
    assert not served.asked
    git = opened(ca_file=other.ca_file, unsafe_skip_tls=True)
    assert list((await listed(git))[0]) == ["a.md"]
    await git.close()


def answer(status: str, kind: str, body: bytes = b"", **headers: str) -> Any:
    def instead(_: Environ, start: Start) -> Iterable[bytes]:
        start(status, [("Content-Type", kind), *headers.items()])
        return [body]

    return instead


ADVERTISED = "application/x-git-upload-pack-advertisement"


@pytest.mark.parametrize(
    ("instead", "error"),
    [
        (answer("404 Not Found", "text/html"), Rejected),
        (answer("302 Found", "text/html", Location="https://127.0.0.1:1/x"), Rejected),
        (answer("403 Forbidden", "text/html"), Forbidden),
        (answer("429 Too Many Requests", "text/html"), Unavailable),
        (answer("503 Service Unavailable", "text/html"), Unavailable),
        (answer("200 OK", "text/html", b"<html>log in</html>"), Unreadable),
        (answer("200 OK", "text/plain", b"0" * 40 + b"\trefs/heads/main\n"), Unreadable),
        (answer("200 OK", ADVERTISED, b"zzzz"), Unreadable),
        (answer("200 OK", ADVERTISED, b"0040# service"), Unreadable),
        (answer("200 OK", ADVERTISED, b""), Unreadable),
        (answer("200 OK", ADVERTISED, b"000eversion 9\n0000"), Unreadable),
    ],
)
async def test_what_is_no_answer_of_git(
    made: Made, served: Served, opened: Callable[..., Source], instead: Any, error: type[Exception]
) -> None:
    made.commit({"a.md": "1"})
    served.instead = instead
    git = opened()
    with pytest.raises(error) as raised:
        await listed(git)
    assert type(raised.value) is error
    served.instead = None
    assert list((await listed(git))[0]) == ["a.md"]
    await git.close()


async def test_a_pack_that_breaks_off_leaves_what_there_was(
    tmp_path: Path, made: Made, served: Served, opened: Callable[..., Source]
) -> None:
    one = made.commit({"a.md": "1"})

    def broken(environ: Environ, start: Start) -> Iterable[bytes] | None:
        if not environ["PATH_INFO"].endswith("git-upload-pack"):
            return None
        start("200 OK", [("Content-Type", "application/x-git-upload-pack-result")])
        return [b"0008NAK\n0025\x01PACK\x00\x00\x00\x02\x00\x00\x00\x03" + b"\0" * 20]

    served.instead = broken
    git = opened()
    with pytest.raises(Unreadable):
        await listed(git)
    assert not clone(tmp_path).exists()
    served.instead = None
    assert list((await listed(git))[0]) == ["a.md"]
    made.commit({"a.md": "2"}, one)
    served.instead = broken
    with pytest.raises(Unreadable):
        await listed(git)
    served.instead = None
    entries, _ = await listed(git)
    assert await data(git, entries["a.md"]) == b"2"
    await git.close()


async def test_a_clone_that_is_damaged_is_made_anew(
    tmp_path: Path, made: Made, opened: Callable[..., Source]
) -> None:
    one = made.commit({"a.md": "1"})
    git = opened()
    await listed(git)
    await git.close()
    spoil(clone(tmp_path))
    made.commit({"a.md": "2"}, one)
    entries, _ = await listed(git)
    assert await data(git, entries["a.md"]) == b"2"
    await git.close()


def spoil(at: Path) -> None:
    for each in (at / "objects/pack").iterdir():
        each.chmod(0o600)
        each.write_bytes(b"nonsense")


async def test_many_packs_become_one_clone(
    tmp_path: Path, made: Made, opened: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_clone, "MOST_PACKS", 3)
    git = opened()
    last = made.commit({"a.md": "0", "same.md": "same"})
    first = (await listed(git))[0]["same.md"]
    for text in range(1, 7):
        last = made.commit({"a.md": str(text), "same.md": "same"}, last)
        entries, _ = await listed(git)
        assert entries["same.md"] == first
        assert await data(git, entries["a.md"]) == str(text).encode()
        assert packs(tmp_path) <= 4
    await git.close()


async def test_a_fetch_that_is_too_large_ends(made: Made, opened: Callable[..., Source]) -> None:
    made.commit({"a.md": "x" * 900})
    with pytest.raises(Unreadable, match="more than"):
        await listed(opened(most_mb=0.0001))


async def test_a_server_that_hangs_ends_with_the_deadline(
    made: Made, served: Served, opened: Callable[..., Source]
) -> None:
    made.commit({"a.md": "1"})
    released = served.hold()
    with pytest.raises(Unavailable):
        await listed(opened(seconds=0.3))
    released.set()


async def test_two_processes_do_not_fetch_at_once(
    tmp_path: Path, made: Made, opened: Callable[..., Source]
) -> None:
    made.commit({"a.md": "1"})
    git = opened()
    await listed(git)
    with git_clone.alone("docs", clone(tmp_path).with_name("docs.lock")):
        with pytest.raises(Unavailable, match="being fetched"):
            await listed(git)
    await git.close()


async def test_a_server_without_depth_sends_all(
    tmp_path: Path, made: Made, opened: Callable[..., Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made.commit({"a.md": "1"})
    made.commit({"a.md": "2"}, one)
    real = git_clone.Client.fetch_pack
    depths: list[object] = []

    def refusing(self: Any, *arguments: Any, **named: Any) -> Any:
        depths.append(named.get("depth"))
        if named.get("depth"):
            raise git_clone.GitProtocolError("server does not support shallow capability")
        return real(self, *arguments, **named)

    monkeypatch.setattr(git_clone.Client, "fetch_pack", refusing)
    git = opened()
    assert list((await listed(git))[0]) == ["a.md"]
    assert depths == [1, None]
    assert commits(tmp_path) == 2
    await git.close()


def test_packs_from_elsewhere_are_refused(authority: Authority) -> None:
    settings = GitSettings(kind="git", url="https://git.example/docs", ca_file=authority.ca_file)
    remote = git_clone.Remote("docs", settings, lambda request: request)
    client = git_clone.Client(remote, remote.wired(), 1)
    for url in ("https://other.example/pack", "https://git.example/docs-other/x"):
        with pytest.raises(Rejected):
            client._http_request(url)  # pyright: ignore[reportPrivateUsage] - dulwich calls it
