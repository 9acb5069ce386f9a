"""A current Prometheus, built once and then cached: Debian has the generation before."""

import os
import re
from pathlib import Path

from practice import cache
from practice.steps import Steps

SOURCE = Path(__file__).parent / "prometheus3"
FILES = ("go.mod", "go.sum")
MODULE = "github.com/prometheus/prometheus"
TAGS = "remove_all_sd,netgo"
"""Leaves out the discoveries of clouds and clusters; static, file and HTTP discovery stay."""
PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "prometheus-pushgateway": "prometheus-pushgateway",
    "victoria-metrics": "victoria-metrics",
}
"""Programs and the Debian packages that have them."""


def program(name: str) -> str:
    """Find one of Debian's programs."""
    return cache.tool(name, f"the Debian package {PACKAGES[name]}")


def check() -> None:
    """Raise if what the metrics need of the machine is not there."""
    for name in PACKAGES:
        program(name)
    if not cache.place("prometheus3", _recipe()).exists():
        _go()


def prometheus(steps: Steps) -> Path:
    """Give the current Prometheus; the first build takes two minutes."""

    def build(made: Path) -> None:
        steps.say("metrics: first time here: building Prometheus, about 2 minutes")
        words = [_go(), "build", "-trimpath", "-tags", TAGS, "-ldflags", _flags(), "-o", str(made)]
        static = {**os.environ, "CGO_ENABLED": "0"}
        steps.run([*words, f"{MODULE}/cmd/prometheus"], "building Prometheus", SOURCE, static)

    return cache.kept("prometheus3", _recipe(), build)


def version() -> str:
    """Give the version as Prometheus counts it: module 0.316.0 is release 3.16.0."""
    found = re.search(rf"{MODULE} v0\.(\d)(\d\d)\.(\d+)", (SOURCE / "go.mod").read_text())
    if found is None:
        raise ValueError(f"go.mod names no version of {MODULE}")
    return f"{found[1]}.{int(found[2])}.{found[3]}"


def _recipe() -> list[str | Path]:
    return [TAGS, _flags(), *(SOURCE / name for name in FILES)]


def _flags() -> str:
    """Tell the binary its version: without it the server calls itself nothing."""
    return f"-s -w -X github.com/prometheus/common/version.Version={version()}"


def _go() -> str:
    return cache.tool("go", "Go 1.26 or newer")
