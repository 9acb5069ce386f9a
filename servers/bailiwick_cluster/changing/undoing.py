"""What takes a step back: what was made is deleted, what was changed is put back. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.changing.motion import mark
from bailiwick_cluster.changing.step import Change, Step, cleaned
from bailiwick_cluster.parts import text
from bailiwick_cluster.upstream import Object

_WITH_ALL = {
    "Namespace": " and everything in it",
    "CustomResourceDefinition": " and every object of its kind",
    "PersistentVolumeClaim": " and its data, if its volume goes with it",
}


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out: the object before and after it; None where it was not there."""

    step: Step
    before: Object | None
    after: Object | None


def undoing(change: Change, plan: str, done: Sequence[Done]) -> Change:
    """Write the change that takes all of it back."""
    steps = tuple(back(each) for each in reversed(done))
    return Change(cluster=change.cluster, steps=steps, undoes=plan)


def back(done: Done) -> Step:
    """Write the step that takes one back."""
    step, told = done.step, done.step.told
    more: dict[str, Any] = {"kind": step.kind, "namespace": step.namespace, "name": step.name}
    if done.before is None:
        effect = f"delete {told}{_WITH_ALL.get(step.kind.name, '')}"
        return Step(verb="delete", effect=effect, uid=text(done.after, "metadata", "uid"), **more)
    if done.after is None:
        effect = f"make {told} anew as it was"
        return Step(verb="create", effect=effect, body=cleaned(done.before), **more)
    effect = f"put {told} back as it was before"
    return Step(verb="put", effect=effect, seen=mark(done.after), body=done.before, **more)
