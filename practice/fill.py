"""A crowd of pods, made as fast as the API takes them, and sent home again."""

import http.client
import json
import queue
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx

from practice import api
from practice.facts import Ground
from practice.flags import NODES
from practice.steps import Steps

THREADS = 16
ONE_IN = 100  # pods that crash
DEATHS = "3"
SPACES = "/api/v1/namespaces"
NAMES_ONLY = {"Accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}


def fill(ground: Ground, count: int, namespaces: int, steps: Steps) -> dict[str, Any]:
    """Create pods in namespaces fill-0, fill-1 ... and wait until they run or stay down.

    Give {pods, crashing, created_seconds, settled_seconds}.
    """
    began = time.monotonic()
    _prepare(ground, namespaces, steps)
    _create(ground, [(f"fill-{number % namespaces}", pod(number)) for number in range(count)])
    created = time.monotonic() - began
    steps.say(f"fill: {count} pods created")
    _settle(ground, steps, 60 + count / 20)
    settled = time.monotonic() - began
    steps.say("fill: settled")
    return {
        "pods": count,
        "crashing": sum(_crashes(number) for number in range(count)),
        "created_seconds": round(created, 1),
        "settled_seconds": round(settled, 1),
    }


def unfill(ground: Ground, steps: Steps) -> int:
    """Delete what `fill` created; give the number of namespaces that went."""
    with api.client(ground.kubernetes.server, ground.at / "pki", "practice") as link:

        def left() -> list[str]:
            listed = link.get(SPACES).raise_for_status().json()["items"]
            names: list[str] = [each["metadata"]["name"] for each in listed]
            return [name for name in names if name.startswith("fill-")]

        going = left()
        for name in going:
            # Without grace the pods go at once, before the namespace's own slower clearing.
            link.request(
                "DELETE", f"{SPACES}/{name}/pods", params={"gracePeriodSeconds": 0}, timeout=300
            ).raise_for_status()
            link.delete(f"{SPACES}/{name}").raise_for_status()
        steps.until(lambda: not left(), "end of the fill's namespaces", 300, pause=0.5)
    steps.say(f"fill: {len(going)} namespaces gone")
    return len(going)


def pod(number: int) -> dict[str, Any]:
    """Describe one pod of the crowd; it is bound to its node, so that the scheduler rests."""
    app = f"app-{number % 200:03d}"
    labels = {"app": app, "team": f"team-{number % 20}"}
    notes: dict[str, str] = {}
    if _crashes(number):
        labels["bailiwick.test/fault"] = "crash"
        notes = {f"bailiwick.test/{word}": "200ms" for word in ("runs-for", "waits-for")}
        notes["bailiwick.test/max-restarts"] = DEATHS
    container = {
        "name": "app",
        "image": f"registry.practice.example/{app}:1.{number % 7}",
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"pod-{number:05d}", "labels": labels, "annotations": notes},
        "spec": {
            "nodeName": f"node-{number % NODES}",
            "automountServiceAccountToken": False,
            "containers": [container],
        },
    }


def _crashes(number: int) -> bool:
    return number % ONE_IN == ONE_IN // 2


def _prepare(ground: Ground, namespaces: int, steps: Steps) -> None:
    with api.client(ground.kubernetes.server, ground.at / "pki", "practice") as link:
        names = [f"fill-{number}" for number in range(namespaces)]
        api.Applier(link).apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in names
        )
        for name in names:
            path = f"{SPACES}/{name}/serviceaccounts/default"
            steps.until(lambda path=path: link.get(path).is_success, f"account in {name}", 30)


def _create(ground: Ground, pods: Sequence[tuple[str, dict[str, Any]]]) -> None:
    waiting: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
    for each in pods:
        waiting.put(each)
    refused: list[str] = []
    threads = [
        threading.Thread(target=_work, args=(_link(ground), waiting, refused.append))
        for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise RuntimeError(f"{len(refused)} pods were refused: {refused[0]}")


def _work(
    link: http.client.HTTPSConnection,
    waiting: "queue.SimpleQueue[tuple[str, dict[str, Any]]]",
    refuse: Callable[[str], None],
) -> None:
    """Post pods until none is left, on one connection that is kept."""
    headers = {"Content-Type": "application/json"}
    with closing(link):
        while True:
            try:
                space, each = waiting.get_nowait()
            except queue.Empty:
                return
            link.request("POST", f"{SPACES}/{space}/pods", json.dumps(each), headers)
            answer = link.getresponse()
            said = answer.read()
            if answer.status != http.client.CREATED:
                refuse(said.decode(errors="replace")[:300])


def _link(ground: Ground) -> http.client.HTTPSConnection:
    tls = ssl.create_default_context(cafile=str(ground.kubernetes.ca_file))
    tls.load_cert_chain(ground.at / "pki" / "practice.crt", ground.at / "pki" / "practice.key")
    where = urlsplit(ground.kubernetes.server)
    return http.client.HTTPSConnection(where.hostname or "", where.port, context=tls, timeout=60)


def _settle(ground: Ground, steps: Steps, seconds: float) -> None:
    with api.client(ground.kubernetes.server, ground.at / "pki", "practice") as link:

        def settled() -> bool:
            query = {"fieldSelector": "status.phase=Pending,metadata.namespace!=shop"}
            query["fieldSelector"] += ",metadata.namespace!=bank"
            pending = link.get("/api/v1/pods", params=query, headers=NAMES_ONLY, timeout=60)
            return not pending.raise_for_status().json()["items"] and not _restless(link)

        steps.until(settled, "settled fill", seconds, pause=1)


def _restless(link: httpx.Client) -> bool:
    """Tell whether a crashing pod of the fill has deaths before it still."""
    query = {"labelSelector": "bailiwick.test/fault=crash,team"}
    crashing = link.get("/api/v1/pods", params=query, timeout=60).raise_for_status().json()["items"]
    return any(
        status["restartCount"] < int(DEATHS)
        for each in crashing
        for status in each["status"].get("containerStatuses", [])
    )
