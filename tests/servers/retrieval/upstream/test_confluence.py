"""The client of Confluence, against the double that speaks its public contract over HTTPS."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.responses import JSONResponse, Response

from bailiwick.errors import (
    BadConfig,
    Forbidden,
    Moved,
    Rejected,
    Unavailable,
    Unreadable,
    UpstreamError,
)
from bailiwick_retrieval.models.sources import Entry, Gone
from bailiwick_retrieval.parsing.formats import STORAGE
from bailiwick_retrieval.settings import ConfluenceSettings
from bailiwick_retrieval.upstream import confluence
from bailiwick_retrieval.upstream.confluence import Confluence
from practice.confluence.accounts import ACCOUNTS
from practice.confluence.app import Double, build
from practice.confluence.faults import Fault, Kind
from practice.confluence.library import Library
from practice.incident import Clock
from practice.pki import Authority
from practice.ports import free
from tests.servers.retrieval.upstream.listening import listening
from tests.servers.retrieval.upstream.trees import listed

pytestmark = pytest.mark.anyio
CLOCK = Clock.at(datetime(2025, 3, 4, 12, 0, tzinfo=UTC))
HOME = "Operations home"


class Wiki:
    """The double behind its socket, or what a test puts in its place."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.double = Double(Library.of(CLOCK), url)
        self.instead: Any = None
        self._app = build(self.double)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await (self.instead or self._app)(scope, receive, send)

    def reset(self) -> None:
        self.double.library.pages = Library.of(CLOCK).pages
        self.double.faults.clear()
        self.instead = None

    def wrong(self, kind: Kind, times: int = 1, match: str = "", seconds: float = 0) -> None:
        fault = Fault(kind=kind, times=times, match=match, seconds=seconds)
        self.double.faults.left.append(fault)

    def restrict(self, number: str, users: list[str] | None = None, *groups: str) -> None:
        readers = {"users": users or [], "groups": list(groups)}
        self.double.library.change(number, {"readers": readers})


@pytest.fixture(scope="module")
def standing(authority: Authority) -> Iterator[Wiki]:
    port = free(1)[0]
    wiki = Wiki(f"https://127.0.0.1:{port}")
    with listening(wiki, authority, port):
        yield wiki


@pytest.fixture
def wiki(standing: Wiki) -> Wiki:
    standing.reset()
    return standing


Opened = Callable[..., Confluence]


@pytest.fixture
async def opened(wiki: Wiki, authority: Authority, tmp_path: Path) -> AsyncIterator[Opened]:
    """Open the double as a source; all are closed when the test ends."""
    file = tmp_path / "token"
    file.write_text(ACCOUNTS["bailiwick"].token)
    made: list[Confluence] = []

    def opened(sleep: Any = anyio.sleep, **more: object) -> Confluence:
        said = {"kind": "confluence", "url": wiki.url, "space": "OPS", "credential_file": file}
        said |= {"ca_file": authority.ca_file, "user_prefix": "corp/", **more}
        settings = ConfluenceSettings.model_validate(said)
        made.append(Confluence("wiki", settings, most_bytes=5_000, sleep=sleep))
        return made[-1]

    yield opened
    for each in made:
        await each.close()


async def entries(made: Confluence) -> dict[str, Entry]:
    found, problems = await listed(made)
    assert not problems
    return {
        path.rpartition("~")[2].removesuffix(".confluence"): each for path, each in found.items()
    }


async def test_the_pages_of_a_space(wiki: Wiki, opened: Opened) -> None:
    found = await entries(opened())
    assert len(found) == 11
    page = found["10003"]
    assert page.path == f"{HOME}/Runbooks/Checkout: latency~10003.confluence"
    assert page.revision == "7"
    assert page.tags == ("runbook", "checkout", "ShopCheckoutLatencyHigh")
    assert page.updated == CLOCK.now.timestamp() - 12 * 86_400
    assert page.url.startswith(f"{wiki.url}/display/OPS/Checkout")
    assert found["10004"].path.endswith("/Cart _ sessions~10004.confluence")
    assert found["10009"].path == f"{HOME}/_.NET services~10009.confluence"


async def test_paging_gives_each_page_once(
    wiki: Wiki, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await entries(opened())
    for limit in (1, 4, 10, 11):
        monkeypatch.setattr(confluence, "LIMIT", limit)
        assert await entries(opened()) == whole


async def test_all_levels_have_to_allow_a_reader(opened: Opened) -> None:
    found = await entries(opened())
    readers = {number: each.readers for number, each in found.items() if each.readers is not None}
    assert readers == {
        "10005": {"sre", "lead"},
        "10006": {"lead"},
        # Nobody is named at both levels, although ana is in `sre`: stricter than Confluence.
        "10007": frozenset(),
        "10008": frozenset(),
    }


async def test_names_of_one_level_that_the_other_names_too(wiki: Wiki, opened: Opened) -> None:
    wiki.restrict("10005", ["ana", "bo"], "lead")
    wiki.restrict("10006", ["bo", "eve"], "lead", "sre")
    found = await entries(opened(group_prefix="wiki-"))
    assert found["10005"].readers == {"user:corp/ana", "user:corp/bo", "wiki-lead"}
    assert found["10006"].readers == {"user:corp/bo", "wiki-lead"}
    assert found["10008"].readers == {"user:corp/bo"}


async def test_no_group_is_everybody_or_a_user(wiki: Wiki, opened: Opened) -> None:
    wiki.restrict("10003", [], "*", "user:corp/eve", "")
    wiki.restrict("10004", [], "*", "sre")
    found = await entries(opened())
    assert found["10003"].readers == frozenset()
    assert found["10004"].readers == {"sre"}


async def test_a_restriction_changes_the_fingerprint(wiki: Wiki, opened: Opened) -> None:
    before = await entries(opened())
    wiki.restrict("10001", [], "sre")
    wiki.double.library.change("10003", {"body": "<p>new</p>"})
    after = await entries(opened())
    assert all(
        after[number].fingerprint != before[number].fingerprint for number in ("10002", "10003")
    )
    assert after["10003"].revision == "8"
    assert after["10006"].readers == frozenset()


async def test_pages_above_that_come_without_their_restrictions(wiki: Wiki, opened: Opened) -> None:
    whole = await entries(opened())
    wiki.wrong("bare", times=100, match="/content$")
    assert await entries(opened()) == whole
    wiki.double.faults.clear()
    wiki.wrong("bare", times=1, match="/content$")
    wiki.wrong("forbidden", times=100, match="/content/10005")
    found, problems = await listed(opened())
    closed = {path for path in found if "On-call/" in path}
    assert len(closed) == 3
    assert all(found[path].readers == frozenset() for path in closed)
    assert set(problems) == closed


async def test_more_names_than_are_told(wiki: Wiki, opened: Opened) -> None:
    wiki.restrict("10003", [f"user{number}" for number in range(250)])
    found, problems = await listed(opened())
    (path,) = problems
    readers = found[path].readers
    assert readers is not None
    assert len(readers) == 200


async def test_a_page_is_read_in_storage_format(wiki: Wiki, opened: Opened) -> None:
    made = opened()
    found, _ = await listed(made)
    entry = next(each for each in found.values() if "Checkout" in each.path)
    content = await made.read(entry, "")
    assert content is not None
    assert b"<![CDATA[kubectl -n shop logs" in content.data
    assert content.media_type == STORAGE
    assert content.title == "Checkout: latency"
    assert content.fingerprint == entry.fingerprint
    assert await made.read(entry, entry.fingerprint) is None
    wiki.double.library.change("10003", {"body": "<p>Zürich</p>"})
    newer = await made.read(entry, entry.fingerprint + "x")
    assert newer is not None
    assert newer.data == "<p>Zürich</p>".encode()
    assert newer.fingerprint != entry.fingerprint
    wiki.double.library.change("10003", {"body": "x" * 6_000})
    with pytest.raises(Unreadable, match="larger"):
        await made.read(entry, "")
    wiki.restrict("10002", [], "lead")
    with pytest.raises(Moved):
        await made.read(entry, "")
    wiki.double.library.delete("10003")
    with pytest.raises(Gone):
        await made.read(entry, "")
    with pytest.raises(UpstreamError):
        await made.read(Entry("../../x~../user.confluence", ""), "")


async def test_an_account_that_sees_less_lists_less(opened: Opened, tmp_path: Path) -> None:
    made = opened()
    file = tmp_path / "token"
    file.write_text(f"eve:{ACCOUNTS['eve'].token}")
    found = await entries(made)
    assert len(found) == 7


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("unavailable", Unavailable),
        ("forbidden", Forbidden),
        ("expired", Forbidden),
        ("login", Forbidden),
        ("html", Unreadable),
        ("truncated", Unreadable),
    ],
)
async def test_what_goes_wrong_is_said(
    wiki: Wiki, opened: Opened, kind: Kind, error: type[Exception]
) -> None:
    wiki.wrong(kind, times=9)
    made = opened()
    with pytest.raises(error) as raised:
        await listed(made)
    assert type(raised.value) is error


async def test_it_waits_as_long_as_it_is_told(wiki: Wiki, opened: Opened) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    wiki.wrong("busy", times=2, seconds=7)
    assert len(await entries(opened(sleep))) == 11
    assert waited == [7, 7]
    for seconds, waits in ((7, 2), (3_600, 0)):
        waited.clear()
        wiki.wrong("busy", times=3, seconds=seconds)
        made = opened(sleep)
        with pytest.raises(Unavailable):
            await listed(made)
        assert len(waited) == waits
        wiki.double.faults.clear()


async def test_a_space_that_is_not_there(opened: Opened) -> None:
    made = opened(space="NO")
    with pytest.raises(Rejected):
        await listed(made)


async def test_the_credential_goes_nowhere_else(wiki: Wiki, opened: Opened) -> None:
    pages: list[dict[str, Any]] = [
        {"results": [], "_links": {"next": "https://other.example/rest/api/content?start=50"}},
        {"results": [], "_links": {"base": "javascript:alert(1)"}},
    ]
    asked: list[str] = []

    async def instead(scope: Any, receive: Any, send: Any) -> None:
        asked.append(f"{scope['path']}?{scope['query_string'].decode()}")
        await JSONResponse(pages[len(asked) - 1])(scope, receive, send)

    wiki.instead = instead
    assert await entries(opened()) == {}
    assert len(asked) == 2
    assert all(each.startswith("/rest/api/content?spaceKey=OPS&") for each in asked)
    assert "start=50" in asked[1]


async def test_a_next_page_that_is_the_same_ends(wiki: Wiki, opened: Opened) -> None:
    body: dict[str, Any] = {"results": [], "_links": {"next": "/rest/api/content?start=0"}}
    wiki.instead = JSONResponse(body)
    assert await entries(opened()) == {}


async def test_pages_by_cursor(wiki: Wiki, opened: Opened) -> None:
    asked: list[str] = []

    async def instead(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["query_string"].decode())
        links = {"next": "/rest/api/content?next=true&cursor=abc%3D"} if len(asked) == 1 else {}
        await JSONResponse({"results": [], "_links": links})(scope, receive, send)

    wiki.instead = instead
    await entries(opened())
    assert "cursor=abc%3D" in asked[1]
    assert "start=" not in asked[1]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"results":[{"id":1}]}', b"\xff", b"null"])
async def test_nonsense_is_unreadable(wiki: Wiki, opened: Opened, body: bytes) -> None:
    wiki.instead = Response(body, media_type="application/json")
    made = opened()
    with pytest.raises(Unreadable):
        await listed(made)


@pytest.mark.parametrize(
    "url", ["http://wiki.example", "https://", "wiki", "https://a:b@c", "https://[x"]
)
async def test_an_address_that_is_none(opened: Opened, url: str) -> None:
    with pytest.raises(BadConfig):
        opened(url=url)
