"""Nodes closed to new pods, and opened again (spec.unschedulable)."""

from bailiwick.tool import Plan
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.running.unmoved import unmoved
from bailiwick_cluster.upstream import Kubernetes, Object, Query

NODE = BUILTIN["Node"]


def closed(found: Object) -> bool:
    """Say whether a node takes no new pods."""
    return mapping(found, "spec").get("unschedulable") is True


def mark(found: Object) -> str:
    """Digest what an approval about a node is bound to: the rest of it is the controllers'."""
    return "closed" if closed(found) else "open"


async def close(kubernetes: Kubernetes, name: str, plan: Plan, *, on: bool, dry_run: bool) -> None:
    """Close a node, or open it, if it still is as it was looked at; else raise Moved."""
    query: Query = [("fieldManager", "bailiwick"), *([("dryRun", "All")] if dry_run else [])]

    async def write(seen: str) -> None:
        body = {"metadata": {"resourceVersion": seen}, "spec": {"unschedulable": on or None}}
        await kubernetes.raw("PATCH", NODE.path(None, name), query, body=body)

    await unmoved(plan, lambda: kubernetes.exact(NODE, None, name), write, mark)
