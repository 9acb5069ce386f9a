import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.audit.record import JSON, LARGEST, Entry, Place, encode, plain, stamp

PLACE = Place("cluster-20261124T133501Z-00000001", 7, "0" * 64, 1_000, 2_000)

_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
_anything = st.recursive(
    _leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner)
)


def test_a_body_is_sorted_json_with_the_callers_fields_beside_ours() -> None:
    body = encode(Entry("tool.call", "intent", "c1", data={"actor": {"subject": "a"}}), PLACE)
    assert body == (
        b'{"actor":{"subject":"a"},"call":"c1","event":"tool.call","mono_ns":2000,"outcome":"",'
        b'"phase":"intent","prev":"' + b"0" * 64 + b'","seq":7,'
        b'"stream":"cluster-20261124T133501Z-00000001","ts":"1970-01-01T00:00:00.000001Z","v":1}'
    )


def test_a_caller_cannot_take_the_writers_names() -> None:
    with pytest.raises(ValueError, match="seq"):
        Entry("tool.call", data={"seq": 1})


@given(_anything)
def test_whatever_the_fields_hold_there_is_a_one_line_record(value: JSON) -> None:
    body = encode(Entry("e", data={"args": value}), PLACE)
    assert b"\n" not in body
    assert b"\t" not in body
    assert orjson.loads(body)["seq"] == 7


def test_hostile_values_are_kept_as_text() -> None:
    deep: JSON = "bottom"
    for _ in range(1000):
        deep = [deep]
    body = encode(Entry("e", data={"big": 2**70, "sur": "\ud800", "deep": deep}), PLACE)
    fields = orjson.loads(body)
    assert fields["big"] == "int:0x400000000000000000"
    assert fields["sur"] == "\\ud800"
    assert b"(too deep)" in body


def test_what_is_too_large_is_left_out_and_said_so() -> None:
    fields = orjson.loads(encode(Entry("e", call="c", data={"args": "x" * LARGEST}), PLACE))
    assert fields["cut"]["bytes"] > LARGEST
    assert fields["call"] == "c"
    assert "args" not in fields


def test_plain_names_what_it_does_not_know() -> None:
    assert plain({1: {"x"}, "b": b"y"}) == {"1": ["x"], "b": "b'y'"}


@given(st.integers(0, 4 * 10**18), st.integers(0, 4 * 10**18))
def test_stamps_sort_as_time_does(one: int, two: int) -> None:
    assert (stamp(one) < stamp(two)) == (one // 1000 < two // 1000)
    assert len(stamp(one)) == 27
