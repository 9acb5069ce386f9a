"""A cluster in memory that keeps releases, and an engine that does as a test says."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import anyio.lowlevel
import orjson

from bailiwick.cursor import Cursors
from bailiwick.errors import Forbidden
from bailiwick.policy.question import Principal, Risk
from bailiwick.tool import Call, Plan, ToolSpec
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.upstream import (
    JSON,
    MERGE_PATCH,
    Behalf,
    Keep,
    Kubernetes,
    Listing,
    Object,
    Page,
    Query,
    Row,
    Target,
    Upstream,
)
from bailiwick_cluster.upstream.charts import Refusal, Rendered, Wanted
from tests.parts.cluster import Unasked
from tests.parts.helm import MANIFEST, kept, packed, release

Status = Literal["deployed", "failed", "superseded", "pending-upgrade", "uninstalled"]


@dataclass
class Shelf(Unasked):
    """Revisions by the name of their Secret, live objects by their path, refusals of dry runs."""

    revisions: dict[str, tuple[Object, str]] = field(default_factory=dict[str, tuple[Object, str]])
    live: dict[str, Object | int] = field(default_factory=dict[str, Object | int])
    dry: dict[str, tuple[int, Object]] = field(default_factory=dict[str, tuple[int, Object]])
    closed: frozenset[str] = frozenset()
    patched: list[tuple[str, Query]] = field(default_factory=list[tuple[str, Query]])

    def keep(self, name: str, revision: int, status: Status, **more: Any) -> "Shelf":
        """Keep a revision; `body` stands in the place of what helm would have packed."""
        at, space = more.pop("at", 1_796_000_000), more.pop("namespace", "shop")
        body = more.pop("body", None)
        about = kept(name, revision, status, at)
        about["metadata"]["namespace"] = space
        found = release(**{"name": name, "namespace": space, "version": revision, **more})
        found["info"] = {**found["info"], "status": status, **more.get("info", {})}
        text = packed(found) if body is None else body
        self.revisions[f"{space}/{about['metadata']['name']}"] = about, text
        return self

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        """List metadata, by the selector that helm's own labels answer."""
        if target.namespace in self.closed or (self.closed and target.namespace is None):
            raise Forbidden("no")
        name = dict(each.split("=") for each in target.labels.split(",")).get("name")
        found = [
            keep(about)
            for about, _ in self.revisions.values()
            if target.namespace in (None, about["metadata"]["namespace"])
            and name in (None, about["metadata"]["labels"]["name"])
        ]
        items = [each for each in found if each is not None]
        return Listing(items, len(items))

    async def exact(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Read a revision."""
        return {"data": {"release": self.revisions[f"{namespace}/{name}"][1]}}

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        """List the namespaces that hold releases, or no pods."""
        if target.kind.name != "Namespace":
            return Page((), [], "")
        spaces = sorted({about["metadata"]["namespace"] for about, _ in self.revisions.values()})
        return Page((), [Row("", each, (each,), {}) for each in spaces], "")

    async def sent(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> tuple[int, bytes]:
        """Give a live object, or the outcome of a dry run."""
        if method == "PATCH":
            assert ("dryRun", "All") in query
            self.patched.append((path, query))
            status, said = self.dry.get(path, (200, {}))
            return status, orjson.dumps(said)
        found = self.live.get(path, 404)
        return (found, b"{}") if isinstance(found, int) else (200, orjson.dumps(found))


def rendering(manifest: str = MANIFEST, again: str = "", **more: Any) -> Rendered:
    """Render a manifest, and if so said another one the second time."""
    raw = release(manifest=manifest, **more)
    return Rendered(manifest, again or manifest, "d" * 64, 0, raw)


@dataclass
class Engine:
    """Renders and does as it is told; `effect` is what a deed comes to."""

    rendered: Rendered | Refusal = field(default_factory=rendering)
    deeds: list[str] = field(default_factory=list[str])
    refusals: list[Refusal | None] = field(default_factory=list[Refusal | None])
    effect: Callable[[str], Any] = lambda _: None
    beyond: bool = False
    driver: Literal["secret", "configmap"] = "secret"

    async def render(self, cluster: str, behalf: Behalf, wanted: Wanted) -> Rendered | Refusal:
        """Return what was set."""
        return self.rendered

    async def apply(
        self, cluster: str, behalf: Behalf, wanted: Wanted, digest: str, *, wait: bool
    ) -> Refusal | None:
        """Note it."""
        return await self._deed(f"apply {digest} wait={wait}")

    async def rollback(
        self, cluster: str, behalf: Behalf, namespace: str, release: str, revision: int
    ) -> Refusal | None:
        """Note it."""
        return await self._deed(f"rollback {revision}")

    async def uninstall(
        self, cluster: str, behalf: Behalf, namespace: str, release: str
    ) -> Refusal | None:
        """Note it."""
        return await self._deed("uninstall")

    async def _deed(self, what: str) -> Refusal | None:
        self.deeds.append(what)
        self.effect(what)
        await anyio.lowlevel.checkpoint()
        return self.refusals.pop(0) if self.refusals else None


@dataclass(frozen=True)
class _Behind:
    shelf: Shelf
    helm: Engine

    @property
    def clusters(self) -> "_Behind":
        return self

    @asynccontextmanager
    async def named(self, cluster: str, behalf: Behalf) -> AsyncGenerator[Kubernetes]:
        yield self.shelf


def asking(
    shelf: Shelf,
    engine: Engine | None = None,
    *hidden: str,
    told: Callable[[str], None] = lambda _: None,
) -> Call[Upstream]:
    """Ask as ana, who may see all but what is hidden."""

    async def progress(done: float, total: float, text: str) -> None:
        told(text)

    return Call(
        "c",
        Principal("practice", "ana", "agent", frozenset({"sre"})),
        Risk.CHANGE,
        cast("Upstream", _Behind(shelf, engine or Engine())),
        cursors=lambda: Cursors(b"k", b"b"),
        sees=lambda _kind, name, *_around: name not in hidden,
        progress=progress,
    )


async def planned(spec: ToolSpec, call: Call[Upstream], **arguments: Any) -> Plan:
    """Plan a change."""
    assert spec.plan is not None
    found: Plan = await spec.plan(**arguments, call=call)
    return found


async def done(call: Call[Upstream], spec: ToolSpec, **arguments: Any) -> Any:
    """Plan a change and carry it out, as the gate does."""
    given: Mapping[str, Any] = {"dry_run": False, **arguments}
    plan = await planned(spec, call, **given)
    if plan.nothing is not None:
        return plan.nothing
    return await spec.run(**given, call=replace(call, plan=plan))


def workload(ready: int = 2, wanted: int = 2, **more: Any) -> Object:
    """Write the Deployment of the manifest as it runs."""
    counts = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas"), ready)
    return {
        "kind": "Deployment",
        "metadata": {"name": "hello", "generation": 1},
        "spec": {"replicas": wanted, **more},
        "status": {"observedGeneration": 1, **counts},
    }


DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/hello"
SECRET = "/api/v1/namespaces/shop/secrets/hello"
