"""Times as people write them, and where a journal is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bailiwick.cli.reading import place, stamped, when
from bailiwick.config import Settings
from bailiwick.errors import BadConfig, BadRequest

NOW = datetime(2026, 11, 24, 13, 0, 0, 5, UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ""),
        ("30m", "2026-11-24T12:30:00.000005Z"),
        ("2h", "2026-11-24T11:00:00.000005Z"),
        ("7d", "2026-11-17T13:00:00.000005Z"),
        ("2026-11-24", "2026-11-24T00:00:00.000000Z"),
        ("2026-11-24T13:00", "2026-11-24T13:00:00.000000Z"),
        ("2026-11-24T13:00:00+02:00", "2026-11-24T11:00:00.000000Z"),
        ("2026-11-24T13:00:00.25Z", "2026-11-24T13:00:00.250000Z"),
    ],
)
def test_a_time_is_read(text: str, read: str) -> None:
    assert when(text, NOW) == read


@pytest.mark.parametrize("text", ["soon", "2", "h", "-2h", "2026-11-24T25:00", "2h\x1b[2J"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="2026-11-24T13:00") as refused:
        when(text, NOW)
    assert "\x1b" not in str(refused.value)


def test_a_time_is_written_as_records_have_it() -> None:
    assert stamped(NOW) == "2026-11-24T13:00:00.000005Z"


def test_a_journal_is_not_made_by_looking(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "state")
    with pytest.raises(BadConfig, match="there is no journal"):
        place(settings, None)
    assert not (tmp_path / "state").exists()
    assert place(settings, tmp_path) == tmp_path
