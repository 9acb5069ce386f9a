"""What to do next: the calls of our tools that causes point to."""

from bailiwick_cluster.diagnosis.finding import Ref, Step


def logs(owner: Ref, *, previous: bool) -> Step:
    """Read what a workload said, before its last restart or now."""
    named: dict[str, str | int | bool] = {
        "namespace": owner.namespace,
        "name": owner.name,
        "kind": owner.kind,
    }
    return Step("read_logs", {**named, **({"previous": True} if previous else {})})


def spec(of: Ref) -> Step:
    """Read how an object was written."""
    where = {"namespace": of.namespace} if of.namespace else {}
    return Step("read_resource", {**where, "kind": of.kind, "name": of.name, "part": "spec"})


def back(owner: Ref) -> Step:
    """Put a workload back to its revision before."""
    return Step(
        "rollback_workload",
        {"namespace": owner.namespace, "workload": owner.name, "kind": owner.kind},
    )


def happened(of: Ref) -> Step:
    """Read what happened to an object."""
    where = {"namespace": of.namespace} if of.namespace else {}
    return Step("list_events", {**where, "name": of.name, "type": "warning"})
