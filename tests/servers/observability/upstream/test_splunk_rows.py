"""Rows out of pages and lines, wherever they are cut, and a flow that one may leave anywhere."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import anyio
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailiwick.errors import BadRequest, Unreadable
from bailiwick_observability.models.logs import Row
from bailiwick_observability.upstream.splunk_rows import Lines, Page, flow

pytestmark = pytest.mark.anyio
NASTY = ["},{", '"},{"', '":{}},{"a":[', "\\", '\\"', "]}", '},{"results":[', "é\u2028\U0001f600"]
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=20))
ROWS = st.lists(
    st.dictionaries(TEXTS, st.one_of(TEXTS, st.lists(TEXTS, max_size=3)), max_size=4), max_size=5
)


async def cut(body: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


def page_of(rows: Any, **more: Any) -> bytes:
    head = {"preview": False, "messages": [], "fields": [{"name": "a"}], **more}
    return orjson.dumps({**head, "results": rows, "highlighted": {}})


async def paged(body: bytes, size: int = 7) -> tuple[list[Row], Page]:
    page = Page("logs-eu", cut(body, size))
    return [row async for batch in page.batches() for row in batch], page


async def lined(body: bytes, size: int = 7) -> tuple[list[Row], Lines]:
    lines = Lines("logs-eu", cut(body, size))
    return [row async for batch in lines.batches() for row in batch], lines


# Pages


@settings(deadline=None, max_examples=150)
@given(rows=ROWS, size=st.integers(1, 40))
def test_rows_are_the_same_wherever_a_page_is_cut(rows: list[Any], size: int) -> None:
    found, page = anyio.run(paged, page_of(rows), size)
    assert found == rows
    assert page.rest["results"] == []
    assert page.rest["highlighted"] == {}


async def test_a_page_with_blanks_and_lines() -> None:
    body = (
        b'{ "messages" : [{"type":"WARN","text":"w"}],\n "results" :\n [ {"a":1} ,\n {"a":2}\n ] }'
    )
    found, page = await paged(body)
    assert found == [{"a": 1}, {"a": 2}]
    assert page.rest["messages"] == [{"type": "WARN", "text": "w"}]


async def test_rows_come_before_the_page_is_whole() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"results":[{"a":1},{"a":'
        raise AssertionError("more was asked for than the first row needs")

    async for batch in Page("logs-eu", chunks()).batches():
        assert batch == [{"a": 1}]
        break


async def test_a_long_row_costs_no_more_than_its_length() -> None:
    rows = [{"_raw": "},{" + "x" * 1_000_000}, {"_raw": '"' * 1_000_000}]
    with anyio.fail_after(5):
        found, _ = await paged(page_of(rows), 4_096)
    assert found == rows


async def test_many_values_that_look_like_ends_cost_no_more_than_their_length() -> None:
    rows = [{"a": [":b},{"] * 100_000}] * 2
    with anyio.fail_after(5):
        found, _ = await paged(page_of(rows), 65_536)
    assert found == rows


async def test_bytes_of_another_encoding_and_control_characters() -> None:
    found, _ = await paged(b'{"results":[{"a":"Stra\xdfe \x1b[31m"},{"a":"b"}]}', 5)
    assert found == [{"a": "Stra\ufffde \x1b[31m"}, {"a": "b"}]


async def test_answers_without_rows() -> None:
    assert (await paged(b""))[0] == []
    found, page = await paged(b'{"messages":[{"type":"INFO","text":"none"}]}')
    assert found == []
    assert page.rest["messages"][0]["text"] == "none"


@pytest.mark.parametrize(
    "body, said",
    [
        (b'{"results":[{"a":1},{"a":', "no whole JSON"),
        (b'{"results":[{"a":1}', "no whole JSON"),
        (b'{"results":[{"a":1}]', "no whole JSON"),
        (b"<html>", "a web page"),
        (b'{"results":[' + b'{"a":' * 200_000, "no whole JSON"),
        (b'{"x":"' + b"x" * 4_100_000, "no whole JSON"),
        (b'{"results":[{"a":"' + b"x" * 16_100_000, "more than 16000000"),
    ],
)
async def test_nonsense(body: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        await paged(body, 100_000)


# Lines


def line(row: Any, **more: Any) -> bytes:
    return orjson.dumps({"preview": False, "offset": 0, **more, "result": row}) + b"\n"


@settings(deadline=None, max_examples=100)
@given(rows=ROWS, size=st.integers(1, 40))
def test_rows_are_the_same_wherever_lines_are_cut(rows: list[Any], size: int) -> None:
    body = b"".join(map(line, rows)) + b'{"preview":false,"lastrow":true}\n'
    found, lines = anyio.run(lined, body, size)
    assert found == rows
    assert lines.ended


async def test_previews_are_left_out_and_messages_kept_once() -> None:
    said = [{"type": "WARN", "text": "a peer is away"}, {"type": "INFO", "text": "two"}]
    body = (
        line({"n": "1"}, preview=True, messages=said)
        + line({"n": "9"}, preview=True, lastrow=True)
        + b"\r\n"
        + line({"n": "2"}, messages=said)
    )
    found, lines = await lined(body)
    assert found == [{"n": "2"}]
    assert lines.messages == ["a peer is away", "two"]
    assert not lines.ended  # the preview's last row is not the last row


async def test_a_last_line_without_an_end_counts() -> None:
    found, lines = await lined(line({"n": "1"}, lastrow=True).rstrip())
    assert found == [{"n": "1"}]
    assert lines.ended


async def test_a_search_that_fails_on_the_way() -> None:
    body = line({"n": "1"}) + b'{"messages":[{"type":"FATAL","text":"out of disk"}]}\n'
    with pytest.raises(BadRequest, match="logs-eu says: out of disk"):
        await lined(body)


async def test_lines_of_another_encoding_and_long_ones() -> None:
    long = line({"_raw": "x" * 1_000_000})
    found, _ = await lined(b'{"result":{"a":"caf\xe9"}}\n' + long, 4_096)
    assert found[0] == {"a": "caf\ufffd"}
    assert len(found[1]["_raw"]) == 1_000_000


@pytest.mark.parametrize(
    "body, said",
    [
        (line({"a": "b"})[:-5], "a row that breaks off"),
        (b"<html>\n", "a web page"),
        (b"x" * 16_000_001, "more than 16000000 bytes"),
    ],
)
async def test_nonsense_in_lines(body: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        await lined(body, 1_000_000)


# The flow


class Source:
    def __init__(self) -> None:
        self.closed = False
        self.given = 0

    async def batches(self, error: Exception | None = None) -> AsyncGenerator[Sequence[Row]]:
        try:
            for n in range(100):
                with anyio.fail_after(5):
                    self.given += 1
                    yield [{"n": n}, {"n": n}]
                if error and n == 1:
                    raise error
        finally:
            self.closed = True


async def test_a_caller_may_stop_within_a_deadline_of_its_own() -> None:
    source = Source()
    async with flow(source.batches()) as rows:
        with anyio.fail_after(5):
            async for row in rows:
                assert row == {"n": 0}
                break
        await anyio.sleep(0.01)
        assert source.given <= 4  # it reads little ahead
    assert source.closed


async def read(batches: AsyncGenerator[Sequence[Row]], got: list[Row]) -> None:
    async with flow(batches) as rows:
        async for row in rows:
            got.append(row)  # noqa: PERF401 - what was got before an error is looked at


async def test_an_error_comes_after_the_rows_before_it() -> None:
    source = Source()
    got: list[Row] = []
    with pytest.raises(BadRequest, match="no"):
        await read(source.batches(BadRequest("no")), got)
    assert len(got) == 4
    assert source.closed


async def test_a_bug_and_the_callers_own_error_stay_what_they_are() -> None:
    with pytest.raises(KeyError):
        await read(Source().batches(KeyError("bug")), [])
    with pytest.raises(ZeroDivisionError):
        async with flow(Source().batches()):
            raise ZeroDivisionError


async def test_cancellation_passes_through() -> None:
    source = Source()
    with anyio.move_on_after(0.01) as scope:
        async with flow(source.batches()):
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert source.closed
