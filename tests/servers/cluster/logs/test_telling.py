"""Groups as rows and traces as blocks, and that they fit."""

from bailiwick_cluster.logs.choice import Span
from bailiwick_cluster.logs.groups import Group, Trace
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.telling import Told, fitting, level, rows, traces
from tests.parts.logged import BEGIN

TOLD = Told({0: "a", 1: "b", 2: "c", 3: "d"}, dict.fromkeys(range(4), Span(BEGIN, BEGIN + 600)))
ALONE = Told({0: "a"}, {0: Span(BEGIN, BEGIN + 600)})


def group(example: str, kind: Level = Level.ERROR, first: float = 0, *logs: int) -> Group:
    made = Group(kind, True, example)
    for log in logs or (0,):
        made.add(log, 3 + log, BEGIN + first, BEGIN + 600)
    return made


def test_a_row_says_how_often_when_and_whose() -> None:
    some = [group("x", Level.ERROR, 400), group("y", Level.INFO, 0, 0, 1, 2, 3)]
    assert rows(some, TOLD) == [
        ("3", "error, new", "08:06:40", "08:10:00", "a", "x"),
        ("18", "info", "08:00:00", "08:10:00", "all", "y"),
    ]
    assert rows([group("z", Level.WARN, 0, 0, 1, 2)], TOLD)[0][4] == "c, b +1"


def test_one_log_needs_no_name() -> None:
    assert rows([group("x")], ALONE) == [("3", "error", "08:00:00", "08:10:00", "x")]
    assert ALONE.columns == ("TIMES", "LEVEL", "FIRST", "LAST", "EXAMPLE")


def test_a_guess_has_a_question_mark() -> None:
    assert level(Group(Level.ERROR, False, "")) == "error?"
    assert level(Group(Level.INFO, False, "")) == ""
    assert level(Group(Level.INFO, True, "")) == "info"


def test_what_was_raised_is_told_and_is_not_cut_off() -> None:
    one = group("x" * 900)
    one.causes.update({"java.sql.SQLException": 2, "KeyError": 1, "OSError": 1})
    cell = rows([one], ALONE)[0][-1]
    assert cell.endswith(" → java.sql.SQLException 2, KeyError 1")
    assert len(cell) <= 160


def test_lines_of_no_kind_are_told_as_such() -> None:
    one = group("zzz")
    one.other = True
    assert rows([one], ALONE)[0][-1] == "(of no kind) zzz"


def test_rows_fit_whatever_is_in_them() -> None:
    assert 10 < len(rows([group("x" * 900) for _ in range(40)], ALONE)) < 40
    assert 5 < len(rows([group("é" * 900) for _ in range(40)], ALONE)) < 15
    assert 0 < len(rows([group("a\u202e" * 900) for _ in range(40)], ALONE)) < 40


def test_traces_of_the_first_errors_are_shown() -> None:
    first, second, third = group("one"), group("two"), group("three " * 60)
    for each in (first, second):
        each.trace = Trace()
        each.trace.add("  at x")
    found = list(traces([group("none"), first, group("w", Level.WARN), third, second]))
    assert [block.source for block in found] == ["of row 2", "of row 4"]
    assert found[0].text == "one\n  at x"
    assert found[1].text.startswith("three three")


def test_the_first_and_last_lines_fit() -> None:
    lines = [f"line {n}" for n in range(500)]
    text = fitting(lines, 600)
    assert len(text.encode()) <= 600
    assert text.startswith("line 0\n")
    assert text.endswith("\nline 499")
    assert "lines left out" in text
    assert fitting(["a", "b"], 600) == "a\nb"
    assert len(fitting(["é" * 4_000, "b"], 600).encode()) <= 600
    assert fitting([], 600) == ""
