"""What the scripts beside the Containerfile decide, on folders in miniature."""

import importlib.util
import io
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from practice.containers import runtime
from practice.containers.images import SOURCE

PINS = """
one==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
old==2.0 ; python_full_version < '3.11.3' \\
    --hash=sha256:cc
later==3.0 ; python_full_version >= '3.12' \\
    --hash=sha256:dd
elsewhere==4.0 ; sys_platform == 'win32' \\
    --hash=sha256:ee
"""


def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, SOURCE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def laid(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_pins_of_this_python_are_taken_whatever_its_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    context = script("context")
    monkeypatch.setattr(context, "PATCHES", ("3.11.0", "3.11.99"))
    assert [(pin.name, hashes) for pin, hashes in context.needed(PINS)] == [
        ("one", "--hash=sha256:aa --hash=sha256:bb"),
        ("old", "--hash=sha256:cc"),
    ]


def test_trimming_keeps_what_it_is_told_to(tmp_path: Path) -> None:
    root = laid(tmp_path, "a/tests/x.py", "a/b.py", "a/b.pyi", "f/one.py", "f/two.py", "f/m/x.py")
    script("assemble").trim(root, ["# why", "", "**/tests", "**/*.pyi", "f/*", "!f/m", "!f/one.py"])
    assert names(root) == ["a/b.py", "f/m/x.py", "f/one.py"]


def test_a_record_names_what_is_there(tmp_path: Path) -> None:
    root = laid(tmp_path, "a/b.py", "a-1.dist-info/RECORD")
    lines = ["a/b.py,sha256=x,1\n", '"a/gone, too.py",sha256=y,2\n', "../../../bin/a,,\n"]
    assert list(script("assemble").there(root, lines)) == lines[:1]


def layer(*files: str) -> tarfile.TarFile:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in files:
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"data"))
    out.seek(0)
    return tarfile.open(fileobj=out)


def test_a_layer_hides_what_it_removes() -> None:
    files = dict[str, Any]()
    contents = script("contents")
    contents.spread(layer("usr/bin/sh", "opt/x/a", "opt/x/b"), files)
    contents.spread(layer("usr/bin/.wh.sh", "opt/.wh.x", "opt/y"), files)
    assert sorted(files) == ["opt/y"]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("opt/bailiwick/lib/python3.11/site-packages/numpy.libs/x.so", "numpy"),
        ("opt/bailiwick/lib/python3.11/site-packages/mcp-2.3.0.dist-info/METADATA", "mcp"),
        ("opt/bailiwick/bin/helm", "bin/helm"),
        ("usr/lib/python3.11/enum.py", "base: Python"),
        ("etc/passwd", "base: Debian's libraries and files"),
    ],
)
def test_what_a_file_belongs_to(path: str, part: str) -> None:
    contents = script("contents")
    assert contents.part(contents.PurePosixPath(path)) == part


@pytest.mark.parametrize("bundle", [True, False])
def test_the_runtime_drops_what_may_not_be_set_and_nothing_else(
    tmp_path: Path, bundle: bool
) -> None:
    process: dict[str, Any] = {
        "rlimits": [1],
        "oomScoreAdj": -500,
        "noNewPrivileges": True,
        "capabilities": {},
    }
    file = tmp_path / "config.json"
    file.write_bytes(orjson.dumps({"process": process} if bundle else process))
    runtime.rewrite(file, bundle=bundle)
    said = orjson.loads(file.read_bytes())
    kept: dict[str, Any] = {"noNewPrivileges": True, "capabilities": {}}
    assert said == ({"process": kept} if bundle else kept)
