"""The file of a client: read as it is, kept beside itself, and replaced as a whole."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

from bailiwick.errors import BadConfig


def read(path: Path) -> str | None:
    """Read a file, or None where there is none; what is no text is left alone."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"cannot read {path}: {error}; nothing was changed") from error


def backup(path: Path) -> Path:
    """Say where the file is kept as it was."""
    target = path.resolve()
    return target.with_name(f"{target.name}.bak")


def replace(path: Path, before: str | None, text: str) -> None:
    """Write a file in place of `before`, which stays beside it; a link goes on being one."""
    target = path.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if before is not None:
            shutil.copy2(target, backup(path))
        _written(target, before, text)
    except OSError as error:
        raise BadConfig(f"cannot write {target}: {error.strerror}; nothing was changed") from error


def _written(target: Path, before: str | None, text: str) -> None:
    mode = stat.S_IMODE(target.stat().st_mode) if before is not None else 0o600
    handle, made = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(made).chmod(mode)
        if read(target) != before:  # the client itself writes there, too
            raise BadConfig(f"{target} was changed meanwhile; nothing was done: run it once more")
        Path(made).replace(target)
    finally:
        Path(made).unlink(missing_ok=True)
