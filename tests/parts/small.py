"""A small Kubernetes over HTTP that can be told to fail: one Deployment, and some pods.

It speaks just enough of the API for every tool to work, and keeps what it was asked, and did.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web

from tests.parts.api import Double, double, table

Failure = Callable[[web.Request], Awaitable[web.StreamResponse]]
_NONE = frozenset({"horizontalpodautoscalers", "poddisruptionbudgets"})
"""Kinds that it serves, and has nothing of."""
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"


@dataclass
class Small:
    """The cluster's state. `fails` answers instead where it is set, by method."""

    replicas: int = 2
    version: int = 1
    effects: list[int] = field(default_factory=list[int])
    fails: dict[str, Failure] = field(default_factory=dict[str, Failure])
    after: Failure | None = None
    double: Double = field(init=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.double.port

    @property
    def asked(self) -> list[str]:
        """Methods and raw paths, as they came over the wire."""
        return [f"{request.method} {request.rel_url.raw_path}" for request in self.double.seen]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer as the API does, or fail as told."""
        if request.method in self.fails:
            return await self.fails[request.method](request)
        if request.method == "PATCH":
            return await self._scale(request)
        known: dict[str, dict[str, Any]] = {
            "/version": {"gitVersion": "v1.36.0"},
            "/apis": {"kind": "APIGroupDiscoveryList", "items": []},
            "/api/v1/pods": table(["web-1", "web-2"]),
            "/api/v1/namespaces/shop/pods": table(["web-1", "web-2"]),
            WEB: self.deployment(),
        }
        said = known.get(request.path)
        if said is None and request.path.rpartition("/")[2] in _NONE:
            return web.json_response({"kind": "List", "metadata": {}, "items": []})
        if said is None:
            status = {"kind": "Status", "code": 404, "details": {"kind": "things", "name": "x"}}
            return web.json_response(status, status=404)
        return web.json_response(said)

    async def _scale(self, request: web.Request) -> web.StreamResponse:
        wanted = orjson.loads(await request.read())
        if wanted["metadata"]["resourceVersion"] != str(self.version):
            return web.json_response({"kind": "Status", "code": 409}, status=409)
        replicas = int(wanted["spec"]["replicas"])
        if "dryRun" not in request.query:
            self.effects.append(replicas)
            self.replicas = replicas
            self.version += 1
            if self.after is not None:
                return await self.after(request)
        return web.json_response({"kind": "Scale", "spec": {"replicas": replicas}})

    def deployment(self) -> dict[str, Any]:
        """Write the Deployment: always as its spec wants it."""
        meta = {"name": "web", "namespace": "shop", "uid": "u1", "generation": self.version}
        return {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": {**meta, "resourceVersion": str(self.version)},
            "spec": {"replicas": self.replicas, "selector": {"matchLabels": {"app": "web"}}},
            "status": {
                "observedGeneration": self.version,
                "replicas": self.replicas,
                "readyReplicas": self.replicas,
            },
        }


@asynccontextmanager
async def small(**state: Any) -> AsyncGenerator[Small]:
    """Serve one on a free port."""
    made = Small(**state)
    async with double(made.answer) as served:
        made.double = served
        yield made


def kubeconfig(folder: Path, port: int) -> Path:
    """Write a kubeconfig whose context `eu` is the cluster at a port."""
    file = folder / "kubeconfig"
    file.write_text(
        f"""
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:{port}"}}}}]
users: [{{name: u, user: {{token: own-token}}}}]
contexts: [{{name: eu, context: {{cluster: c, user: u}}}}]
current-context: eu
"""
    )
    return file
