"""Lines of several pods as they are."""

import pytest

from bailiwick_cluster.logs.groups import Grouping
from bailiwick_cluster.logs.merging import common, merged
from bailiwick_cluster.logs.stream import Stream
from tests.parts.logged import log


def stream(number: int, taken: bytes, keep: int = 100) -> Stream:
    made = Stream(number, Grouping(), keep=keep)
    made.take(taken)
    made.close()
    return made


NAMES = {0: "web-75b8-x1", 1: "web-75b8-y2"}


def test_by_time_over_pods_the_newest_last() -> None:
    found = merged([stream(0, log("a", "c")), stream(1, log("b", start=0.5), 10)], NAMES, 100)
    assert found.text.split("\n") == ["08:00:00.000 x1 a", "08:00:00.500 y2 b", "08:00:01.000 x1 c"]
    assert (found.shown, found.prefix) == (3, "web-75b8-")


def test_one_pod_has_no_name_before_its_lines() -> None:
    assert merged([stream(0, log("a"))], NAMES, 100).text == "08:00:00.000 a"


def test_zones_do_not_matter() -> None:
    east = b"2026-11-24T10:00:00.500000000+02:00 east\n"
    found = merged([stream(0, log("first", "last")), stream(1, east)], NAMES, 100)
    assert [line.split()[-1] for line in found.text.split("\n")] == ["first", "east", "last"]


def test_the_oldest_are_left_out() -> None:
    many = stream(0, log(*(f"line {n} {'x' * 200}" for n in range(90))))
    found = merged([many], NAMES, 80)
    assert len(found.text.encode()) <= 6_200
    assert found.text.split("\n")[-1].startswith("08:01:29.000 line 89")
    assert found.shown < 40
    assert merged([many], NAMES, 3).shown == 3


@pytest.mark.parametrize("odd", ["x" * 1_000_000, "\u202e" * 5_000, "é" * 5_000, "\0" * 5_000])
def test_a_long_line_is_cut(odd: str) -> None:
    found = merged([stream(0, log("a", odd))], NAMES, 100)
    assert found.shown == 2
    assert len(found.text.encode()) <= 6_200


def test_secrets_are_out_before_a_line_is_cut() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"
    assert "eyJ" not in merged([stream(0, log(f"{'x ' * 290}{token}"))], NAMES, 9).text


def test_what_names_have_in_front() -> None:
    assert common(["web-75b8-x1", "web-75b8-x2"]) == "web-75b8-"
    assert common(["web", "api"]) == ""
    assert common(["a", "a-b"]) == ""
    assert common([]) == ""
