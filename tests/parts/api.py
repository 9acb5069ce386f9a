"""A Kubernetes API that says what a test wants it to say, over real HTTP on loopback."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from aiohttp import web

from bailiwick.policy.question import Principal
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream import Behalf
from bailiwick_cluster.upstream.clusters import KubernetesClusters

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ANA = Principal("practice", "ana", "agent", frozenset({"sre", "staff"}))


@dataclass
class Double:
    """What was asked, and how it is answered."""

    answer: Handler
    seen: list[web.Request] = field(default_factory=list[web.Request])
    port: int = 0

    async def handle(self, asked: web.BaseRequest) -> web.StreamResponse:
        """Keep the request and answer it."""
        request = cast("web.Request", asked)  # what the low-level server makes answers the same
        self.seen.append(request)
        return await self.answer(request)


@asynccontextmanager
async def double(answer: Handler) -> AsyncGenerator[Double]:
    """Serve a double on a free port."""
    made = Double(answer)
    served = web.Server(made.handle, handler_cancellation=True)
    runner = web.ServerRunner(served, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()


@asynccontextmanager
async def clusters(folder: Path, port: int, **settings: Any) -> AsyncGenerator[KubernetesClusters]:
    """Reach the double as cluster `eu`."""
    file = folder / "kubeconfig"
    file.write_text(
        f"""
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: u, user: {{token: own-token}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
"""
    )
    made = KubernetesClusters({"eu": ClusterSettings(kubeconfig=file, **settings)})
    try:
        yield made
    finally:
        await made.close()


def behalf(token: str = "") -> Behalf:
    """Ask on behalf of ana, in call `call-1`."""
    return Behalf(ANA, "call-1", token)


def table(names: list[str], more: str = "", namespace: str = "shop") -> dict[str, Any]:
    """Write a Table of pods that all run."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "1", **({"continue": more} if more else {})},
        "columnDefinitions": [{"name": name} for name in ("Name", "Ready", "Status")]
        + [{"name": "Node", "priority": 1}],
        "rows": [
            {
                "cells": [name, "1/1", "Running", "n1"],
                "object": {
                    "metadata": {"name": name, "namespace": namespace, "labels": {"a": "b"}}
                },
            }
            for name in names
        ],
    }
