"""What a workload was before: ReplicaSets of a Deployment, ControllerRevisions of the others."""

from dataclasses import dataclass
from typing import Any, cast

from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.selecting import written
from bailiwick_cluster.upstream import Kubernetes, Object, Query, Target

REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
HASH = "pod-template-hash"
JSON_PATCH = "application/json-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Revision:
    """One template that a workload had. `at` in seconds since 1970; it may hold secrets."""

    number: int
    name: str
    at: float
    cause: str
    template: Object

    @property
    def images(self) -> list[str]:
        """The images of its containers."""
        return [text(one, "image") for one in listing(self.template, "spec", "containers")]


async def revisions(kubernetes: Kubernetes, kind: str, found: Object) -> list[Revision]:
    """List the revisions of a workload that are kept, the newest first."""
    by = "ReplicaSet" if kind == "Deployment" else "ControllerRevision"
    uid, namespace = text(found, "metadata", "uid"), text(found, "metadata", "namespace")

    def keep(each: Object) -> Object | None:
        owners = listing(each, "metadata", "ownerReferences")
        return each if any(text(one, "uid") == uid for one in owners) else None

    target = Target(BUILTIN[by], namespace, selected(found))
    kept = (await kubernetes.objects(target, keep, _MOST)).items
    read = _of_replica_set if by == "ReplicaSet" else _of_revision
    return sorted((read(each) for each in kept), key=lambda one: -one.number)


def selected(found: Object) -> str:
    """Write the selector of a workload as the API takes it in a query."""
    return written(mapping(found, "spec", "selector"))


def _of_replica_set(each: Object) -> Revision:
    notes = mapping(each, "metadata", "annotations")
    said = text(notes, REVISION)
    return Revision(
        int(said) if said.isdecimal() and len(said) < 10 else 0,
        text(each, "metadata", "name"),
        moment(text(each, "metadata", "creationTimestamp")),
        text(notes, CAUSE),
        _own(mapping(each, "spec", "template")),
    )


def _of_revision(each: Object) -> Revision:
    notes = mapping(each, "metadata", "annotations")
    return Revision(
        number(each, "revision"),
        text(each, "metadata", "name"),
        moment(text(each, "metadata", "creationTimestamp")),
        text(notes, CAUSE),
        _own(mapping(each, "data", "spec", "template")),
    )


def _own(template: Object) -> Object:
    """Return a template without what controllers put into it.

    ControllerRevisions keep it as a patch (`$patch: replace`), ReplicaSets with a hash of it.
    """
    about = mapping(template, "metadata")
    labels = {key: value for key, value in mapping(about, "labels").items() if key != HASH}
    kept = {key: value for key, value in template.items() if key != "$patch"}
    return {**kept, "metadata": {**about, "labels": labels}} if kept else {}


def same(one: Object, other: Object) -> bool:
    """Say whether two templates mean the same, however they are written."""
    return _bare(_own(one)) == _bare(_own(other))


def _bare(node: Any) -> Any:
    """Leave out what says nothing; only good for comparing, since an empty selector does."""
    if isinstance(node, dict):
        made = {key: _bare(value) for key, value in cast("dict[str, Any]", node).items()}
        return {key: value for key, value in made.items() if value not in (None, {})}
    if isinstance(node, list):
        return [_bare(each) for each in cast("list[Any]", node)]
    return node


async def return_to(
    kubernetes: Kubernetes,
    kind: KindInfo,
    found: Object,
    to: Revision,
    seen: str,
    *,
    dry_run: bool,
) -> None:
    """Give a workload the template of a revision, if it is still at resourceVersion `seen`.

    As `kubectl rollout undo` does, though other annotations than the cause of the change stay as
    they are now. Raises Moved where it is not.
    """
    namespace, name = text(found, "metadata", "namespace"), text(found, "metadata", "name")
    query: Query = [("fieldManager", "bailiwick"), *([("dryRun", "All")] if dry_run else [])]
    if kind.name == "Deployment":
        notes = {k: v for k, v in mapping(found, "metadata", "annotations").items() if k != CAUSE}
        notes |= {CAUSE: to.cause} if to.cause else {}
        body: Any = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": seen},
            {"op": "replace", "path": "/spec/template", "value": to.template},
            {"op": "add", "path": "/metadata/annotations", "value": notes},
        ]
        content = JSON_PATCH
    else:
        template = {**to.template, "$patch": "replace"}
        body = {"metadata": {"resourceVersion": seen}, "spec": {"template": template}}
        content = STRATEGIC_PATCH
    await kubernetes.raw("PATCH", kind.path(namespace, name), query, body=body, content=content)
