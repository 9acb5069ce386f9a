"""The root key on disk: made once, readable by its owner alone."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from bailiwick.errors import BailiwickError

BYTES = 32


class KeyRefused(BailiwickError):
    """A key file that must not be used."""

    code = "journal_key"


def load_or_create_key(path: Path, entropy: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Return the 32 bytes at `path`, making them first if nothing is there. Raises KeyRefused.

    Symbolic links are followed, because mounted secrets are links.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        _create(path, entropy)
        return _load(path)


def load_key(path: Path) -> bytes:
    """Return the 32 bytes at `path`, or raise KeyRefused: a key that is missing is not replaced."""
    try:
        return _load(path)
    except OSError as error:
        raise KeyRefused(f"cannot read the key {path}: {error.strerror}") from error


def _create(path: Path, entropy: Callable[[int], bytes]) -> None:
    # Written aside and linked into place: a second process sees the whole key or none, and the
    # one that links first wins.
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    opened = os.open(aside, flags, 0o600)
    try:
        os.write(opened, entropy(BYTES))
        os.fsync(opened)
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        os.close(opened)
        aside.unlink()


def _load(path: Path) -> bytes:
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        mode = os.fstat(opened).st_mode & 0o777
        if mode & 0o027:  # a group may read: so Kubernetes mounts secrets for a container's user
            raise KeyRefused(f"{path} is open to others (mode {mode:04o}); run chmod 600")
        key = os.read(opened, BYTES + 1)
    finally:
        os.close(opened)
    if len(key) != BYTES:
        raise KeyRefused(f"{path} must hold exactly {BYTES} bytes")
    return key
