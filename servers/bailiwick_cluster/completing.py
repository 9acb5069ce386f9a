"""Which call finds the values of an argument of a prompt, or of a part of an address.

Each is a call of a tool of the catalogue with one column: the same to policy and journal.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, Function, ToolSpec
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import listing, mapping, text, words
from bailiwick_cluster.tools.list_clusters import list_clusters
from bailiwick_cluster.tools.list_resources import list_resources
from bailiwick_cluster.tools.read_resource import read_resource
from bailiwick_cluster.upstream import Kubernetes, Object, Target, Upstream, opened
from bailiwick_cluster.upstream.discovery import DISCOVERY, served
from bailiwick_cluster.upstream.listing import whole

_MANY = 101
"""Values of one answer: as many as a client is shown, and one that says that there are more."""
_LOOKED = 5_000
"""Names that are looked at for those that have in them what was typed."""
_NOWHERE = "-"
"""Where an address has the namespace of what is in none."""
_WORKLOADS = ("StatefulSet", "DaemonSet", "CronJob", "Job", "Pod")
"""Beside Deployments, which need not be said."""
_PODS = (
    ("spec",),
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
)
"""Where a pod, a workload and a CronJob have what the pods are to be."""
Asked = tuple[ToolSpec, dict[str, Any]]


def completes(name: str, typed: str, given: Mapping[str, str]) -> Asked | None:
    """Choose the call: clusters, namespaces, kinds, names, workloads, containers."""
    if name == "cluster":
        return _as(list_clusters, _clusters), {}
    cluster = given.get("cluster", "")
    find = _FINDS.get(name)
    return find(cluster, typed, given) if find is not None and cluster else None


def _as(spec: ToolSpec, run: Function) -> ToolSpec:
    run.__name__ = spec.name
    return replace(spec, run=run)


def _column(name: str, values: Iterable[str]) -> Answer:
    return Answer(f"{name}s", Table((name,), [(value,) for value in values], whole=1))


async def _clusters(call: Call[Upstream], cluster: str | None = None) -> Answer:
    """Name the clusters that the caller may see, without asking any of them."""
    names = [n for n in call.upstream.clusters.names() if cluster or call.sees("Cluster", n)]
    return _column("cluster", names)


def _namespaces(cluster: str, typed: str, given: Mapping[str, str]) -> Asked:
    kind = BUILTIN.get(given.get("kind", ""))

    async def run(call: Call[Upstream], **_: Any) -> Answer:
        if kind is not None and not kind.namespaced:
            return _column("namespace", (_NOWHERE,))
        async with opened(call, cluster) as kubernetes:
            target = Target(BUILTIN["Namespace"])
            found = await _named(kubernetes, target, typed, lambda n: call.sees("Namespace", n))
        return _column("namespace", [*([_NOWHERE] if typed == _NOWHERE else []), *found])

    return _as(list_resources, run), {"cluster": cluster, "kind": "Namespace"}


def _kinds(cluster: str, typed: str, given: Mapping[str, str]) -> Asked:
    namespace = given.get("namespace", "")

    def fits(kind: KindInfo) -> bool:
        return not namespace or kind.namespaced == (namespace != _NOWHERE)

    async def run(call: Call[Upstream], **_: Any) -> Answer:
        async with opened(call, cluster) as kubernetes:
            body = await kubernetes.raw("GET", "/apis", accept=DISCOVERY)
        readable = _readable(whole(body, cluster))
        own = [each for each in served(body).values() if each.name in readable]
        names = [each.name for each in (*BUILTIN.values(), *own) if fits(each)]
        return _column("kind", _fitting(names, typed))

    return _as(list_clusters, run), {"cluster": cluster}


def _readable(discovery: Object) -> frozenset[str]:
    """Name the kinds of which there are objects: what can only be created is a question."""
    return frozenset(
        f"{text(resource, 'responseKind', 'kind')}.{text(group, 'metadata', 'name')}"
        for group in listing(discovery, "items")
        for version in listing(group, "versions")
        for resource in listing(version, "resources")
        if "get" in words(resource, "verbs")
    )


def _names(cluster: str, typed: str, given: Mapping[str, str]) -> Asked | None:
    kind, namespace = given.get("kind", ""), given.get("namespace", "")
    if not kind or not namespace:
        return None
    return _objects(cluster, kind, None if namespace == _NOWHERE else namespace, typed)


def _workloads(cluster: str, typed: str, given: Mapping[str, str]) -> Asked | None:
    namespace = given.get("namespace", "")
    kind, slash, name = typed.rpartition("/")
    found = _objects(
        cluster, kind or "Deployment", namespace, name, before=f"{kind}/" if slash else ""
    )
    return found if namespace else None


def _objects(
    cluster: str, kind: str, namespace: str | None, typed: str, before: str | None = None
) -> Asked:
    """Find names of a kind; `before` puts something before each, where a workload is meant."""

    async def run(call: Call[Upstream], kind: str, **_: Any) -> Answer:
        async with opened(call, cluster) as kubernetes:
            target = Target(await kubernetes.kind(kind), namespace)
            found = await _named(kubernetes, target, typed, lambda _: True)
        others = [f"{each}/" for each in _WORKLOADS] if before == "" else []
        return _column("name", [*(f"{before or ''}{name}" for name in found), *others])

    return _as(list_resources, run), {"cluster": cluster, "kind": kind, "namespace": namespace}


def _containers(cluster: str, _typed: str, given: Mapping[str, str]) -> Asked | None:
    kind, _, name = given.get("workload", "").rpartition("/")
    namespace = given.get("namespace", "")
    if not name or not namespace:
        return None

    async def run(call: Call[Upstream], kind: str, name: str, **_: Any) -> Answer:
        async with opened(call, cluster) as kubernetes:
            found = await kubernetes.read(await kubernetes.kind(kind), namespace, name)
        return _column("container", _inside(found))

    asked = {"cluster": cluster, "kind": kind or "Deployment", "namespace": namespace, "name": name}
    return _as(read_resource, run), asked


def _inside(found: Object) -> list[str]:
    """Name the containers of a pod, or of the pods that a workload makes: main ones first."""
    return [
        text(container, "name")
        for part in ("containers", "initContainers", "ephemeralContainers")
        for path in _PODS
        for container in listing(mapping(found, *path), part)
    ]


async def _named(
    kubernetes: Kubernetes, target: Target, typed: str, sees: Callable[[str], bool]
) -> list[str]:
    """Find names that have in them what was typed, as many as are worth showing."""
    found: list[str] = []
    looked = 0
    async with aclosing(kubernetes.pages(target)) as pages:
        async for page in pages:
            looked += len(page.rows)
            found += filter(sees, _fitting([row.name for row in page.rows], typed))
            if len(found) >= _MANY or looked >= _LOOKED:
                break
    return found[:_MANY]


def _fitting(names: Iterable[str], typed: str) -> list[str]:
    low = typed.lower() if typed != _NOWHERE else ""
    found = [name for name in names if low in name.lower()]
    return sorted(found, key=lambda name: not name.lower().startswith(low))[:_MANY]


_FINDS = {
    "namespace": _namespaces,
    "kind": _kinds,
    "name": _names,
    "workload": _workloads,
    "container": _containers,
}
