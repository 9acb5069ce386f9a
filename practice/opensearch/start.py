"""Starts OpenSearch as a program of a ground, or of a folder that is only a test's."""

from pathlib import Path

import httpx

from practice import answers, programs
from practice.keycloak_build import java
from practice.opensearch import build
from practice.opensearch.facts import OpenSearch
from practice.ports import LOOPBACK
from practice.steps import Steps

NAME = "opensearch"
# Short-lived and small: one compiler tier and the serial collector halve start and memory.
JVM = (
    *("-Xms64m", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
    *("-XX:+ExitOnOutOfMemoryError", "-Djava.security.egd=file:/dev/urandom"),
    *("-Dfile.encoding=UTF-8", "-Dlog4j2.disable.jmx=true", "-Dlog4j2.level=WARN"),
)
SETTINGS = {
    "cluster.name": "practice",
    "node.name": "practice",
    "discovery.type": "single-node",
    "network.host": LOOPBACK,
    "node.processors": "2",
    # How full the disk of the machine is says nothing about the pretend enterprise.
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    "action.auto_create_index": "false",
}
PATIENCE = 90
"""Seconds until it must answer; 9 to 15 are usual."""


def start(at: Path, steps: Steps) -> OpenSearch:
    """Start it with an empty data folder of its own, and wait until it answers."""
    library = build.library(steps)
    steps.say("opensearch: jars at hand")
    return programs.persist(at, (NAME,), 2, lambda ports: _started(at, library, steps, ports))


def _started(at: Path, library: Path, steps: Steps, ports: list[int]) -> OpenSearch:
    home = at / NAME
    for folder in ("config", "data", "tmp"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    told = {**SETTINGS, "http.port": str(ports[0]), "transport.port": str(ports[1])}
    words = [
        *(java(), *JVM, f"-Djava.io.tmpdir={home / 'tmp'}", "-cp", build.class_path(library)),
        *(build.MAIN, str(home), *(f"{name}={value}" for name, value in told.items())),
    ]
    running = programs.start(at, NAME, words)
    known = OpenSearch(f"http://{LOOPBACK}:{ports[0]}")
    ready = f"{known.url}/_cluster/health?wait_for_status=yellow&timeout=1s"
    with httpx.Client(trust_env=False, timeout=5) as link:
        awaited = "answer of OpenSearch"
        answers.answering(at, running, link, ready, awaited, steps, PATIENCE)
    steps.say("opensearch: answers")
    return known
