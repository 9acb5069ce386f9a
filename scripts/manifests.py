#!/usr/bin/env python3
"""Write what is generated for Kubernetes: the schema of the chart's values, and what it renders.

With `--check` nothing is written, and the exit status is 1 where a file is not what it would be.
Helm is the one in the practice ground's control plane, which is built where it is not yet.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson
import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bailiwick.config import Settings  # noqa: E402 - the root is on the path now
from bailiwick_cluster.settings import Settings as Cluster  # noqa: E402 - the same
from bailiwick_observability.settings import Settings as Observability  # noqa: E402 - the same
from bailiwick_retrieval.settings import Settings as Retrieval  # noqa: E402 - the same
from practice.binary import binary  # noqa: E402 - the same
from practice.steps import Steps  # noqa: E402 - the same

CHART = ROOT / "manifests/helm/bailiwick"
PLAIN = ROOT / "manifests/kubernetes"
VALUES = ROOT / "tests/manifests/values"
SETTINGS: Mapping[str, type[BaseModel]] = {
    "core": Settings,
    "cluster": Cluster,
    "observability": Observability,
    "retrieval": Retrieval,
}
COPIED = {
    "rules.yaml": ROOT / "manifests/prometheus/rules.yaml",
    "dashboard.json": ROOT / "manifests/grafana/bailiwick.json",
}
"""A chart reads only its own folder, so it has copies."""
ONE_SERVER = ("cluster", "observability", "retrieval")
NOTICE = (
    "# Written by scripts/manifests.py from the chart. Change that, or patch this with kustomize.\n"
)
_OURS = re.compile(r"^( *)([A-Za-z]+):")

Schema = dict[str, Any]


def pages() -> dict[Path, str]:
    """Return the text of every generated file by its path."""
    made = parts()
    for name in ONE_SERVER:
        made |= plain(name)
    for path in sorted(VALUES.glob("*.yaml")):
        made[path.parent.parent / "golden" / path.name] = render(*files_of(path))
    return made


def parts() -> dict[Path, str]:
    """Return what is generated of the chart itself, which has to be there to render."""
    made = {CHART / "values.schema.json": _json(schema())}
    for name, source in COPIED.items():
        made[CHART / "files" / name] = source.read_text(encoding="utf-8")
    return made


# The schema of the values


def schema() -> Schema:
    """Write the schema whole: from schema.yaml, the comments of values.yaml and the settings."""
    raw = yaml.safe_load((CHART.parent / "schema.yaml").read_text(encoding="utf-8"))
    defs, tables = settings()
    several = raw["$defs"].pop("several")
    made = strict(filled(raw, several, tables))
    for path, text in comments().items():
        describe(made, path, text)
    made["$defs"] |= defs
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def settings() -> tuple[Schema, Schema]:
    """Return the schemas of the servers' settings: what they are made of, and each as a whole."""
    keys, found = models_json_schema(
        [(model, "validation") for model in SETTINGS.values()],
        ref_template="#/$defs/settings.{model}",
    )
    defs = {f"settings.{name}": tidy(each) for name, each in found["$defs"].items()}
    where = {name: str(keys[model, "validation"]["$ref"]) for name, model in SETTINGS.items()}
    core = defs[where["core"].removeprefix("#/$defs/")]
    for ours in ("servers", "state"):  # the chart says these
        core["properties"].pop(ours)
    return defs, {name: {"$ref": ref} for name, ref in where.items()}


def tidy(part: Any) -> Any:
    """Leave out what only costs room, and allow no other names."""
    if isinstance(part, list):
        return [tidy(each) for each in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    table = cast("Schema", part)
    left = {"title", "format", "discriminator", "default"}
    kept = {
        name: {key: tidy(each) for key, each in value.items()}
        if name == "properties"
        else tidy(value)
        for name, value in table.items()
        if name not in left
    }
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    return kept


def filled(part: Any, several: Schema, tables: Schema) -> Any:
    """Put the settings in their place, and what servers have in common."""
    if isinstance(part, list):
        return [filled(each, several, tables) for each in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    table = dict(cast("Schema", part))
    if isinstance(name := table.get("settings"), str):
        return tables[name]
    if table.pop("several", None):
        table["properties"] = several | table["properties"]
    return {name: filled(each, several, tables) for name, each in table.items()}


def strict(part: Any) -> Any:
    """Allow no names that are not told."""
    if isinstance(part, list):
        return [strict(each) for each in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    table = {name: strict(each) for name, each in cast("Schema", part).items()}
    if table.get("type") == "object" and "properties" in table:
        table.setdefault("additionalProperties", False)
    return table


def comments() -> dict[tuple[str, ...], str]:
    """Return the comment of every value that has one, by its path."""
    found: dict[tuple[str, ...], str] = {}
    path: list[tuple[int, str]] = []
    said: list[str] = []
    for line in (CHART / "values.yaml").read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("# -- "):
            said = [line.strip().removeprefix("# -- ")]
        elif said and line.lstrip().startswith("# "):
            said.append(line.strip().removeprefix("# "))
        elif key := _OURS.match(line):
            depth = len(key[1])
            path = [*(step for step in path if step[0] < depth), (depth, key[2])]
            if said:
                found[tuple(name for _, name in path)] = " ".join(said)
            said = []
    return found


def describe(made: Schema, path: tuple[str, ...], text: str) -> None:
    """Put a comment where an editor shows it."""
    table = made
    for name in path:
        table: Schema = table["properties"][name] if "properties" in table else {}
        if "$ref" in table and "properties" not in table and name != path[-1]:
            table = made["$defs"][table["$ref"].rsplit("/", 1)[-1]]
    table["description"] = text


# What the chart renders


@cache
def helm() -> tuple[str, ...]:
    """Name the helm of the practice ground."""
    return (str(binary(Steps())), "helm")


def files_of(path: Path) -> tuple[str, ...]:
    """Name the files that a set of values is made of: OpenShift's lies over the shipped one."""
    shipped = ROOT / "manifests/openshift/values.yaml"
    under = (str(shipped),) if path.stem == "openshift" else ()
    return tuple(word for file in (*under, str(path)) for word in ("--values", file))


def render(*more: str, namespace: str = "tools") -> str:
    """Render the chart as the release `bailiwick` of a namespace."""
    words = [*helm(), "template", "bailiwick", str(CHART), "--namespace", namespace, *more]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise SystemExit(f"manifests: {done.stderr}")
    return done.stdout


def plain(server: str) -> dict[Path, str]:
    """Return a server's manifests for kustomize: objects, settings, and what puts them together."""
    told = ("--values", str(PLAIN / "values.yaml"), "--set", f"servers.{server}.enabled=true")
    found = render(*told, "--set", "test.enabled=false", namespace="bailiwick")
    objects = [bare(each) for each in yaml.safe_load_all(found) if each]
    config = next(each for each in objects if "config.toml" in each.get("data", {}))
    objects.remove(config)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["objects.yaml"],
        # A name that changes with the text begins the pods anew when the settings change.
        "configMapGenerator": [{"name": config["metadata"]["name"], "files": ["config.toml"]}],
    }
    folder = PLAIN / "base" / server
    text = "---\n".join(yaml.safe_dump(each, sort_keys=False, width=100) for each in objects)
    return {
        folder / "objects.yaml": NOTICE + text,
        folder / "config.toml": NOTICE + config["data"]["config.toml"].partition("\n")[2],
        folder / "kustomization.yaml": NOTICE + yaml.safe_dump(kustomization, sort_keys=False),
    }


def bare(found: Schema) -> Schema:
    """Take off what only Helm needs."""
    for labels in _labels(found):
        labels.pop("helm.sh/chart", None)
        labels.pop("app.kubernetes.io/managed-by", None)
    pod = found.get("spec", {}).get("template", {}).get("metadata", {})
    pod.get("annotations", {}).pop("bailiwick.dev/config", None)
    if not pod.get("annotations", True):
        del pod["annotations"]
    return found


def _labels(part: Any) -> Iterator[Schema]:
    if isinstance(part, dict):
        table = cast("Schema", part)
        if isinstance(table.get("labels"), dict):
            yield table["labels"]
        for each in table.values():
            yield from _labels(each)


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"


def main() -> int:
    """Write the files, or check them."""
    check = sys.argv[1:] == ["--check"]
    stale = [*brought(parts(), check=check), *brought(pages(), check=check)]
    for path in dict.fromkeys(stale):
        said = "is stale" if check else "written"
        sys.stderr.write(f"manifests: {path.relative_to(ROOT)} {said}\n")
    return 1 if check and stale else 0


def brought(made: Mapping[Path, str], *, check: bool) -> list[Path]:
    """Write what is not as it should be, unless it is only checked, and name it."""
    stale = [path for path, text in made.items() if _read(path) != text]
    for path in stale if not check else ():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], encoding="utf-8")
    return stale


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
