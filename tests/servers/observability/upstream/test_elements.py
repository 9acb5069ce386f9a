"""A long array read one element at a time: the same elements however the bytes were cut."""

# pyright: reportPrivateUsage=false

import json
import math
from collections.abc import AsyncIterator, Iterable
from itertools import pairwise
from typing import Any

import anyio
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import Unreadable
from bailiwick_observability.upstream.elements import Elements

pytestmark = pytest.mark.anyio
NASTY = st.sampled_from(
    [
        '},{"metric":', '"result":[', "\\", '"', "]}", "}]}", "{", '\\"},{', '","',
        "ü\u2028\U0001f600", "\x00",
    ]
)  # fmt: skip
TEXT = st.lists(st.one_of(NASTY, st.text(st.characters(codec="utf-8"), max_size=4)), max_size=4)
LABEL = TEXT.map("".join)
VALUE = st.one_of(
    st.sampled_from(["NaN", "+Inf", "-Inf", "0"]),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
)
POINT = st.tuples(st.floats(0, 1e10), VALUE).map(list)
GRAM = st.just([1.5, {"count": "3", "sum": "2", "buckets": [[0, "0", "1", "3"]]}])


def series(
    metric: dict[str, str], values: list[list[Any]], histograms: list[list[Any]]
) -> dict[str, Any]:
    """Write one as every server does: the labels first."""
    return {"metric": metric, "values": values, "histograms": histograms}


SERIES = st.builds(
    series,
    st.dictionaries(LABEL, LABEL, max_size=3),
    st.lists(POINT, max_size=3),
    st.lists(GRAM, max_size=2),
)
SPACES = st.sampled_from([None, 0, 1, 4])


async def arriving(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(chunks: Iterable[bytes]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    elements = Elements("prom", arriving(chunks))
    return [each async for each in elements.each()], elements.rest


def whole(result: Any, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": result}, **more}


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(raw) + 1) for place in places), len(raw)]
    return [raw[low:high] for low, high in pairwise(edges)]


@given(
    st.lists(SERIES, max_size=4),
    st.lists(LABEL, max_size=2),
    st.lists(st.integers(0, 10_000), max_size=8),
    SPACES,
    st.booleans(),
)
def test_wherever_it_is_cut_the_elements_are_the_same(
    every: list[dict[str, Any]],
    warnings: list[str],
    places: list[int],
    indent: int | None,
    escaped: bool,
) -> None:
    said = whole(every, warnings=warnings)
    raw = json.dumps(said, indent=indent, ensure_ascii=escaped).encode()
    found, rest = anyio.run(read, cut(raw, places))
    assert found == every
    assert rest == whole([], warnings=warnings)


async def test_byte_by_byte() -> None:
    every = [series({"a": '},{"metric":{"b":"c"}'}, [[1, "2"]], [])] * 3
    for indent in (None, 2):
        raw = json.dumps(whole(every), indent=indent).encode()
        found, rest = await read(bytes([byte]) for byte in raw)
        assert found == every
        assert rest == whole([])


@pytest.mark.parametrize("result", [[1.5, "4"], [1.5, "some text"], []], ids=str)
async def test_what_is_no_array_of_objects_is_left_as_it_is(result: list[Any]) -> None:
    found, rest = await read([orjson.dumps(whole(result))])
    assert found == []
    assert rest == whole(result)


async def test_an_answer_without_an_array() -> None:
    assert await read([b'{"status":"error","err', b'or":"no"}']) == (
        [],
        {"status": "error", "error": "no"},
    )
    assert await read([b"[1,2]"]) == ([], {})


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b'{"status":"success","data":{"resultType":"matrix","result":[',
        b'{"data":{"result":[{"metric":{},"values":[[1,"2"]]}',
        b'{"data":{"result":[{"metric":{},"values":[[1,"2"]]},{"metric":{"a":"b"',
        b'{"data":{"result":[{"metric":{},"values":[[1,"2"}}},{"metric":{}}]}}',
        b'{"data":{"result":[{"metric":{}}]}} and more',
        b'{"data":{"result":[{"metric":"\xff\xfe"}]}}',
        b'{"data":{"result":[' + b"[" * 50_000,
        b'{"data":{"result":[{"metric":' + b"[" * 50_000,
    ],
    ids=range(10),
)
async def test_what_is_not_whole_is_no_answer(raw: bytes) -> None:
    for chunks in ([raw], cut(raw, [len(raw) // 2])):
        with pytest.raises(Unreadable, match="prom sent no whole JSON"):
            await read(chunks)


@pytest.mark.parametrize("raw", [b"<html><body>hi", b"\n<!DOCTYPE html>", b"<HTML>"])
async def test_a_web_page_is_called_one(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="a web page instead of data") as caught:
        await read([raw])
    assert "hi" not in str(caught.value)


async def test_what_does_not_begin_within_reach_is_no_answer() -> None:
    with pytest.raises(Unreadable):
        await read([b'{"x":"' + b"y" * 70_000, b'","data":{"result":[]}}'])


async def test_one_endless_series_is_cut_off() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"data":{"result":[{"metric":{},"values":[[1,"'
        while True:
            sent += 1
            yield b"9" * 1_000_000

    with pytest.raises(Unreadable, match="a series of more than 16000000 bytes"):
        async for _ in Elements("prom", endless()).each():
            pass
    assert sent <= 17


async def test_a_hundred_megabytes_are_never_held() -> None:
    label = "},{" * 10_000
    piece = f'{{"metric":{{"a":"{label}"}},"values":[[1,"2"]]}},'.encode() * 20
    rounds = 100_000_000 // len(piece)

    async def much() -> AsyncIterator[bytes]:
        yield b'{"status":"success","data":{"result":['
        for _ in range(rounds):
            yield piece
        yield b'{"metric":{},"values":[]}]}}'

    elements, count, held = Elements("prom", much()), 0, 0
    async for _ in elements.each():
        count += 1
        held = max(held, len(elements._buffer))
    assert count == rounds * 20 + 1
    assert held <= 2 * len(piece)


async def test_others_get_their_turn_in_between() -> None:
    turns, count = 0, 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    values = [[number, "1"] for number in range(500)]
    raw = orjson.dumps(whole([{"metric": {}, "values": values}] * 100))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        async for _ in Elements("prom", arriving([raw])).each():
            count += 1
        tasks.cancel_scope.cancel()
    assert count == 100
    assert turns > 30


async def test_numbers_are_left_to_whoever_knows_what_they_mean() -> None:
    found, _ = await read([orjson.dumps(whole([{"metric": {}, "values": [[1, "NaN"]]}]))])
    assert math.isnan(float(found[0]["values"][0][1]))
