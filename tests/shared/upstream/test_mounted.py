"""Mounted secrets: seen when they change, and never told."""

import os
from pathlib import Path

import pytest

from bailiwick.errors import Unavailable
from bailiwick.upstream.mounted import Mounted


def test_a_rotated_secret_is_seen_at_the_next_use(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    mounted = Mounted(file)
    assert mounted.value() == "first"
    beside = tmp_path / "new"
    beside.write_text("second")
    beside.replace(file)
    assert mounted.value() == "second"
    assert "second" not in repr(mounted)


@pytest.mark.parametrize("content", [b"", b"a\nb", b"\xff\xfe", b"x" * 20_000], ids=repr)
def test_what_is_no_secret_is_not_used_and_not_shown(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    os.utime(file, (1, 1))
    with pytest.raises(Unavailable, match="credential file token") as caught:
        Mounted(file).value()
    assert "x" * 20 not in str(caught.value) + caught.value.detail


def test_a_missing_one_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the operator mounts it"):
        Mounted(tmp_path / "none").value()
