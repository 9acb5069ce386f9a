"""Bailiwick on the ground: one host with every server, told to trust the ground."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from bailiwick.rules import shipped
from practice import answers, programs
from practice.confluence.facts import Confluence
from practice.containers import images, running
from practice.dynatrace.facts import Dynatrace
from practice.facts import Keycloak, Kubernetes, Metrics, Part, Servers
from practice.grafana.facts import Grafana
from practice.library.facts import Library
from practice.library.settings import table
from practice.library.start import STATE
from practice.splunk.facts import Splunk
from practice.steps import Steps

NAMES = ("cluster", "observability", "retrieval")
IMAGES = "PRACTICE_IMAGES"
"""Environment variable: where it is set, the host runs in a container of its image."""
FILE = "bailiwick.toml"
OWN = Path(__file__).with_name("documents.cedar")
"""What the ground permits beside the shipped policy."""
CONFIG = """
state = "{state}"

[listen]
port = {port}

[policy]
path = "{policy}"

[[identity.issuers]]
name = "practice"
url = "{issuer}"
ca_file = "{ca_file}"

[servers.cluster.clusters.practice]
kubeconfig = "{kubeconfig}"
"""
METRICS = """
[servers.observability.sources.metrics-eu]
kind = "prometheus"
url = "{prometheus}"
alertmanager = "alerts-eu"
deployments = "app_info"
watch = ["sum by (service) (rate(http_requests_total{{code=~\\"5..\\"}}[5m]))"]

[[servers.observability.sources.metrics-eu.slos]]
name = "checkout availability"
errors = '''
sum(rate(http_requests_total{{service="checkout",code=~"5.."}}[$window]))
/ sum(rate(http_requests_total{{service="checkout"}}[$window]))
'''
target = 0.995
window = "7d"

[servers.observability.sources.metrics-old]
kind = "prometheus"
url = "{prometheus_old}"
deployments = ""

[servers.observability.sources.metrics-vm]
kind = "prometheus"
url = "{victoria}"
deployments = ""

[servers.observability.sources.alerts-eu]
kind = "alertmanager"
url = "{alertmanager}"
"""
SPLUNK = """
[servers.observability.sources.logs-eu]
kind = "splunk"
url = "{url}"
ca_file = "{ca_file}"
errors = "index=shop level=ERROR"
credentials = [
  {{ file = "{bo}", groups = ["lead"] }},
  {{ file = "{ana}", groups = ["sre"] }},
  {{ file = "{bailiwick}", groups = ["local"] }},
]
"""
DYNATRACE = """
[servers.observability.sources.problems-eu]
kind = "dynatrace"
url = "{url}"
platform_url = "{platform_url}"
ca_file = "{ca_file}"
credentials = [
  {{ file = "{api_file}", scheme = "api-token" }},
  {{ file = "{platform_file}", use = "platform" }},
]
"""
GRAFANA = """
[servers.observability.sources.boards-eu]
kind = "grafana"
url = "{url}"
ca_file = "{ca_file}"
credentials = [{{ file = "{token}" }}]
"""


def start(at: Path, parts: Mapping[str, Part], steps: Steps) -> Servers:
    """Start the host and wait until it takes calls."""
    return programs.persist(at, ["bailiwick"], 1, lambda free: _start(at, parts, steps, free[0]))


def configuration(at: Path, parts: Mapping[str, Part], port: int) -> str:
    """Write what the host is told: every part that runs becomes something it may be asked about."""
    api, identity = parts["kubernetes"], parts["keycloak"]
    assert isinstance(api, Kubernetes)  # noqa: S101 - the ground starts it only with both
    assert isinstance(identity, Keycloak)  # noqa: S101
    text = CONFIG.format(
        state=at / STATE,
        port=port,
        policy=policy(at / "policy"),
        issuer=identity.issuer,
        ca_file=identity.ca_file,
        kubeconfig=api.kubeconfig,
    )
    return text + sources(at, parts) + documents(parts)


def policy(folder: Path) -> Path:
    """Lay the shipped policy and the ground's own into a folder."""
    folder.mkdir(exist_ok=True)
    for file in (shipped(), OWN):
        shutil.copyfile(file, folder / file.name)
    return folder


def documents(parts: Mapping[str, Part]) -> str:
    """Write the collections of the retrieval server."""
    library, wiki = parts.get("library"), parts.get("confluence")
    if not isinstance(library, Library):
        return ""
    return table(library, wiki if isinstance(wiki, Confluence) else None)


def sources(at: Path, parts: Mapping[str, Part]) -> str:
    """Write the sources of the observability server."""
    text = ""
    for part in parts.values():
        if isinstance(part, Metrics):
            text += METRICS.format(**vars(part))
        elif isinstance(part, Splunk):
            text += SPLUNK.format(**{**vars(part), **_written(at / "splunk-tokens", part.tokens)})
        elif isinstance(part, Dynatrace):
            text += DYNATRACE.format(**vars(part))
        elif isinstance(part, Grafana):
            text += GRAFANA.format(**vars(part), token=part.token_file("editor"))
    return text


def _written(folder: Path, tokens: Mapping[str, str]) -> dict[str, Path]:
    """Keep each user's token in a file of its own, as a secret would be mounted."""
    folder.mkdir(exist_ok=True, mode=0o700)
    for name, token in tokens.items():
        (folder / name).write_text(token)
        (folder / name).chmod(0o600)
    return {name: folder / name for name in tokens}


def _start(at: Path, parts: Mapping[str, Part], steps: Steps, port: int) -> Servers:
    state, config = at / STATE, at / FILE
    config.write_text(configuration(at, parts, port))
    words = ["serve", *NAMES, "--http", "--config", str(config)]
    if os.environ.get(IMAGES):
        built = images.images(steps)
        seen = [part.model for part in parts.values() if isinstance(part, Library)]
        command = [*running.served(built.engine, built.names["host"], at, state, seen), *words]
    else:
        command = [sys.executable, "-m", "bailiwick", *words]
    program = programs.start(at, "bailiwick", command)
    url = f"http://127.0.0.1:{port}"

    with httpx.Client() as link:
        answers.answering(at, program, link, f"{url}/readyz", "Bailiwick to take calls", steps)
    steps.say("bailiwick: takes calls")
    urls = {name: {"mcp": f"{url}/{name}/mcp", "sse": f"{url}/{name}/sse"} for name in NAMES}
    return Servers(url, urls, config, state)
