"""The few system calls the journal stands on, each with the promise it has to keep."""

import errno
import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Torn(OSError):
    """Part of a line is in the file and could not be taken back."""


def create(path: Path) -> int:
    """Open a new file for appending, for the owner only. Raises OSError."""
    return os.open(path, NEW, 0o600)


def put(file: int, data: bytes, size: int) -> None:
    """Append all of `data` to a file of `size` bytes, or none. Raises OSError, Torn."""
    try:
        done = os.write(file, data)
        while done < len(data):
            done += os.write(file, data[done:])
    except OSError as error:
        try:
            os.ftruncate(file, size)
        except OSError as second:
            raise Torn(error.errno, f"{error}, then {second}") from error
        raise


def sync(file: int) -> None:
    """Make what was written survive a power cut. Raises OSError."""
    full: int | None = getattr(fcntl, "F_FULLFSYNC", None)
    if full is None:
        os.fdatasync(file)
    else:  # macOS: its fsync leaves the data in the drive's cache
        fcntl.fcntl(file, full)


def settle(folder: Path) -> None:
    """Make the folder's names survive a power cut. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def replace(path: Path, data: bytes) -> None:
    """Exchange a small file for another: readers see the old or the new. Raises OSError.

    The name itself is not synced: after a power cut the older text may be back.
    """
    aside = path.with_name(f".{path.name}")
    with suppress(FileNotFoundError):
        aside.unlink()
    file = create(aside)
    try:
        put(file, data, 0)
        sync(file)
    finally:
        os.close(file)
    aside.replace(path)


def keep(path: Path, size: int) -> None:
    """Hold `size` bytes of the disk back, all or nothing. Raises OSError."""
    path.unlink(missing_ok=True)
    if not size:
        return
    file = create(path)
    try:
        _allocate(file, size)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(file)


def _allocate(file: int, size: int) -> None:
    """Take the blocks; where the system cannot take them at once, by writing them."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    block = bytes(65_536)
    for start in range(0, size, len(block)):
        os.write(file, block[: size - start])


def lock(path: Path) -> int | None:
    """Lock `path` for as long as the returned file is open, or return None if another has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def held(path: Path) -> bool:
    """Say whether some process holds the lock at `path`."""
    file = lock(path)
    if file is not None:
        os.close(file)
    return file is None


def shut(file: int) -> None:
    """Close `file`, whatever closing says: its content is judged by `sync` alone."""
    with suppress(OSError):
        os.close(file)


@contextmanager
def closing(file: int) -> Generator[int]:
    """Shut `file` afterwards."""
    try:
        yield file
    finally:
        shut(file)
