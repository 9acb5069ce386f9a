"""Lines of a summary: what says nothing makes none, and nothing is longer than a line."""

from typing import Any

from bailiwick_cluster.describing.lines import Lines, cut, pairs, resources, some, value


def test_what_says_nothing_makes_no_line() -> None:
    lines = Lines(0)
    lines.add("a", "", "")
    lines.under("b", ["", ""])
    lines.add("c", "x", "", "y")
    lines.under("d", (str(n) for n in range(20)), 2)
    assert lines.found == ["c: x, y", "d:", "  0", "  1", "  and 18 more"]


def test_times() -> None:
    lines = Lines(1_767_225_600.0 + 120)
    assert lines.ago("2026-01-01T00:00:00Z") == "2 min ago"
    assert lines.age("2027-01-01T00:00:00Z") == "0 s"
    assert lines.ago("") == lines.age("odd") == ""


def test_what_is_long_is_cut() -> None:
    assert cut("a\n  b") == "a b"
    assert cut("x" * 300) == "x" * 199 + "…"
    assert some(["a", "", "b", "c"], 2) == "a, b and 1 more"
    assert pairs({"a": "b", "c": 1, "d": {}}) == "a=b, c=1"
    assert resources({"cpu": "1"}) == "cpu 1"


def test_a_value_of_any_type() -> None:
    found: dict[str, Any] = {"a": {"t": True, "n": 3, "f": 0.5, "s": "x", "l": []}}
    assert [value(found, "a", key) for key in "tnfslz"] == ["true", "3", "0.5", "x", "", ""]
