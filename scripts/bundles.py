#!/usr/bin/env python3
"""Build a bundle of each server for desktop clients: `dist/bailiwick-SERVER.mcpb`.

A bundle has our wheel, and the versions and hashes of all it needs; uv, which the client brings,
fetches those for the machine it runs on. The same sources, and the same files on the index, make
the same bytes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.clients import DISTRIBUTION, TOOLS, __version__, manifest, written  # noqa: E402 - the path

PROJECT = """\
[project]
name = "bailiwick-{server}-bundle"
version = "{version}"
requires-python = ">=3.11"
dependencies = ["{distribution}[{server}]=={version}"]

[tool.uv]
package = false
constraint-dependencies = [
{pins}]

[tool.uv.sources]
{distribution} = {{ path = "{wheel}" }}
"""
_OLDEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file: the first that a zip can tell."""


def build(to: Path, servers: Sequence[str]) -> list[Path]:
    """Build the bundles of these servers into a folder."""
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as bench:
        uv("build", "--quiet", "--wheel", "--out-dir", bench, str(ROOT))
        (wheel,) = Path(bench).glob("*.whl")
        return [_bundle(to, server, Path(bench) / server, wheel) for server in servers]


def uv(*words: str) -> None:
    """Run uv; without dates of its own in what it builds."""
    program = Path(sys.executable).with_name("uv")
    told = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
    subprocess.run([program, *words], check=True, env=told)  # noqa: S603 - our own words


def stage(at: Path, server: str, wheel: Path) -> None:
    """Lay out what a bundle has."""
    at.mkdir()
    shutil.copyfile(wheel, at / wheel.name)
    shutil.copyfile(ROOT / "manifests/clients/server.py", at / "server.py")
    shutil.copyfile(ROOT / "LICENSE", at / "LICENSE")
    (at / "server.name").write_text(f"{server}\n")
    (at / "manifest.json").write_bytes(written(manifest(server)))
    pinned = re.findall(r"^(\S+==[^\\\n]+?) *\\?$", _pins(server), re.MULTILINE)
    pins = "".join(f'    "{each}",\n' for each in pinned)
    told = {"server": server, "version": __version__, "distribution": DISTRIBUTION}
    text = PROJECT.format(**told, pins=pins, wheel=wheel.name)
    (at / "pyproject.toml").write_text(text)
    uv("lock", "--quiet", "--directory", str(at))


def _pins(server: str) -> str:
    return (ROOT / "requirements" / f"{server}.txt").read_text()


def _bundle(to: Path, server: str, at: Path, wheel: Path) -> Path:
    stage(at, server, wheel)
    path = to / f"bailiwick-{server}.mcpb"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for file in sorted(each for each in at.iterdir() if each.is_file()):
            told = zipfile.ZipInfo(file.name, _OLDEST)
            told.external_attr = 0o644 << 16
            told.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(told, file.read_bytes())
    return path


if __name__ == "__main__":
    for each in build(ROOT / "dist", sys.argv[1:] or list(TOOLS)):
        sys.stdout.write(f"{each.relative_to(ROOT)}\t{each.stat().st_size} bytes\n")
