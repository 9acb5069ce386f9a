# noqa: INP001 - a script beside the Containerfile
"""Makes the folder that an image is built in: wheels, their hashes, our own code, nothing else.

    python context.py FOLDER WHEELS [--helm FILE] [SERVER...]

WHEELS gets a wheel of everything that is pinned, as downloaded by hash or made from a source that
was; FOLDER/SERVER is then a context for the Containerfile. Only the first needs a network.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FILES = ("Containerfile", "assemble.py", "trim.txt")
PYTHON = "{}.{}".format(*sys.version_info)
PATCHES = (f"{PYTHON}.0", f"{PYTHON}.99")
"""The base may have any patch of this Python: what either of these needs is taken."""


def main() -> None:
    """Make what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("wheels", type=Path)
    parser.add_argument("--helm", type=Path)
    parser.add_argument("servers", nargs="*")
    asked = parser.parse_args()
    collect(asked.wheels)
    own = made(asked.folder / "own") if asked.servers else Path()
    for server in asked.servers:
        lay(asked.folder / server, pinned(server), asked.wheels, own, asked.helm)


def pinned(server: str) -> list[Requirement]:
    """Read what a server needs here; `host` needs everything."""
    text = (ROOT / "requirements" / f"{'run' if server == 'host' else server}.txt").read_text()
    return [each for each, _ in needed(text)]


def needed(text: str) -> Iterator[tuple[Requirement, str]]:
    """Give each pin whose marker holds on this Python, and its hashes as written."""
    for line in text.replace("\\\n", " ").splitlines():
        name, *hashes = re.split(r"\s+(?=--hash=)", line.strip())
        if not name or name.startswith("#"):
            continue
        pin = Requirement(name)
        if pin.marker is None or any(
            pin.marker.evaluate({"python_full_version": patch}) for patch in PATCHES
        ):
            yield pin, " ".join(hashes)


def collect(wheels: Path) -> None:
    """Have a wheel of every pin; where all are there, nobody is asked."""
    pins = list(needed((ROOT / "requirements/run.txt").read_text()))
    wheels.mkdir(parents=True, exist_ok=True)
    if all(any(found(wheels, pin)) for pin, _ in pins):
        return
    listed = wheels / "wanted.txt"
    listed.write_text("".join(f"{pin.name}{pin.specifier} {hashes}\n" for pin, hashes in pins))
    pip("wheel", "--require-hashes", "--prefer-binary", "-r", listed, "--wheel-dir", wheels)
    listed.unlink()


def made(folder: Path) -> Path:
    """Make our own wheel, without an index where hatchling is at hand."""
    shutil.rmtree(folder, ignore_errors=True)
    here = ["--no-build-isolation", "--no-index"] if find_spec("hatchling") else []
    pip("wheel", *here, "--wheel-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


def pip(*words: str | Path) -> None:
    """Run pip's command without dependencies: the pins name everything."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    environment = {"SOURCE_DATE_EPOCH": "315532800", **os.environ}  # the first that a zip can say
    words = (*command, *words, "--no-deps")
    subprocess.run(words, check=True, env=environment)  # noqa: S603 - our own words


def found(wheels: Path, pin: Requirement) -> Iterator[Path]:
    """Find the wheels of a pin."""
    for file in wheels.glob("*.whl"):
        name, version = file.name.split("-")[:2]
        if canonicalize_name(name) == canonicalize_name(pin.name) and version in pin.specifier:
            yield file


def lay(
    folder: Path, pins: Sequence[Requirement], wheels: Path, own: Path, helm: Path | None
) -> None:
    """Lay out one context."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "own").mkdir(parents=True)
    (folder / "wheels").mkdir()
    for name in FILES:
        shutil.copy(HERE / name, folder)
    taken = [next(found(wheels, pin)) for pin in pins]
    for wheel in taken:
        shutil.copy(wheel, folder / "wheels")
    shutil.copy(own, folder / "own")
    (folder / "pins.txt").write_text(hashed(taken))
    (folder / "own/pins.txt").write_text(hashed([own]))
    if helm:
        shutil.copy(helm, folder / "own/helm")


def hashed(wheels: Iterable[Path]) -> str:
    """Write wheels as pins, each with its own hash."""
    lines: list[str] = []
    for wheel in sorted(wheels):
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} --hash=sha256:{digest}\n")
    return "".join(lines)


if __name__ == "__main__":
    main()
