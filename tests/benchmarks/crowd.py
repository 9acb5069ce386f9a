"""What the cluster benchmark asks about: a crowd of pods, failures, events and a long log."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from practice import api
from practice.facts import Ground
from practice.fill import fill, unfill
from practice.steps import Steps

SPACE = "bench"
FAILING, LONG = "failing", "long"
Object = dict[str, Any]


@contextmanager
def crowded(
    ground: Ground, pods: int, namespaces: int, events: int, lines: int, folder: Path
) -> Generator[None]:
    """Fill a ground, and leave it as it was."""
    steps = Steps()
    link = _link(ground)
    try:
        print(fill(ground, pods, namespaces, steps))
        _prepare(link, ground, lines, folder)
        _happen(link, events)
        steps.until(lambda: _failing(link) >= 100 and _running(link), "failing workload", 120)
        yield
    finally:
        link.delete(f"/api/v1/namespaces/{SPACE}")
        link.close()
        unfill(ground, steps)


def _link(ground: Ground) -> httpx.Client:
    pki = ground.kubernetes.ca_file.parent
    return api.client(ground.kubernetes.server, pki, "practice")


def _prepare(link: httpx.Client, ground: Ground, lines: int, folder: Path) -> None:
    log = folder / "long.log"
    now = datetime.now(UTC)
    with log.open("w") as file:
        for n in range(lines):
            at = (now - timedelta(milliseconds=10 * (lines - n))).isoformat(timespec="microseconds")
            file.write(f"{at.removesuffix('+00:00')}000Z stdout F {_line(n)}\n")
    _post(link, "/api/v1/namespaces", {"kind": "Namespace", "metadata": {"name": SPACE}})
    logs = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Logs",
        "metadata": {"name": LONG, "namespace": SPACE},
        "spec": {"logs": [{"containers": [LONG], "logsFile": str(log)}]},
    }
    _post(link, f"/apis/kwok.x-k8s.io/v1alpha1/namespaces/{SPACE}/logs", logs)
    _post(link, f"/api/v1/namespaces/{SPACE}/pods", _pod(LONG))
    _post(link, f"/apis/apps/v1/namespaces/{SPACE}/deployments", _deployment())


def _line(n: int) -> str:
    if n % 97 == 0:
        return (
            f'level=error msg="payment {n} refused: connection pool exhausted after {n % 900} ms"'
        )
    if n % 11 == 0:
        return f'level=warn msg="slow query" ms={n % 5_000} table=orders'
    return f'level=info msg="request served" path=/api/v{n % 3}/orders/{n} status=200 ms={n % 250}'


def _pod(name: str) -> Object:
    container = {"name": name, "image": f"registry.practice.example/{name}:1"}
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


def _deployment() -> Object:
    labels = {"app": FAILING, "bailiwick.test/fault": "config-error"}
    container = {
        "name": "app",
        "image": "registry.practice.example/app:1",
        "envFrom": [{"secretRef": {"name": "no-such-secret"}}],
    }
    return {
        "kind": "Deployment",
        "metadata": {"name": FAILING},
        "spec": {
            "replicas": 100,
            "selector": {"matchLabels": {"app": FAILING}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def _happen(link: httpx.Client, count: int) -> None:
    """Write events as kubelets and controllers would, about pods that are and are not there."""
    now = datetime.now(UTC)
    kinds = [
        ("Warning", "BackOff", "Back-off restarting failed container app in pod"),
        ("Warning", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
        ("Normal", "Pulled", "Container image already present on machine"),
        ("Warning", "FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu."),
        ("Normal", "Created", "Created container app"),
    ]
    for n in range(count):
        kind, reason, message = kinds[n % len(kinds)]
        at = (now - timedelta(seconds=n % 3_000)).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "kind": "Event",
            "metadata": {"name": f"event-{n}"},
            "involvedObject": {"kind": "Pod", "namespace": SPACE, "name": f"pod-{n % 400}"},
            "type": kind,
            "reason": reason,
            "message": f"{message} {n}" if n % 7 == 0 else message,
            "count": 1 + n % 20,
            "firstTimestamp": at,
            "lastTimestamp": at,
            "source": {"component": "kubelet"},
        }
        _post(link, f"/api/v1/namespaces/{SPACE}/events", event)


def _failing(link: httpx.Client) -> int:
    query = {"labelSelector": f"app={FAILING}"}
    pods = link.get(f"/api/v1/namespaces/{SPACE}/pods", params=query).json()["items"]
    return sum(bool(pod["status"].get("containerStatuses")) for pod in pods)


def _running(link: httpx.Client) -> bool:
    pod = link.get(f"/api/v1/namespaces/{SPACE}/pods/{LONG}").json()
    return bool(pod["status"].get("phase") == "Running")


def _post(link: httpx.Client, path: str, body: Object) -> None:
    link.post(path, json=body).raise_for_status()
