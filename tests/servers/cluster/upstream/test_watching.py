"""Watches line by line: cut anywhere, too long, expired, or nothing at all."""

from contextlib import aclosing, nullcontext
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from bailiwick.errors import Forbidden, Rejected, Unavailable, Unreadable
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.upstream import Target
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from bailiwick_cluster.upstream.watching import (
    MOST_LINE,
    Event,
    Lines,
    Lost,
    Version,
    events,
    read,
    version,
    versions,
)
from tests.parts.api import behalf
from tests.parts.followed import CUT, END, Api, error, followed, line, mark

pytestmark = pytest.mark.anyio
WEB = Target(BUILTIN["Deployment"], "shop")


@given(some.lists(some.binary(max_size=30).map(lambda b: b.replace(b"\n", b"")), max_size=8),
       some.integers(1, 40))  # fmt: skip
def test_wherever_pieces_end_lines_are_the_same(lines: list[bytes], size: int) -> None:
    sent = b"".join(each + b"\n" for each in lines)
    made = Lines()
    pieces = [sent[n : n + size] for n in range(0, len(sent), size)]
    got = [each for piece in pieces for each in made.feed(piece)]
    assert got == [each for each in lines if each.strip()]


def test_what_is_not_whole_is_no_line() -> None:
    made = Lines()
    assert list(made.feed(b'{"a":1}\n{"b"')) == [b'{"a":1}']
    assert list(made.feed(b"")) == []


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_that_is_too_long_is_not_kept(end: bytes) -> None:
    made = Lines(most=100)
    assert list(made.feed(b"x" * 100)) == []
    with pytest.raises(Lost):
        list(made.feed(b"x" + end))


@pytest.mark.parametrize(
    "said",
    [
        b"<html>", b"[]", b"null", b"3", b'"x"', b"{}", b'{"type":"NEWS"}', b'{"type":7}',
        b'{"type":"ERROR","object":{"code":410}}', b'{"type":"ERROR","object":null}', b"\xff\xfe",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_reason_to_list_anew(said: bytes) -> None:
    with pytest.raises(Lost):
        read(said)


@pytest.mark.parametrize("about", [None, [], "x", {"name": 7}, {"uid": None}])
def test_an_event_of_any_shape_does_not_raise(about: object) -> None:
    event = read(orjson.dumps({"type": "ADDED", "object": {"metadata": about}}))
    assert event == Event("ADDED", "", Version("", ""))


def test_a_bookmark_names_nothing() -> None:
    assert read(mark(9)) == Event("BOOKMARK", "", Version("", "9"))


async def told(clusters: KubernetesClusters) -> list[Event]:
    """Return all events of one watch."""
    async with clusters.named("eu", behalf()) as eu:
        async with aclosing(events(eu, WEB, "100", 60)) as each:
            return [event async for event in each]


async def scripted(folder: Path, *chunks: bytes) -> tuple[list[Event], Api]:
    """Watch an API that sends these pieces and ends."""
    async with followed(folder) as (api, clusters):
        api.script = [*chunks, END]
        return await told(clusters), api


async def test_a_watch_tells_names_and_versions(tmp_path: Path) -> None:
    found, api = await scripted(
        tmp_path, line("ADDED", "web", 101), mark(105), line("DELETED", "db", 106, "u2")
    )
    assert found == [
        Event("ADDED", "web", Version("u1", "101")),
        Event("BOOKMARK", "", Version("", "105")),
        Event("DELETED", "db", Version("u2", "106")),
    ]
    (stream,) = api.streams
    asked = dict(stream.asked.query)
    assert asked == {
        "watch": "1",
        "resourceVersion": "100",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "60",
    }
    assert stream.asked.path == "/apis/apps/v1/namespaces/shop/deployments"
    assert stream.asked.headers["Accept"].startswith("application/json;as=PartialObjectMetadata;")
    assert stream.asked.headers["Impersonate-User"] == "oidc:ana"


@pytest.mark.parametrize("end", [END, CUT])
async def test_what_was_cut_in_the_middle_is_not_told(tmp_path: Path, end: bytes) -> None:
    found: list[str] = []
    async with followed(tmp_path) as (api, clusters), clusters.named("eu", behalf()) as eu:
        api.script = [line("ADDED", "web", 101), line("MODIFIED", "web", 102)[:20], end]
        with nullcontext() if end == END else pytest.raises(Unavailable):
            async with aclosing(events(eu, WEB, "100", 60)) as each:
                async for event in each:
                    found += [event.version.at]
    assert found == ["101"]


async def test_pieces_are_put_together(tmp_path: Path) -> None:
    whole = line("ADDED", "web", 101, labels={"a": "x" * 5_000})
    found, _ = await scripted(tmp_path, *[whole[n : n + 999] for n in range(0, len(whole), 999)])
    assert found == [Event("ADDED", "web", Version("u1", "101"))]


async def test_a_megabyte_is_taken_and_more_is_not(tmp_path: Path) -> None:
    most = MOST_LINE - 200
    found, _ = await scripted(tmp_path, line("ADDED", "web", 101, annotations={"a": "x" * most}))
    assert len(found) == 1
    with pytest.raises(Lost):
        await scripted(tmp_path, line("ADDED", "web", 101, annotations={"a": "x" * MOST_LINE}))


@pytest.mark.parametrize("code", [410, 500, 504])
async def test_an_error_in_the_stream_ends_it(tmp_path: Path, code: int) -> None:
    with pytest.raises(Lost):
        await scripted(tmp_path, line("ADDED", "web", 101), error(code))


@pytest.mark.parametrize(
    ("status", "raised"),
    [(410, Lost), (403, Forbidden), (401, Forbidden), (404, Rejected), (503, Unavailable)],
)
async def test_a_watch_that_is_refused(
    tmp_path: Path, status: int, raised: type[Exception]
) -> None:
    async with followed(tmp_path) as (api, clusters):
        api.status = status
        with pytest.raises(raised):
            await told(clusters)


async def test_versions_of_what_is_asked_for(tmp_path: Path) -> None:
    async with followed(tmp_path) as (api, clusters), clusters.named("eu", behalf()) as eu:
        api.objects |= {f"n{n:04}": (f"x{n}", n) for n in range(1_200)}
        found, at = await versions(eu, WEB, {"web", "db", "nothing"})
        assert found == {"web": Version("u1", "7"), "db": Version("u2", "8")}
        assert at == "100"
        assert len(api.lists) == 3, "all pages"
        assert (await versions(eu, WEB, {"db"}))[0] == {"db": Version("u2", "8")}
        assert api.lists[-1].query["fieldSelector"] == "metadata.name=db"
        assert (await versions(eu, WEB, {"nothing"}))[0] == {}


async def test_a_list_whose_position_expires_is_lost(tmp_path: Path) -> None:
    async with followed(tmp_path) as (api, clusters), clusters.named("eu", behalf()) as eu:
        api.list_status = 410
        with pytest.raises(Lost):
            await versions(eu, WEB, {"web", "db"})


async def test_one_version(tmp_path: Path) -> None:
    async with followed(tmp_path) as (api, clusters), clusters.named("eu", behalf()) as eu:
        assert await version(eu, BUILTIN["Deployment"], "shop", "web") == Version("u1", "7")
        assert "as=PartialObjectMetadata" in api.looks[0].headers["Accept"]
        with pytest.raises(Rejected):
            await version(eu, BUILTIN["Deployment"], "shop", "nothing")


async def test_an_answer_that_is_none_is_unreadable(tmp_path: Path) -> None:
    async with followed(tmp_path) as (api, clusters), clusters.named("eu", behalf()) as eu:
        api.garbage = b"<html>hello"
        with pytest.raises(Unreadable):
            await versions(eu, WEB, {"web"})
