"""The objects of the pretend enterprise, and when their picture is settled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from practice import api
from practice.steps import Steps

SOURCE = Path(__file__).parent / "estate"
ORDER = ("namespaces", "kinds", "access", "bank", "shop", "system", "certificates")
HEALTHY = {"coredns", "web", "checkout", "ledger"}  # deployments
TROUBLES = {  # what a pod of each app shows once its trouble has come
    "payments": "CrashLoopBackOff",
    "search": "ImagePullBackOff",
    "cart": "not ready",
    "transfers": "CreateContainerConfigError",
    "thumbnails": "Evicted",
    "recommender": "Unschedulable",
}
FAILED = {"migrate"}  # jobs
MONTH = 30 * 24 * 3600


def build(
    link: httpx.Client, applier: api.Applier, watch: Callable[[], None], steps: Steps
) -> None:
    """Apply the estate and wait until the healthy are healthy and the troubled in trouble."""
    for name in ORDER:
        applier.apply(api.documents((SOURCE / f"{name}.yaml").read_text()))
    steps.say("kubernetes: estate applied")

    def settled() -> bool:
        watch()
        return not missing(link)

    try:
        steps.until(settled, "settled estate", 60, pause=0.2)
    except TimeoutError as late:
        raise TimeoutError(f"{late}: {', '.join(missing(link))}") from None
    steps.say("kubernetes: estate settled")


def missing(link: httpx.Client) -> list[str]:
    """Name what is not yet as the estate means it to be."""
    unhealthy = HEALTHY - {
        each["metadata"]["name"]
        for each in _items(link, "/apis/apps/v1/deployments")
        if each["status"].get("availableReplicas") == each["spec"]["replicas"]
    }
    pods = [pod for space in ("shop", "bank") for pod in _items(link, _inside("v1", space, "pods"))]
    apps = {_app(pod) for pod in pods}
    calm = TROUBLES.keys() - apps | {_app(pod) for pod in pods if not _as_meant(pod)}
    jobs = _items(link, _inside("batch/v1", "shop", "jobs"))
    running = FAILED - {job["metadata"]["name"] for job in jobs if job["status"].get("failed")}
    return sorted(unhealthy | calm | running)


def _inside(version: str, namespace: str, plural: str) -> str:
    root = "apis" if "/" in version else "api"
    return f"/{root}/{version}/namespaces/{namespace}/{plural}"


def _app(pod: dict[str, Any]) -> str:
    app: str = pod["metadata"]["labels"].get("app", "")
    return app


def _as_meant(pod: dict[str, Any]) -> bool:
    """Tell whether a pod shows the trouble of its app, or runs if it has none."""
    app = _app(pod)
    return app not in TROUBLES or TROUBLES[app] in signs(pod)


def signs(pod: dict[str, Any]) -> set[str]:
    """Collect what a pod's status says is wrong; a crashing pod only once it stays down."""
    status = pod["status"]
    found = {status.get("reason", "")}
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled":
            found.add(condition.get("reason", ""))
    for container in status.get("containerStatuses", []):
        reason = container["state"].get("waiting", {}).get("reason", "")
        if reason != "CrashLoopBackOff" or container["restartCount"] >= _deaths(pod):
            found.add(reason)
        if not container["ready"] and "running" in container["state"]:
            found.add("not ready")
    return found


def _deaths(pod: dict[str, Any]) -> int:
    return int(pod["metadata"].get("annotations", {}).get("bailiwick.test/max-restarts", "4"))


def bailiwick_token(link: httpx.Client) -> str:
    """Ask for the token with which Bailiwick signs in to the API."""
    path = "/api/v1/namespaces/bailiwick/serviceaccounts/bailiwick/token"
    answer = link.post(path, json={"spec": {"expirationSeconds": MONTH}})
    token: str = answer.raise_for_status().json()["status"]["token"]
    return token


def _items(link: httpx.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = link.get(path).raise_for_status().json()["items"]
    return found
