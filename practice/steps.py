"""What a slow command says while it works, and how it waits."""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")


class Stopped(RuntimeError):
    """Another part failed, so this one gives up too."""


class Steps:
    """Progress on stderr with elapsed seconds, shared by the parts that start side by side."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.began = time.monotonic()
        self.stop = threading.Event()
        self._quiet = quiet

    def say(self, text: str) -> None:
        """Print one step."""
        if not self._quiet:
            print(f"[{time.monotonic() - self.began:5.1f} s] {text}", file=sys.stderr, flush=True)

    def until(
        self, check: Callable[[], Found | None], awaited: str, seconds: float, pause: float = 0.1
    ) -> Found:
        """Ask again and again until the answer is something; raise `TimeoutError` at the end."""
        last = time.monotonic() + seconds
        while True:
            found = check()
            if found:
                return found
            if time.monotonic() > last:
                raise TimeoutError(f"no {awaited} within {seconds:.0f} s")
            if self.stop.wait(pause):
                raise Stopped(f"given up while waiting for {awaited}")

    def run(
        self,
        words: Sequence[str],
        doing: str,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run a program to its end, or until another part fails."""
        with (
            tempfile.TemporaryFile("w+") as said,
            subprocess.Popen(
                words, stdout=said, stderr=subprocess.STDOUT, cwd=folder, env=environment
            ) as process,
        ):
            while process.poll() is None:
                if self.stop.wait(0.1):
                    process.terminate()
                    raise Stopped(f"given up while {doing}")
            if process.returncode:
                said.seek(0)
                raise RuntimeError(f"{doing} failed:\n{said.read()[-2000:]}")
