"""One command at a time on a ground's folder."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

MARK = "practice-ground"


class Foreign(RuntimeError):
    """The folder holds something else than a ground."""


@contextmanager
def held(at: Path) -> Generator[None]:
    """Make the folder if need be and hold it; a folder with other things in it is refused."""
    while True:
        at.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(at, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # Whoever held it may have removed it meanwhile: then this is a lock on nothing.
            if not at.exists() or not os.path.samestat(os.fstat(handle), at.stat()):
                continue
            _mark(at)
            yield
            return
        finally:
            os.close(handle)


def _mark(at: Path) -> None:
    mark = at / MARK
    if not mark.exists() and any(at.iterdir()):
        raise Foreign(f"{at} is not empty and no practice ground: choose another folder")
    mark.touch()


def marked(at: Path) -> bool:
    """Tell whether a folder is a ground's."""
    return (at / MARK).exists()
