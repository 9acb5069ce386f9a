"""The chart as it stands in the tree: what it renders, and the kinds of others that it may use."""

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml

from practice.cache import kept, tool
from scripts import manifests

Object = dict[str, Any]
SETS = ("smallest", "everything", "replicas", "gateway", "openshift")
KINDS = {
    "routes": (
        "github.com/openshift/api@v0.0.0-20260318185450-1f2fa3f09f4e",
        "route/v1/zz_generated.crd-manifests/routes.crd.yaml",
    ),
    "httproutes": (
        "sigs.k8s.io/gateway-api@v1.5.0",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    ),
    "backendtlspolicies": (
        "sigs.k8s.io/gateway-api@v1.5.0",
        "config/crd/standard/gateway.networking.k8s.io_backendtlspolicies.yaml",
    ),
    "servicemonitors": (
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    "prometheusrules": (
        "github.com/prometheus-operator/prometheus-operator@v0.85.0",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
}
"""The real definitions of kinds that are not Kubernetes' own: a Go module, and a file of it."""


def values(name: str) -> tuple[str, ...]:
    """Name the files of a set of values, as words for helm."""
    return manifests.files_of(manifests.VALUES / f"{name}.yaml")


def golden(name: str) -> list[Object]:
    """Return the objects that a set of values renders to; whether it still does is tested apart."""
    path = manifests.VALUES.parent / "golden" / f"{name}.yaml"
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def helm(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run helm, with nothing of this machine's own settings."""
    return subprocess.run(
        [*manifests.helm(), *words],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def rendered(*words: str) -> list[Object]:
    """Render the chart with more words."""
    done = helm("template", "bailiwick", str(manifests.CHART), "--namespace", "tools", *words)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def kinds(objects: list[Object], kind: str) -> list[Object]:
    """Return those of a kind."""
    return [each for each in objects if each["kind"] == kind]


@cache
def definition(name: str) -> Path:
    """Return the file that defines a kind, kept as builds of the practice ground are."""
    module, inside = KINDS[name]

    def fetch(made: Path) -> None:
        words = [tool("go", "Go 1.26"), "mod", "download", "-json", module]
        # Outside of any module, so that none is changed; sums are those of Go's own database.
        done = subprocess.run(words, cwd=made.parent, capture_output=True, check=True)
        made.write_bytes((Path(orjson.loads(done.stdout)["Dir"]) / inside).read_bytes())

    return kept(f"definition-{name}", [module, inside], fetch)
