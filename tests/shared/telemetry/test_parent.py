"""A caller's place in its trace: whole and right, or not at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.telemetry.parent import Parent, read, read_headers

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
FINE = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("text", "sampled"),
    [
        (FINE, True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-03", True),
        (f"00-{TRACE}-{SPAN}-02", False),
        (f"cc-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
    ],
)
def test_what_the_standard_says_is_read(text: str, sampled: bool) -> None:
    assert read(text) == Parent(TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", None, 7, [FINE], FINE.encode(), FINE[:-1], f" {FINE}", f"{FINE}\n", f"{FINE} "),
        FINE.upper(),
        f"{FINE}-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-0g",
        f"cc-{TRACE}-{SPAN}-01-{'x' * 65}",
        FINE.replace("0af7", "０af7"),
    ],
)
def test_anything_else_begins_a_trace_of_its_own(text: Any) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "state", ["rojo=00f067aa0ba902b7", "a=1,b=2", "t@v=x", "a=1 , b=2".replace(" ,", ",")]
)
def test_what_its_tracer_keeps_is_kept(state: str) -> None:
    made = read(FINE, state)
    assert made is not None
    assert made.state.replace(" ", "") == state.replace(" ", "")


@pytest.mark.parametrize(
    "state",
    [
        *("", None, 5, "no-value", "a=", "A=1", "a=1,,b=2", "a=1\nb=2", "a=ü", "a=1,a=2"),
        "a=" + "x" * 300,
        ",".join(f"k{n}=v" for n in range(33)),
        ",".join(f"k{n}={'v' * 40}" for n in range(20)),
    ],
)
def test_what_its_tracer_should_not_keep_is_dropped_and_the_parent_stays(state: Any) -> None:
    assert read(FINE, state) == Parent(TRACE, SPAN, sampled=True)


def test_a_request_names_one_parent_or_none() -> None:
    given, state = (b"traceparent", FINE.encode()), (b"tracestate", b"a=1")
    assert read_headers([(b"host", b"x"), given, state]) == Parent(TRACE, SPAN, True, "a=1")
    assert read_headers([given]) == Parent(TRACE, SPAN, True)
    for wrong in ([given, given], [given, state, state], [state], [], [(b"traceparent", b"\xff")]):
        assert read_headers(wrong) is None


@given(st.text(max_size=80), st.text(max_size=600))
def test_nothing_that_is_sent_breaks_it(one: str, other: str) -> None:
    read(one, other)
    made = read(FINE, other)
    assert made is not None
    assert len(made.state) <= 512
    assert made.state.isascii()
