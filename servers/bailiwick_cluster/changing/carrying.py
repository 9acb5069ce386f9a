"""One step carried out: looked at once more, bound to what was looked at, written, tried again.

Controllers write the status of objects all the time; that alone is no reason to give up.
"""

from dataclasses import dataclass
from typing import Any

import anyio

from bailiwick.errors import Unavailable
from bailiwick_cluster.changing.motion import mark, restored
from bailiwick_cluster.changing.step import Step
from bailiwick_cluster.changing.undoing import Done
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Kubernetes, Object
from bailiwick_cluster.upstream.writing import (
    JSON_PATCH,
    MANAGER,
    Written,
    apply,
    create,
    delete,
    look,
    patch,
    put,
)

_TRIES = 6
_ESTABLISHED = 10.0
"""Seconds until a kind that was just defined must be served."""
_PAUSE = 0.2


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a step was not carried out: our words, and the API's. `moved`: it is another object.

    `unsure` says that nobody knows whether it was.
    """

    step: Step
    why: str
    words: str = ""
    moved: bool = False
    unsure: bool = False


def same(step: Step, now: Object | None) -> bool:
    """Say whether the object still is what the step is for."""
    if step.verb == "delete":
        return text(now, "metadata", "uid") == step.uid
    return mark(now) == step.seen


async def carry_out(kubernetes: Kubernetes, step: Step) -> Done | Stopped:
    """Do one step, or say why not; raises only before anything was sent."""
    for _ in range(_TRIES):
        now = await look(kubernetes, step.place)
        if not same(step, now):
            return Stopped(step, "is not what was previewed", moved=True)
        try:
            told = await _write(kubernetes, step, now)
        except Unavailable as error:
            return await _after_silence(kubernetes, step, now, error)
        if told.done:
            return await _settled(kubernetes, step, now, told)
        if not told.moved:
            return _refused(step, told)
        await anyio.sleep(_PAUSE)
    return Stopped(step, "changed faster than it could be written", moved=True)


async def _write(kubernetes: Kubernetes, step: Step, now: Object | None) -> Written:
    version = text(now, "metadata", "resourceVersion")
    if step.verb == "delete":
        return await delete(kubernetes, step.place, uid=step.uid, version=version, dry_run=False)
    if step.verb == "create":
        return await create(kubernetes, step.place, step.body, dry_run=False)
    if step.verb == "put":
        return await put(kubernetes, step.place, restored(step.body, now or {}), dry_run=False)
    if step.verb == "patch":
        body = bound(step.body, step.content, version)
        return await patch(kubernetes, step.place, body, step.content, dry_run=False)
    body = versioned(step.body, version)
    if step.own and not step.force:
        told = await apply(kubernetes, step.place, body, force=False, dry_run=True)
        if any(each.manager != MANAGER for each in told.owned):
            return told
    return await apply(kubernetes, step.place, body, force=step.force or step.own, dry_run=False)


def bound(body: Any, content: str, version: str) -> Any:
    """Bind a patch to a resourceVersion: the API then refuses it (409) at any other."""
    if content == JSON_PATCH:
        return [*body, {"op": "replace", "path": "/metadata/resourceVersion", "value": version}]
    return versioned(body, version)


def versioned(body: Object, version: str) -> Object:
    """Write the resourceVersion into a manifest, or into a merge patch."""
    if not version:
        return body
    return {**body, "metadata": {**mapping(body, "metadata"), "resourceVersion": version}}


async def _settled(kubernetes: Kubernetes, step: Step, now: Object | None, told: Written) -> Done:
    """Wait until a kind that was just defined is served; everything else is as it was written."""
    if step.verb == "delete":
        return Done(step, now, None)
    if step.kind.name == "CustomResourceDefinition":
        await _defined(kubernetes, step)
    return Done(step, now, told.found)


async def _defined(kubernetes: Kubernetes, step: Step) -> None:
    with anyio.move_on_after(_ESTABLISHED):
        while True:
            if _established(await look(kubernetes, step.place)):
                return
            await anyio.sleep(_PAUSE)


def _established(found: Object | None) -> bool:
    return any(
        text(each, "type") == "Established" and text(each, "status") == "True"
        for each in listing(found, "status", "conditions")
    )


async def _after_silence(
    kubernetes: Kubernetes, step: Step, now: Object | None, error: Unavailable
) -> Done | Stopped:
    """Find out what became of a write that was not answered."""
    detail = error.detail
    try:
        found = await look(kubernetes, step.place)
    except Unavailable:
        why = "was sent, and the cluster does not answer since: nobody knows whether it was done"
        return Stopped(step, why, detail, unsure=True)
    if same(step, found):
        return Stopped(step, "was not done: the cluster did not answer", detail)
    return Done(step, now, found)


def _refused(step: Step, told: Written) -> Stopped:
    if told.owned:
        managers = sorted({each.manager for each in told.owned})
        return Stopped(step, "conflicts with other field managers by now", ", ".join(managers))
    why = {403: "is forbidden", 404: "is not there, or its namespace is not"}
    return Stopped(step, why.get(told.status, "was refused by the cluster"), told.message)
