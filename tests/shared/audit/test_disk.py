import errno
import os
from pathlib import Path

import pytest

from bailiwick.audit import disk


def test_put_writes_all_though_the_kernel_takes_it_in_bites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    file = disk.create(tmp_path / "a")

    def write(file: int, data: bytes) -> int:
        return real(file, data[:3])

    monkeypatch.setattr(os, "write", write)
    with disk.closing(file):
        disk.put(file, b"0123456789", 0)
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_put_takes_back_what_did_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    file = disk.create(tmp_path / "a")
    disk.put(file, b"good\n", 0)

    def write(file: int, data: bytes) -> int:
        if data == b"bad\n":
            return real(file, data[:2])
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "write", write)
    with disk.closing(file), pytest.raises(OSError, match="full"):
        disk.put(file, b"bad\n", 5)
    assert (tmp_path / "a").read_bytes() == b"good\n"


def test_what_cannot_be_taken_back_is_torn(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    file = os.open(tmp_path / "a", os.O_RDONLY)
    with disk.closing(file), pytest.raises(disk.Torn):
        disk.put(file, b"x", 0)


def test_a_link_is_not_followed_and_a_file_not_reused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    for name in ("link", "."):
        with pytest.raises(OSError, match="exists"):
            disk.create(tmp_path / name)


def test_replace_survives_what_a_crash_left(tmp_path: Path) -> None:
    (tmp_path / ".HEAD").write_bytes(b"half")
    disk.replace(tmp_path / "HEAD", b"whole")
    assert (tmp_path / "HEAD").read_bytes() == b"whole"
    assert [it.name for it in tmp_path.iterdir()] == ["HEAD"]


def test_a_lock_is_held_until_its_file_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "LOCK"
    first = disk.lock(path)
    assert first is not None
    assert disk.lock(path) is None
    assert disk.held(path)
    with disk.closing(first):
        pass
    assert not disk.held(path)


def test_keep_holds_real_blocks(tmp_path: Path) -> None:
    disk.keep(tmp_path / "RESERVE", 2**16)
    assert (tmp_path / "RESERVE").stat().st_blocks * 512 >= 2**16
    disk.keep(tmp_path / "RESERVE", 0)
    assert not (tmp_path / "RESERVE").exists()


def test_a_system_without_fallocate_writes_the_reserve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.posix_fallocate")
    disk.keep(tmp_path / "RESERVE", 100_000)
    assert (tmp_path / "RESERVE").stat().st_size == 100_000


def test_where_only_a_full_sync_reaches_the_disk_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("fcntl.F_FULLFSYNC", 51, raising=False)

    def ask(file: int, command: int) -> None:
        asked.append(command)

    monkeypatch.setattr("fcntl.fcntl", ask)
    disk.sync(0)
    assert asked == [51]
