"""A cluster in memory that can be changed: objects that move, evictions, deletions, rehearsals."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from bailiwick.cursor import Cursors
from bailiwick.errors import Forbidden, Moved, Rejected
from bailiwick.policy.question import Principal, Risk
from bailiwick.tool import Call, Plan, Sees, ToolSpec
from bailiwick.upstream.current import current_risk, may_change
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import mapping, number, text
from bailiwick_cluster.upstream import (
    JSON,
    MERGE_PATCH,
    Column,
    Keep,
    Listing,
    Object,
    Page,
    Query,
    Row,
    Target,
)
from tests.parts.cluster import Unasked
from tests.parts.kept import One

ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))
_PATH = re.compile(r"(?:/namespaces/([^/]+))?/([a-z]+)/([^/]+)(/[a-z]+)?$")
_PLURALS = {kind.plural: kind for kind in BUILTIN.values()}


Evicts = Callable[["World", Object], tuple[int, Any]]
"""Answers an eviction of a pod: status, and body."""


@dataclass
class World(Unasked):
    """Objects, and what happens to them. `closed` kinds may not be looked at.

    `denied` are methods that RBAC refuses, `before` is called with each write before it is judged,
    `evicts` answers evictions; without it a pod goes at once. What is deleted goes at once, unless
    it has finalizers.
    """

    all: list[Object] = field(default_factory=list[Object])
    closed: frozenset[str] = frozenset()
    denied: frozenset[str] = frozenset()
    before: Callable[["World", str], None] | None = None
    after: Callable[["World", str], None] | None = None
    evicts: "Evicts | None" = None
    allows: bool = True
    wrote: list[tuple[str, str, Any]] = field(default_factory=list[tuple[str, str, Any]])

    def find(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return an object, as it is."""
        for each in self.all:
            same = text(each, "kind") == kind and text(each, "metadata", "name") == name
            if same and namespace in (None, text(each, "metadata", "namespace")):
                return each
        return None

    def touch(self, kind: str, name: str, **status: Any) -> None:
        """Write as a controller does: the status, and so the resourceVersion."""
        found = self.find(kind, name)
        assert found is not None
        found.setdefault("status", {}).update(status)
        _move(found)

    async def exact(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        found = self.find(kind.name, name, namespace)
        if kind.name in self.closed:
            raise Forbidden("no")
        if found is None:
            raise Rejected(f"eu has no {kind.plural} {name}")
        return orjson.loads(orjson.dumps(found))

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        return await self.exact(kind, namespace, name)

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        if target.kind.name in self.closed:
            raise Forbidden("no")
        found = [each for each in self.all if _fits(each, target)]
        kept = [one for each in found[:most] if (one := keep(each)) is not None]
        return Listing(kept, len(found[:most]), len(found) > most)

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        found = [each for each in self.all if _fits(each, target)]
        rows = [
            Row("", text(each, "metadata", "name"), (text(each, "status", "phase"),), {})
            for each in found
        ]
        return Page((Column("Status", wide=False),), rows, "")

    async def scale(
        self, kind: KindInfo, namespace: str, name: str, *, replicas: int, seen: str, dry_run: bool
    ) -> int:
        body = {"metadata": {"resourceVersion": seen}, "spec": {"replicas": replicas}}
        query: Query = [("dryRun", "All")] if dry_run else []
        await self.raw("PATCH", kind.path(namespace, name), query, body=body)
        return replicas

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        status, data = await self.sent(method, path, query, accept, body, content)
        if status >= 300:
            kinds = {403: Forbidden, 409: Moved}
            raise kinds.get(status, Rejected)(f"{status}")
        return data

    async def sent(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> tuple[int, bytes]:
        if path.endswith("accessreviews"):
            return 201, orjson.dumps({"status": {"allowed": self.allows}})
        found = _PATH.search(path)
        assert found is not None, path
        kind = _PLURALS[found[2]]
        if method == "GET":
            one = self.find(kind.name, found[3], found[1])
            return (404, b"{}") if one is None else (200, orjson.dumps(one))
        dry = ("dryRun", "All") in query or mapping(body).get("dryRun") == ["All"]
        assert dry or may_change(), "the second wall"
        if self.before is not None:
            self.before(self, path)
        one = self.find(kind.name, found[3], found[1])
        status, data = self._written(method, path, one, body, dry=dry)
        if status < 300 and not dry and self.after is not None:
            self.after(self, path)
        return status, data

    def _written(
        self, method: str, path: str, one: Object | None, body: Any, *, dry: bool
    ) -> tuple[int, bytes]:
        if one is None or method in self.denied:
            return 404 if one is None else 403, b"{}"
        if path.endswith("/eviction"):
            return self._evicted(one, dry=dry)
        if _wanted(body) != text(one, "metadata", "resourceVersion"):
            return 409, b"{}"
        self.wrote.append((method, f"{path}{' (dry run)' if dry else ''}", body))
        if dry:
            return 200, orjson.dumps(one)
        if method == "DELETE":
            if mapping(one, "metadata").get("finalizers"):
                mapping(one, "metadata")["deletionTimestamp"] = "2026-01-02T03:04:05Z"
            else:
                self.all.remove(one)
            return 200, b"{}"
        _merge(one, body)
        _move(one)
        return 200, orjson.dumps(one)

    def _evicted(self, one: Object, *, dry: bool) -> tuple[int, bytes]:
        answer: tuple[int, Any] = self.evicts(self, one) if self.evicts else (201, {})
        status, said = answer
        self.wrote.append(("EVICT", text(one, "metadata", "name"), dry))
        if status < 300 and not dry:
            self.all.remove(one)
        return status, orjson.dumps(said)


def _wanted(body: Any) -> str:
    """Find the resourceVersion that a write is bound to: of a patch, of options, of operations."""
    if isinstance(body, list):
        return str(cast("list[Any]", body)[0]["value"])
    given = mapping(body, "preconditions") or mapping(body, "metadata")
    return text(given, "resourceVersion")


def _merge(one: Any, body: Any) -> None:
    """Apply a merge patch, or the operations of a JSON patch that are used here."""
    if isinstance(body, list):
        for each in cast("list[Any]", body)[1:]:
            *parents, last = str(each["path"]).strip("/").split("/")
            mapping(one, *parents)[last] = each["value"]
        return
    for key, value in body.items():
        if key in ("$patch", "resourceVersion"):
            continue
        if value is None:
            one.pop(key, None)
        elif isinstance(value, dict) and mapping(value).get("$patch") != "replace":
            _merge(one.setdefault(key, {}), value)
        else:
            one[key] = value


def _move(one: Object) -> None:
    about = mapping(one, "metadata")
    about["resourceVersion"] = str(int(text(about, "resourceVersion") or "1") + 1)


def _fits(each: Object, target: Target) -> bool:
    labels = mapping(each, "metadata", "labels")
    wanted = dict(part.split("=") for part in target.labels.split(",") if "=" in part)
    node = target.fields.removeprefix("spec.nodeName=") if "nodeName" in target.fields else ""
    return (
        text(each, "kind") == target.kind.name
        and target.namespace in (None, text(each, "metadata", "namespace"))
        and wanted.items() <= labels.items()
        and (not node or text(each, "spec", "nodeName") == node)
    )


def thing(kind: str, name: str, namespace: str = "shop", **parts: Any) -> Object:
    """Write an object; `owner` is another one, `labels` and `annotations` go into the metadata."""
    about: Object = {"name": name, "uid": f"{kind}-{name}".lower(), "resourceVersion": "1"}
    if namespace:
        about["namespace"] = namespace
    for key in ("labels", "annotations", "finalizers"):
        if key in parts:
            about[key] = parts.pop(key)
    if owner := parts.pop("owner", None):
        ref = {"kind": owner["kind"], "name": owner["metadata"]["name"], "controller": True}
        about["ownerReferences"] = [{**ref, "uid": owner["metadata"]["uid"]}]
    return {"kind": kind, "metadata": about, **parts}


def pod(name: str, node: str = "n1", owner: Object | None = None, **more: Any) -> Object:
    """Write a pod that runs and is ready, or with `waiting` one whose container waits so."""
    waiting = more.pop("waiting", "")
    container: Object = {"name": "main"}
    if asks := more.pop("asks", None):
        container["resources"] = {"requests": asks}
    state: Object = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    labels = more.pop("labels", {"app": "web"})
    namespace = more.pop("namespace", "shop")
    status: Object = {
        "phase": more.pop("phase", "Running"),
        "conditions": [{"type": "Ready", "status": "False" if waiting else "True"}],
        "containerStatuses": [{"name": "main", "ready": not waiting, "state": state}],
    }
    spec = {"nodeName": node, "containers": [container], **more}
    made = {"labels": labels, "spec": spec, "status": status}
    return thing("Pod", name, namespace, **made, **({"owner": owner} if owner else {}))


def node(name: str, cpu: str = "4", *, closed: bool = False, **more: Any) -> Object:
    """Write a node that is ready."""
    spec = {**({"unschedulable": True} if closed else {}), **more}
    status = {
        "conditions": [{"type": "Ready", "status": "True"}],
        "allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"},
    }
    return thing("Node", name, "", spec=spec, status=status)


def deployment(name: str = "web", replicas: int = 3, **more: Any) -> Object:
    """Write a Deployment that is as it should be."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main"}]}}
    spec: Object = {"replicas": replicas, "selector": {"matchLabels": labels}}
    spec |= {"template": more.pop("template", template), **more}
    return thing("Deployment", name, spec=spec, status=standing(replicas))


def standing(replicas: int) -> Object:
    """Write the status of a workload all of whose replicas are new and ready."""
    same = ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas")
    return dict.fromkeys(same, replicas)


def budget(name: str, allowed: int, **labels: str) -> Object:
    """Write a disruption budget over pods with these labels."""
    status = {"disruptionsAllowed": allowed, "currentHealthy": 3, "desiredHealthy": 3 - allowed}
    spec = {"selector": {"matchLabels": labels or {"app": "web"}}}
    return thing("PodDisruptionBudget", name, spec=spec, status=status)


@dataclass
class Heard:
    """Progress that was reported."""

    said: list[str] = field(default_factory=list[str])

    async def __call__(self, done: float, total: float, text: str) -> None:
        """Keep it."""
        self.said.append(text)


def everything(_kind: str, _name: str, *_around: tuple[str, str]) -> bool:
    """See everything."""
    return True


async def change(
    spec: ToolSpec,
    world: World,
    *,
    sees: Sees = everything,
    heard: Heard | None = None,
    meanwhile: Callable[[], None] | None = None,
    **given: Any,
) -> tuple[Plan, Any]:
    """Plan a change and carry it out, as the gate does; return the plan and the answer.

    `meanwhile` happens between the two.
    """
    values = spec.arguments.model_validate({"cluster": "eu", **given})
    arguments = {name: getattr(values, name) for name in type(values).model_fields}
    call: Call[Any] = Call(
        id="c1",
        principal=ANA,
        risk=Risk.READ,
        upstream=One(world),
        cursors=lambda: Cursors(b"k" * 32, b"q"),
        sees=sees,
        progress=heard or Heard(),
    )
    assert spec.plan is not None
    with current_risk(Risk.READ):
        plan: Plan = await spec.plan(**arguments, call=call)
    if plan.nothing is not None:
        return plan, plan.nothing
    if meanwhile is not None:
        meanwhile()
    acting: Call[Any] = Call(
        id="c1",
        principal=ANA,
        risk=spec.risk,
        upstream=One(world),
        cursors=call.cursors,
        sees=sees,
        progress=call.progress,
        plan=plan,
    )
    with current_risk(spec.risk):
        return plan, await spec.run(**arguments, call=acting)


def writes(world: World) -> Sequence[str]:
    """Name what was written, rehearsals too."""
    return [f"{method} {where}" for method, where, _ in world.wrote]


def replicas_of(world: World, name: str) -> int:
    """Return the replicas that a Deployment wants."""
    return number(world.find("Deployment", name), "spec", "replicas")
