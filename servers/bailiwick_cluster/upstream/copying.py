"""Charts in local folders, copied to where nobody else writes: bounded, and without links."""

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from bailiwick.errors import BadRequest

_MOST_FILES = 2_000
_MOST_BYTES = 20_000_000
_DEEPEST = 12


def copied(chart: Path, to: Path) -> str:
    """Copy a chart's folder or archive; return the SHA-256 of what was copied, in hex.

    Raises BadRequest over links, devices, and what is too much to be a chart.
    """
    digest = hashlib.sha256()
    left = [_MOST_FILES, _MOST_BYTES]
    try:
        _take(chart, to, digest.update, left, 0)
    except OSError as error:
        raise BadRequest(
            "there is no such chart folder, or it cannot be read; check `chart`"
        ) from error
    return digest.hexdigest()


def _take(
    source: Path, to: Path, note: Callable[[bytes], None], left: list[int], depth: int
) -> None:
    mode = source.lstat().st_mode
    if stat.S_ISDIR(mode) and depth <= _DEEPEST:
        to.mkdir(mode=0o700)
        for each in sorted(source.iterdir()):
            note(f"{depth}/{each.name}\0".encode(errors="surrogateescape"))
            _take(each, to / each.name, note, left, depth + 1)
        return
    if not stat.S_ISREG(mode):
        raise BadRequest("a chart may hold files and folders only: no links, devices or pipes")
    body = _read(source, left)
    note(f"{len(body)}\0".encode())
    note(body)
    to.write_bytes(body)


def _read(source: Path, left: list[int]) -> bytes:
    """Read a file that is no link even now, within what is left."""
    with os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        body = file.read(left[1] + 1)
    left[0] -= 1
    left[1] -= len(body)
    if min(left) < 0:
        raise BadRequest("that is too much for a chart: more than 2000 files or 20 MB")
    return body


def sealed(archive: Path) -> str:
    """Return the SHA-256 of an archive, in hex."""
    with archive.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
