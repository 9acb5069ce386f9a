"""Printing: nothing foreign steers, and what is counted or timed reads well."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from bailiwick.cli.terminal import as_json, counted, field, moment, span, table

NASTY = "a\x1b[2J\x9b1A\u202eb\r"


def test_json_is_ascii_and_reads_back() -> None:
    assert as_json(NASTY).isascii()
    assert "\x1b" not in as_json(NASTY)
    assert orjson.loads(as_json([NASTY])) == [NASTY]


def test_a_field_cannot_pretend_to_be_another() -> None:
    first, second = field("would do", "scale\nasked by  somebody else").splitlines()
    assert first.startswith("would do  ")
    assert second.startswith(" " * 15 + "asked by")


def test_a_table_is_aligned_and_harmless() -> None:
    head, row = table(("ID", "WHAT"), [("longer", NASTY + "\nx")]).splitlines()
    assert head.index("WHAT") == 8
    assert not {"\x1b", "\x9b", "\u202e", "\r"} & set(row)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (119, "119 s"), (120, "2 min"), (3661, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_a_duration_is_said_by_its_largest_units(seconds: int, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said


def test_numbers_and_times() -> None:
    assert counted(1, "record") == "1 record"
    assert counted(1234567, "record") == "1 234 567 records"
    assert moment(datetime(2026, 11, 24, 13, 5, 6, 7, UTC)) == "2026-11-24 13:05:06 UTC"
