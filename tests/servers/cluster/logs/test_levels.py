"""How bad a line is, by what it says of itself or else by its words."""

import pytest

from bailiwick_cluster.logs.levels import Level, guessed, marked, named


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("ERROR", Level.ERROR),
        ("Warning", Level.WARN),
        ("eror", Level.ERROR),
        ("notice", Level.INFO),
        ("trace", Level.DEBUG),
        (50, Level.ERROR),
        (60, Level.ERROR),
        (30, Level.INFO),
        (20, Level.DEBUG),
        (3, None),
        (True, None),
        ("purple", None),
        ("error" * 100, None),
        (None, None),
        ({"a": 1}, None),
    ],
)
def test_a_field_in_any_spelling(word: object, level: Level | None) -> None:
    assert named(word) is level


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("INFO  [main] c.e.App - 0 errors, no ERROR", Level.INFO),
        ("[main] ERROR c.e.App - failed", Level.ERROR),
        ("[error] 31#31: *1 connect() failed", Level.ERROR),
        ("[Warning] deprecated", Level.WARN),
        ("warn: Microsoft.Hosting.Lifetime[0]", Level.WARN),
        ("fail: Microsoft.Hosting.Lifetime[0]", Level.ERROR),
        ('INFO:     127.0.0.1 - "GET / HTTP/1.1"', Level.INFO),
        ("ERROR:root:it broke", Level.ERROR),
        ("SEVERE: Servlet.service() threw", Level.ERROR),
        ("postgres FATAL:  the database system is starting up", Level.ERROR),
        ("postgres LOG:  checkpoint complete", Level.INFO),
        ("| WARN | slow", Level.WARN),
        ("panic: runtime error: index out of range", Level.ERROR),
        ('something level=warning msg="x"', Level.WARN),
        ('{"broken json, "severity":"ERROR"', Level.ERROR),
        ("listening on :8080", None),
        ("INFORMATIONAL", None),
        ("an error occurred", None),
    ],
)
def test_a_plain_line_says_its_level(line: str, level: Level | None) -> None:
    assert marked(line) is level


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("out of memory", Level.ERROR),
        ("an error occurred", Level.ERROR),
        ("java.lang.NullPointerException", Level.ERROR),
        ("0 errors", None),
        ("no errors found", None),
        ("done error=nil", None),
        ("upstream slow: 1840 ms, retrying", Level.WARN),
        ("connection refused", Level.WARN),
        ("listening on :8080", None),
    ],
)
def test_words_let_one_guess(line: str, level: Level | None) -> None:
    assert guessed(line) is level
