"""Builds kept outside the checkout, each under the hash of what it was built from."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path


def home(variable: str, default: str) -> Path:
    """Give a folder of the XDG base directories, for example of XDG_CACHE_HOME."""
    return Path(os.environ.get(variable) or Path.home() / default)


def key(*parts: str | bytes | Path) -> str:
    """Hash text and files to 16 hex digits; lengths are hashed too, so no two lists agree."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part
        data = data.encode() if isinstance(data, str) else data
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


def place(name: str, recipe: Sequence[str | Path]) -> Path:
    """Give where a build is, or will be, kept."""
    return home("XDG_CACHE_HOME", ".cache") / "bailiwick" / f"{name}-{key(*recipe)}"


def kept(name: str, recipe: Sequence[str | Path], build: Callable[[Path], None]) -> Path:
    """Give the cached build; make it under a temporary name and rename it when it is whole.

    `build` gets the path that it is to create, a file or a folder.
    """
    target = place(name, recipe)
    shelf = target.parent
    if target.exists():
        return target
    shelf.mkdir(parents=True, exist_ok=True)
    with (shelf / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():  # another command built it while this one waited
            return target
        with tempfile.TemporaryDirectory(dir=shelf, prefix=f".{name}-") as bench:
            made = Path(bench) / "made"
            build(made)
            made.rename(target)
    return target


def tool(name: str, needed: str) -> str:
    """Find a program of the machine, or say what to install."""
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: install {needed}")
    return found
