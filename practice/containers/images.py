"""The images of the suite, built once for what they are made of: bases, wheels, then our own code.

Bases and wheels are kept by the hash of what says what is in them. Images are built again when a
file of ours has changed, on layers that are there already.
"""

import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bailiwick import __version__
from practice import cache
from practice.containers import engine
from practice.containers.engine import Engine
from practice.steps import Steps

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "manifests/container"
SERVERS = ("cluster", "observability", "retrieval", "host")
PINS = tuple(
    ROOT / "requirements" / f"{name}.txt"
    for name in ("cluster", "observability", "retrieval", "run")
)
FLAGS = "--layers --isolation chroot --network host"
"""A build here needs neither a network of its own nor a runtime."""
UNUSED_SECONDS = 3 * 86_400
MOST_BYTES = 8_000_000_000
"""A store beyond this is made anew: nothing says which of its layers are still of use."""


@dataclass(frozen=True)
class Images:
    """What was built: names by server, what was said of each, and where they are."""

    engine: Engine
    names: dict[str, str]
    bills: dict[str, Path]
    tables: str
    twice: tuple[str, str]
    """Digests of one image, built twice from nothing but the same wheels."""


def check() -> None:
    """Raise if images have yet to be built and cannot be."""
    engine.check()


def images(steps: Steps) -> Images:
    """Give the images; the first build on a machine takes some minutes."""
    check()
    at = cache.place("containers", [*sorted(_files(SOURCE)), *PINS])
    at.mkdir(parents=True, exist_ok=True)
    (at / "lock").touch()
    with (at / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _forget(at)
        return _built(at, steps)


def _built(at: Path, steps: Steps) -> Images:
    key, out = _key(), at / "out"
    done = at / "built.json"
    if not done.exists() or orjson.loads(done.read_bytes())["key"] != key:
        done.unlink(missing_ok=True)
        if _size(at / "store") > MOST_BYTES:
            shutil.rmtree(at / "store")
        made = Engine.laid(at / "store")
        said = _build(made, out, SERVERS, steps)
        twice = _twice(at, made, key, steps)
        done.write_bytes(orjson.dumps({"key": key, "tables": said, "twice": twice}))
    known = orjson.loads(done.read_bytes())
    return Images(
        engine=Engine.laid(at / "store"),
        names={server: _full(server) for server in SERVERS},
        bills={server: out / f"{_name(server)}.cdx.json" for server in SERVERS},
        tables=known["tables"],
        twice=(known["twice"][0], known["twice"][1]),
    )


def _forget(at: Path) -> None:
    """Remove stores of other versions that nobody has used for some days: each is large."""
    for other in at.parent.glob("containers-*"):
        if other != at and time.time() - other.joinpath("lock").stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(other, ignore_errors=True)


def _build(
    made: Engine, out: Path, servers: Sequence[str], steps: Steps, flags: str = FLAGS
) -> str:
    steps.say(f"images: building {', '.join(servers)}")
    bases, wheels = _bases(steps), _wheels(steps)
    words = [SOURCE / "build", "--engine", "buildah", "--bases", bases, "--wheels", wheels]
    # Which commit it is would be another label at each: layers are to be found again.
    words += ["--out", out, "--revision", "practice", *servers]
    return made.run(words, more={"BUILD_FLAGS": flags, "PYTHON": sys.executable}).stdout


def _twice(at: Path, made: Engine, key: str, steps: Steps) -> tuple[str, str]:
    """Build one image again without any layer of before; done once for a store."""
    kept = at / "twice.json"
    if not kept.exists():
        first = _digest(made, _full("cluster"))
        _build(made, at / "again", ["cluster"], steps, f"{FLAGS} --no-cache")
        shutil.rmtree(at / "again")
        if _key() != key:
            raise RuntimeError("files of ours were changed while images were built: try again")
        kept.write_bytes(orjson.dumps([first, _digest(made, _full("cluster"))]))
    digests: list[str] = orjson.loads(kept.read_bytes())
    return digests[0], digests[1]


def _digest(made: Engine, name: str) -> str:
    return made.podman("image", "inspect", "--format", "{{.Digest}}", name).stdout.strip()


def _bases(steps: Steps) -> Path:
    def build(into: Path) -> None:
        into.mkdir()
        steps.say("images: first time here: the bases, from Debian packages")
        running = [
            subprocess.Popen([SOURCE / "base", kind, into / f"{kind}.tar"])
            for kind in ("build", "run")
        ]
        ended = [each.wait() for each in running]
        if any(ended):
            raise RuntimeError("making the bases failed")

    return cache.kept("container-bases", [SOURCE / "base", SOURCE / "prune"], build)


def _wheels(steps: Steps) -> Path:
    def build(into: Path) -> None:
        steps.say("images: first time here: the wheels")
        words = [sys.executable, str(SOURCE / "context.py")]
        steps.run([*words, str(into.parent / "laid"), str(into)], "fetching wheels")

    return cache.kept("container-wheels", PINS[-1:], build)


def _key() -> str:
    """Hash everything that an image is made of."""
    parts: list[str | Path] = []
    for folder in (SOURCE, ROOT / "shared", ROOT / "servers"):
        for file in sorted(_files(folder)):
            parts += [str(file.relative_to(ROOT)), file]
    return cache.key(*parts, *PINS, ROOT / "pyproject.toml")


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())


def _name(server: str) -> str:
    return "bailiwick" if server == "host" else f"bailiwick-{server}"


def _full(server: str) -> str:
    return f"localhost/{_name(server)}:{__version__}"
