"""The one binary that is every part of the Kubernetes control plane: built once, then cached."""

import os
import re
import subprocess
from pathlib import Path

from practice import cache
from practice.steps import Steps

SOURCE = Path(__file__).parent / "controlplane"
FILES = ("go.mod", "go.sum", "main.go")
NEEDED_GO = (1, 26)


def binary(steps: Steps) -> Path:
    """Give the binary; the first build downloads its modules and takes minutes."""

    def build(made: Path) -> None:
        steps.say("kubernetes: first time here: building, about 5 minutes")
        words = [_go(), "build", "-trimpath", "-o", str(made), "-ldflags", _flags(), "."]
        static = {**os.environ, "CGO_ENABLED": "0"}
        steps.run(words, "building the control plane", SOURCE, static)

    return cache.kept("controlplane", _recipe(), build)


def check() -> None:
    """Raise if the binary has yet to be built and cannot be."""
    if not cache.place("controlplane", _recipe()).exists():
        _go()


def _recipe() -> list[str | Path]:
    return [_flags(), *(SOURCE / name for name in FILES)]


def _go() -> str:
    needed = "Go 1.26 or newer"
    go = cache.tool("go", needed)
    said = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True)
    found = tuple(int(part) for part in re.findall(r"\d+", said.stdout)[:2])
    if found < NEEDED_GO:
        raise FileNotFoundError(f"{said.stdout.strip()} is too old: install {needed}")
    return go


def _flags() -> str:
    """Tell the binary its version: without it the server calls itself v0.0.0-master."""
    modules = (SOURCE / "go.mod").read_text()
    found = re.search(r"^\s*k8s\.io/kubernetes (v1\.(\d+)\.\d+)$", modules, re.MULTILINE)
    if found is None:
        raise ValueError("go.mod names no version of k8s.io/kubernetes")
    at = "k8s.io/component-base/version"
    major = f"-X {at}.gitMajor=1 -X {at}.gitMinor={found[2]}"
    return f"-s -w -X {at}.gitVersion={found[1]} {major}"
