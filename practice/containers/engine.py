"""A store of images and containers apart from the machine's own, and how podman is called."""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from practice import cache

STORAGE = """
[storage]
driver = "{driver}"
runroot = "{run}"
graphroot = "{at}/root"
"""
NEEDED = {
    "buildah": "buildah",
    "podman": "podman",
    "conmon": "conmon",
    "runc": "runc",
    "mmdebstrap": "mmdebstrap",
}
RUNTIME = Path(__file__).with_name("runtime.py")


def check() -> None:
    """Raise if what building and running needs of the machine is not there."""
    for program, package in NEEDED.items():
        cache.tool(program, f"the package {package}")


@dataclass(frozen=True)
class Engine:
    """Buildah and podman over one store; `at` holds it, its configuration and nothing else."""

    at: Path

    @classmethod
    def laid(cls, at: Path) -> "Engine":
        """Lay out a store; one that is there is used as it is."""
        at.mkdir(parents=True, exist_ok=True)
        (at / "storage.conf").write_text(STORAGE.format(at=at, run=_run(at), driver=_driver()))
        return cls(at)

    @property
    def podman_words(self) -> tuple[str, ...]:
        """Begin a podman command that needs no environment."""
        return (
            cache.tool("podman", "the package podman"),
            *(
                f"--root={self.at}/root",
                f"--runroot={_run(self.at)}",
                f"--storage-driver={_driver()}",
            ),
            *(f"--runtime={RUNTIME}", "--cgroup-manager=cgroupfs", "--events-backend=file"),
        )

    def podman(self, *words: str | Path, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a podman command; raise with what it said where it fails."""
        return self.run([*self.podman_words, *words], check=check)

    def run(
        self,
        words: Sequence[str | Path],
        *,
        check: bool = True,
        more: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program over this store, and give what it printed."""
        done = subprocess.run(
            [str(each) for each in words],
            env={
                **os.environ,
                "CONTAINERS_STORAGE_CONF": f"{self.at}/storage.conf",
                **(more or {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"{words[0]} failed:\n{done.stdout[-500:]}{done.stderr[-3000:]}")
        return done


def _run(at: Path) -> Path:
    """Give where the state of what runs is kept: podman takes no path beyond 50 characters."""
    above = Path("/run") if os.geteuid() == 0 else Path(tempfile.gettempdir())
    return above / f"bailiwick-{cache.key(str(at))[:8]}"


def _driver() -> str:
    return "overlay" if os.geteuid() == 0 else "vfs"
