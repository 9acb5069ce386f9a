"""Findings in words."""

from pathlib import Path

import pytest

from bailiwick.audit.inspection import Bad
from bailiwick.audit.verify import Report
from bailiwick.cli.findings import latest, means, plain, printed

BAD = Bad("cluster-1", "000002.jsonl", 7, 41, "the end is cut off: 44 records were durable")


def test_what_is_bad_is_named_with_its_place_and_meaning() -> None:
    out = printed(Report(1234, 3, 4, (BAD,), ("a \x1b[2Jwarning",)), "2026")
    assert out.splitlines() == [
        "NOT WHOLE: 1 stream broken; 1 234 records in 3 streams, last at 2026",
        f"bad: cluster-1 segment 000002.jsonl line 7 seq 41: {BAD.reason}",
        "     records that had reached the disk are gone",
        "warning: a warning",
    ]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("segment 3 is missing", "a whole file was removed"),
        ("it belongs elsewhere", "removed, inserted, repeated or moved"),
        ("something new", "not what was written"),
    ],
)
def test_reasons_are_explained(reason: str, said: str) -> None:
    assert said in means(reason)


def test_findings_as_values() -> None:
    found = plain(Report(1, 1, 1, (BAD,), ()), "")
    assert (found["whole"], found["bad"][0]["seq"]) == (False, 41)
    assert found["bad"][0]["means"] == means(BAD.reason)


def test_the_newest_time_survives_a_torn_end(tmp_path: Path) -> None:
    folder = tmp_path / "cluster-20261124T133501Z-00000001"
    folder.mkdir()
    assert latest(tmp_path) == ""
    (folder / "000001.jsonl").write_bytes(b'{"ts":"1"}\th\n{"ts":"2"}\th\n{"ts":"3')
    assert latest(tmp_path) == "2"
