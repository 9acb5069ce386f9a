"""One log as it comes: records, traces, keys, half lines, and what of it is kept."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.logs.groups import Group, Grouping
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.stream import Stream, Wanted

JAVA = """ERROR [main] c.e.Shop - request failed
java.lang.IllegalStateException: closed
\tat com.example.Shop.pay(Shop.java:12)
\tat com.example.Shop.main(Shop.java:3)
Caused by: java.sql.SQLException: gone
\t... 2 more
INFO [main] c.e.Shop - next"""
PYTHON = """ERROR shop pay failed
Traceback (most recent call last):
  File "/app/shop.py", line 3, in pay
    raise Broken("no")
shop.Broken: no

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/shop.py", line 9, in retry
ValueError: no
INFO shop next"""
GO = """panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.(*Server).Handle(0xc000, {0x1, 0x2})
\t/app/main.go:12 +0x1d
main.main()
\t/app/main.go:3 +0x2
exit status 2
listening on :8080"""


def stamped(text: str, second: int = 0) -> bytes:
    stamp = f"2026-11-24T08:{second // 60:02}:{second % 60:02}.000000000Z"
    return "".join(f"{stamp} {line}\n" for line in text.split("\n")).encode()


def read(
    *batches: bytes,
    wanted: Wanted | None = None,
    keep: int = 0,
    least: Level = Level.DEBUG,
) -> tuple[Stream, dict[str, Group]]:
    grouping = Grouping()
    stream = Stream(0, grouping, wanted, keep, least)
    for batch in batches:
        stream.take(batch)
    stream.close()
    return stream, {group.example: group for group in grouping.groups}


def test_lines_that_differ_in_numbers_are_one_group() -> None:
    stream, groups = read(
        stamped("INFO order 1 paid", 1), stamped("INFO order 22 paid\nERROR no", 65)
    )
    assert {name: group.count for name, group in groups.items()} == {
        "INFO order 1 paid": 2,
        "ERROR no": 1,
    }
    paid = groups["INFO order 1 paid"]
    assert paid.last - paid.first == 64
    assert (stream.lines, stream.matched, stream.last - stream.first) == (3, 3, 64)


@pytest.mark.parametrize(
    ("log", "first", "cause", "last", "others"),
    [
        (JAVA, "request failed", "java.lang.IllegalStateException", "\t... 2 more", 1),
        (PYTHON, "pay failed", "ValueError", "ValueError: no", 1),
        (GO, "index out of range", None, "exit status 2", 1),
    ],
)
def test_a_trace_goes_with_its_first_line(
    log: str, first: str, cause: str | None, last: str, others: int
) -> None:
    _, groups = read(stamped(log))
    error = next(group for group in groups.values() if first in group.example)
    assert error.level is Level.ERROR
    assert error.count == 1
    assert error.trace is not None
    assert error.trace.lines[-1] == last
    assert cause is None or cause in error.causes
    assert len(groups) == 1 + others


def test_the_first_trace_is_kept_and_causes_are_counted() -> None:
    other = JAVA.replace("IllegalStateException", "NullPointerException")
    _, groups = read(stamped(f"{JAVA}\n{other}\n{JAVA}"))
    error = next(group for group in groups.values() if group.level is Level.ERROR)
    assert error.count == 3
    assert error.trace is not None
    assert len(error.trace.lines) == 5
    assert error.causes == {
        "java.lang.IllegalStateException": 2,
        "java.lang.NullPointerException": 1,
    }


def test_of_a_long_trace_the_first_and_last_lines_are_kept() -> None:
    frames = "\n".join(f"  frame {n}" for n in range(500))
    _, groups = read(stamped(f"ERROR x\n{frames}"))
    (error,) = groups.values()
    assert error.trace is not None
    assert len(error.trace.lines) == 25
    assert error.trace.lines[-1] == "  frame 499"
    assert "… 476 more lines" in error.trace.lines


def test_an_exception_by_itself_is_an_error() -> None:
    _, groups = read(stamped("listening\njava.lang.IllegalStateException: no\n\tat a.b(C.java:1)"))
    error = next(group for group in groups.values() if group.level is Level.ERROR)
    assert "IllegalState" in error.example
    assert not error.sure


def test_an_exception_long_after_an_error_is_another_record() -> None:
    _, groups = read(stamped("ERROR x", 0), stamped("ValueError: y", 30))
    assert {group.count for group in groups.values()} == {1}
    assert len(groups) == 2


def test_a_log_that_begins_inside_a_trace() -> None:
    stream, groups = read(stamped("\tat com.example.Shop.pay(Shop.java:12)\nINFO next"))
    assert stream.lines == 2
    assert "INFO next" in groups


def test_a_digit_can_make_an_error() -> None:
    log = "GET /a 200 1 ms\nGET /a 201 1 ms\nGET /a 503 1 ms\nGET /a 502 9 ms"
    _, groups = read(stamped(log))
    assert {(group.level, group.count) for group in groups.values()} == {
        (Level.INFO, 2),
        (Level.ERROR, 2),
    }


def test_a_private_key_is_in_no_group_and_in_no_kept_line() -> None:
    body = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"] * 20)
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\nabc=\n-----END PRIVATE KEY-----"
    for log in (f"dumping\n{key}\nnext", f"{body}\nabc=\n-----END PRIVATE KEY-----\nnext"):
        stream, groups = read(stamped(log), keep=100)
        assert not any("MII" in name or "abc=" in name for name in groups)
        assert not any(b"MII" in line or b"abc=" in line for _, line in stream.kept)
        assert "next" in groups


def test_a_secret_across_the_cut_of_an_example_is_gone() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"
    _, groups = read(stamped(f"ERROR {'x ' * 485}{token} y"))
    assert not any("eyJ" in name for name in groups)


def test_only_records_with_a_wanted_line() -> None:
    def wanted(text: str) -> bool:
        return "gone" in text

    stream, groups = read(stamped(JAVA), wanted=wanted, keep=10)
    (error,) = groups.values()
    assert error.count == 1
    assert stream.matched == 1
    assert b"gone" in stream.kept[-2][1]
    assert stream.kept[0][1].startswith(b"ERROR")
    assert stream.lines == 7


def test_only_lines_of_records_at_a_level_are_kept_and_only_so_many() -> None:
    log = "\n".join(f"INFO fine {n}\nERROR bad {n}\n  more" for n in range(5))
    stream, _ = read(stamped(log), keep=4, least=Level.WARN)
    assert [body for _, body in stream.kept] == [
        b"ERROR bad 3",
        b"  more",
        b"ERROR bad 4",
        b"  more",
    ]
    assert stream.offered == 10


def test_an_end_that_is_read_again_is_not_counted_twice() -> None:
    stream = Stream(0, Grouping())
    stream.take(stamped("INFO one", 1) + stamped("INFO two", 2))
    stream.rejoin()
    stream.take(stamped("INFO two", 2) + stamped("INFO three", 3) + stamped("INFO four", 3))
    stream.close()
    assert stream.lines == 4
    assert stream.last_lines[-2:] == ["INFO three", "INFO four"]


def test_the_last_lines_are_at_hand() -> None:
    stream, _ = read(*(stamped(f"INFO line {n}") for n in range(20)))
    assert stream.last_lines == [f"INFO line {n}" for n in range(12, 20)]


def test_memory_does_not_grow_with_the_log() -> None:
    grouping = Grouping()
    stream = Stream(0, grouping)
    for batch in range(60):
        lines = "\n".join(
            f"user {chr(97 + n % 26) * (1 + n % 9)} {batch}x{n:x}y" for n in range(1_000)
        )
        stream.take(stamped(lines))
    assert stream.lines == 60_000
    assert len(stream._known) <= 5_000  # pyright: ignore[reportPrivateUsage] - that it is bounded
    assert len(grouping.groups) < 2_100


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"\n\n\n",
        b"no time at all\n",
        b"2026-11-24T08:00:00.000000000Z\n",
        b"9999-99-99T99:99:99Z x\n",
        b"2026-11-24T08:00:00Z " + b"a" * 1_000_000 + b"\n",
        b"2026-11-24T08:00:00Z " + b"\x00\xff\xfe\x1b[31m" * 1_000 + b"\n",
        "2026-11-24T08:00:00Z \u202eevil\u2066\n".encode(),
        b'2026-11-24T08:00:00Z {"level":' + b"[" * 4_000 + b"\n",
        b"2026-11-24T08:00:00+05:30 x\n",
    ],
)
def test_hostile_lines_are_counted_and_do_no_harm(line: bytes) -> None:
    stream, groups = read(line, stamped("INFO fine"))
    assert "INFO fine" in groups
    assert stream.lines == line.count(b"\n") + 1


@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=12), st.booleans())
def test_whatever_comes_is_counted(lines: list[bytes], stamps: bool) -> None:
    head = b"2026-11-24T08:00:00.000000000Z " if stamps else b""
    batch = b"".join(head + line.replace(b"\n", b" ") + b"\n" for line in lines)
    stream, groups = read(batch, keep=5, wanted=lambda text: not re.match("never", text))
    assert stream.lines == len(lines)
    assert sum(group.count for group in groups.values()) <= len(lines)
