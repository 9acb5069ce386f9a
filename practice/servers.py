"""Bailiwick on the ground: one host with every server, told to trust the ground."""

import sys
from pathlib import Path

import httpx

from practice import programs
from practice.facts import Keycloak, Kubernetes, Servers
from practice.steps import Steps

NAMES = ("cluster",)
FILE = "bailiwick.toml"
CONFIG = """
state = "{state}"

[listen]
port = {port}

[[identity.issuers]]
name = "practice"
url = "{issuer}"
ca_file = "{ca_file}"

[servers.cluster.clusters.practice]
kubeconfig = "{kubeconfig}"
"""


def start(at: Path, api: Kubernetes, identity: Keycloak, steps: Steps) -> Servers:
    """Start the host and wait until it takes calls."""
    return programs.persist(
        at, ["bailiwick"], 1, lambda free: _start(at, api, identity, steps, free)
    )


def _start(at: Path, api: Kubernetes, identity: Keycloak, steps: Steps, free: list[int]) -> Servers:
    state, config = at / "bailiwick", at / FILE
    config.write_text(
        CONFIG.format(
            state=state,
            port=free[0],
            issuer=identity.issuer,
            ca_file=identity.ca_file,
            kubeconfig=api.kubeconfig,
        )
    )
    command = [sys.executable, "-m", "bailiwick", "serve", *NAMES, "--http", "--config", config]
    program = programs.start(at, "bailiwick", command)
    url = f"http://127.0.0.1:{free[0]}"

    def ready() -> bool:
        programs.watch(at, [program])
        try:
            return httpx.get(f"{url}/readyz").is_success
        except httpx.TransportError:
            return False

    steps.until(ready, "Bailiwick to take calls", 30)
    steps.say("bailiwick: takes calls")
    urls = {name: {"mcp": f"{url}/{name}/mcp", "sse": f"{url}/{name}/sse"} for name in NAMES}
    return Servers(url, urls, config, state)
