#!/usr/bin/env python3
"""Write what clients and the registry are told of each server, from the catalogue.

Without arguments: `manifests/clients/SERVER/manifest.json` for bundles, and
`manifests/registry/SERVER.json` for the MCP registry. With `--check` nothing is written, and the
exit status is 1 where a file is not what it would be. With `--namespace NAME` the registry's
entries are written for publishing, to `dist/registry`; `--bundles URL` says where the bundles of
`dist` will be found, and adds them with their hashes.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bailiwick import __version__  # noqa: E402 - the root is on the path now
from bailiwick.tool import ToolSpec  # noqa: E402 - the same
from bailiwick_cluster.tools import TOOLS as CLUSTER  # noqa: E402 - the same
from bailiwick_observability.tools import TOOLS as OBSERVABILITY  # noqa: E402 - the same
from bailiwick_retrieval.tools import TOOLS as RETRIEVAL  # noqa: E402 - the same

NAMESPACE = "io.github.example"
"""Nobody's: the project has no published home yet. Whoever publishes it gives their own."""
SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
DISTRIBUTION = "bailiwick-mcp"
TOOLS: dict[str, tuple[ToolSpec, ...]] = {
    "cluster": tuple(CLUSTER),
    "observability": tuple(OBSERVABILITY),
    "retrieval": tuple(RETRIEVAL),
}
ABOUT = {
    "cluster": (
        "Bailiwick: Kubernetes",
        "Kubernetes and Helm: diagnose, preview, change. Judged, agreed to, and written down.",
    ),
    "observability": (
        "Bailiwick: observability",
        "Prometheus, Alertmanager, Grafana, Splunk, Dynatrace. Judged and written down.",
    ),
    "retrieval": (
        "Bailiwick: documents",
        "Runbooks and documents by words and meaning, for their readers only. Written down.",
    ),
}
CONFIG = "TOML file; docs/configuration.md says what may stand in it."
KUBECONFIG = (
    "Each context of it is a cluster, where the configuration names none. Default: ~/.kube/config."
)


def manifest(server: str) -> dict[str, Any]:
    """Describe a bundle, as MCPB's manifest 0.4 wants it: the host runs it with uv."""
    title, description = ABOUT[server]
    settings: dict[str, Any] = {
        "config": {"type": "file", "title": "Configuration", "description": CONFIG}
    }
    env = {"BAILIWICK_CONFIG": "${user_config.config}"}
    if server == "cluster":
        told = {"type": "file", "title": "kubeconfig", "description": KUBECONFIG}
        settings["kubeconfig"] = told
        env["KUBECONFIG"] = "${user_config.kubeconfig}"
    words = ["run", "--frozen", "--no-dev", "--directory", "${__dirname}", "server.py"]
    return {
        "manifest_version": "0.4",
        "name": f"bailiwick-{server}",
        "display_name": title,
        "version": __version__,
        "description": description,
        "author": {"name": "Bailiwick"},
        "license": "Apache-2.0",
        "server": {
            "type": "uv",
            "entry_point": "server.py",
            "mcp_config": {"command": "uv", "args": words, "env": env},
        },
        "tools": [
            {"name": spec.name, "description": spec.description.splitlines()[0]}
            for spec in TOOLS[server]
        ],
        "prompts_generated": True,
        "compatibility": {"platforms": ["darwin", "linux"], "runtimes": {"python": ">=3.11"}},
        "user_config": settings,
    }


def entry(server: str, namespace: str = NAMESPACE) -> dict[str, Any]:
    """Describe a server for the registry: as a package that uvx runs, and as a host's endpoint."""
    title, description = ABOUT[server]
    host = {
        "description": "Where your installation is: a host, with a port where it has its own.",
        "isRequired": True,
        "placeholder": "bailiwick.example.com",
    }
    variables = [{"name": "BAILIWICK_CONFIG", "description": CONFIG, "format": "filepath"}]
    if server == "cluster":
        told = {"name": "KUBECONFIG", "description": KUBECONFIG, "format": "filepath"}
        variables.append(told)
    package = {
        "registryType": "pypi",
        "identifier": DISTRIBUTION,
        "version": __version__,
        "runtimeHint": "uvx",
        "runtimeArguments": [
            {"type": "named", "name": "--with", "value": f"{DISTRIBUTION}[{server}]"}
        ],
        "packageArguments": [
            {"type": "positional", "value": "serve"},
            {"type": "positional", "value": server},
        ],
        "environmentVariables": variables,
        "transport": {"type": "stdio"},
    }
    remote = {
        "type": "streamable-http",
        "url": f"https://{{host}}/{server}/mcp",
        "variables": {"host": host},
    }
    return {
        "$schema": SCHEMA,
        "name": f"{namespace}/bailiwick-{server}",
        "title": title,
        "description": description,
        "version": __version__,
        "packages": [package],
        "remotes": [remote],
    }


def bundle(server: str, home: str) -> dict[str, Any]:
    """Describe a bundle that was built, and will be found at `home`."""
    name = f"bailiwick-{server}.mcpb"
    return {
        "registryType": "mcpb",
        "identifier": f"{home.rstrip('/')}/{name}",
        "fileSha256": hashlib.sha256((ROOT / "dist" / name).read_bytes()).hexdigest(),
        "transport": {"type": "stdio"},
    }


def written(document: dict[str, Any]) -> bytes:
    """Write a document as it stands in a file."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def files() -> Iterator[tuple[str, bytes]]:
    """Yield every generated file by its path in the project."""
    for server in TOOLS:
        yield f"manifests/clients/{server}/manifest.json", written(manifest(server))
        yield f"manifests/registry/{server}.json", written(entry(server))


def publish(namespace: str, home: str) -> None:
    """Write the entries under a namespace of one's own."""
    to = ROOT / "dist" / "registry"
    to.mkdir(parents=True, exist_ok=True)
    for server in TOOLS:
        made = entry(server, namespace)
        if home:
            made["packages"].append(bundle(server, home))
        (to / f"{server}.json").write_bytes(written(made))


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--namespace", default="")
    parser.add_argument("--bundles", default="", metavar="URL")
    asked = parser.parse_args()
    if asked.namespace:
        publish(asked.namespace, asked.bundles)
        return 0
    stale = [(ROOT / name, text) for name, text in files() if _read(ROOT / name) != text]
    for path, text in stale:
        if not asked.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        sys.stderr.write(f"clients: {path.relative_to(ROOT)} {'is stale' * asked.check}\n")
    return 1 if asked.check and stale else 0


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


if __name__ == "__main__":
    sys.exit(main())
