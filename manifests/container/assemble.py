# noqa: INP001 - a script beside the Containerfile
"""Run in the build stages: puts an environment together, or our own code on top of it.

    python3 assemble.py environment     /wheels and pins.txt make /opt/bailiwick
    python3 assemble.py code            own/ makes /code/opt/bailiwick, for the server $SERVER

Nothing else of the base is used than its Python: it may have no shell.
"""

import compileall
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

HERE = Path(__file__).parent
HOME = Path("/opt/bailiwick")
CODE = Path("/code")
WHEELS = Path("/wheels")
OWN = HERE / "own"
SERVERS = {"cluster", "observability", "retrieval"}
HASHED = PycInvalidationMode.UNCHECKED_HASH
"""Compiled files name no time, and are never looked at again: the image is read-only."""


def main(stage: str) -> None:
    """Carry out one stage."""
    if stage == "environment":
        venv.create(HOME, symlinks=True, with_pip=False)
        for script in (HOME / "bin").glob("[Aa]ctivate*"):
            script.unlink()
        install(WHEELS, HERE / "pins.txt")
        trim(packages(HOME), (HERE / "trim.txt").read_text().splitlines())
        strip(packages(HOME))
        finish(packages(HOME), Path("/"))
    else:
        install(OWN, OWN / "pins.txt", "--root", str(CODE))
        single(os.environ["SERVER"])
        finish(packages(CODE / HOME.relative_to("/")), CODE)


def install(wheels: Path, pins: Path, *more: str) -> None:
    """Install what is pinned, each wheel by its hash, from a folder and nowhere else."""
    tool = Path("/pip")
    if not tool.exists():
        venv.create(tool, symlinks=True, with_pip=True)
    command = [str(tool / "bin/python"), "-m", "pip", "--python", str(HOME / "bin/python")]
    options = ["--no-index", "--no-deps", "--require-hashes", "--no-compile", "--no-cache-dir"]
    silent = ["--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
    words = [*command, "install", *options, *silent, f"--find-links={wheels}", *more]
    subprocess.run([*words, "-r", str(pins)], check=True)  # noqa: S603 - our own words


def packages(home: Path) -> Path:
    """Give the folder in which packages are."""
    return next(home.glob("lib/python3.*/site-packages"))


def single(server: str) -> None:
    """Leave one server of the suite, or all of them on a host; a helm that came along stays too."""
    home = CODE / HOME.relative_to("/")
    others = set[str]() if server == "host" else SERVERS - {server}
    for other in others:
        shutil.rmtree(packages(home) / f"bailiwick_{other}")
        (home / f"bin/bailiwick-{other}").unlink()
        entries = next(packages(home).glob("bailiwick_mcp-*.dist-info")) / "entry_points.txt"
        kept = [line for line in entries.read_text().splitlines() if f"_{other}." not in line]
        entries.write_text("\n".join(kept) + "\n")
    helm = OWN / "helm"
    if helm.exists() and "cluster" not in others:
        shutil.copy(helm, home / "bin/helm")
        (home / "bin/helm").chmod(0o755)


def trim(root: Path, lines: Iterable[str]) -> None:
    """Remove what the lines name; `!` keeps what an earlier line would take."""
    doomed, kept = set[Path](), set[Path]()
    for line in lines:
        if line.startswith("!"):
            kept |= set(root.glob(line[1:]))
        elif line and not line.startswith("#"):
            doomed |= set(root.glob(line))
    for path in sorted(doomed - kept):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def strip(root: Path) -> None:
    """Take symbols for debuggers out of modules, where the base has a `strip`.

    What wheels bring as libraries (`*.libs`) stays as it is: their layout has been patched.
    """
    tool = shutil.which("strip")
    modules = [str(path) for path in root.glob("**/*.so") if ".libs" not in str(path)]
    if tool and modules:
        subprocess.run([tool, "--strip-unneeded", *modules], check=True)  # noqa: S603 - the same


def finish(root: Path, above: Path) -> None:
    """Compile everything, and let each package's record name only what is there."""
    for record in root.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(there(root, lines)))
    done = compileall.compile_dir(
        root, quiet=1, maxlevels=40, invalidation_mode=HASHED, stripdir=str(above), prependdir="/"
    )
    if not done:
        sys.exit("assemble: something could not be compiled")


def there(root: Path, lines: Iterable[str]) -> Iterator[str]:
    """Give the lines of a record whose file is there."""
    for line in lines:
        name = line.rsplit(",", 2)[0].strip('"')
        if (root / name).exists():
            yield line


if __name__ == "__main__":
    main(sys.argv[1])
