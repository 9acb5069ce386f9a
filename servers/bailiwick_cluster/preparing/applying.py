"""A stored plan applied: claimed once, carried out, and what takes it back kept."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BaseModel

from bailiwick.errors import BadRequest, Moved, Unavailable
from bailiwick.policy.question import Path, Principal
from bailiwick.shaping.answer import Answer, Outside
from bailiwick.tool import About, Call, Found, Plan
from bailiwick.wording import many
from bailiwick_cluster.changing.applying import Applied, carry_through, unmoved
from bailiwick_cluster.changing.plans import Plans, StoredPlan, new_id, ready, store
from bailiwick_cluster.changing.step import Change
from bailiwick_cluster.changing.undoing import Done, undoing
from bailiwick_cluster.upstream import Kubernetes, Upstream

_MOST_TOLD = 12
_MOST_WORDS = 600
_LOST = ". There is no undo: the store of plans failed meanwhile"


class Outcome(BaseModel, frozen=True):
    """What was done, what not and why, and the plan that takes it back."""

    result: str
    applied: list[str]
    not_applied: list[str] | None = None
    rolled_back: list[str] | None = None
    undo: str | None = None
    trouble: Annotated[str | None, Outside()] = None


async def found(upstream: Any, principal: Principal, arguments: Mapping[str, Any], /) -> Found:
    """Find out what a plan is about, for the policy; or raise BadRequest."""
    plans: Plans = upstream.plans
    change = (await ready(plans, str(arguments["plan"]), principal.id)).change
    values = {
        "cluster": change.cluster,
        "namespace": change.namespace or None,
        "force": change.takes,
        "kinds": change.kinds,
        "deletes": change.deletes,
    }
    parts: tuple[Path, ...] = tuple(
        (("Cluster", change.cluster), ("Namespace", name)) for name in change.namespaces
    )
    return Found(values, parts if not change.namespace else ())


ABOUT = About(
    scopes={"cluster": "Cluster", "namespace": "Namespace"},
    scalars={"force": bool, "kinds": list, "deletes": bool},
    find=found,
)


async def agreed(call: Call[Upstream], kubernetes: Kubernetes, stored: StoredPlan) -> Plan:
    """Look at every object once more, and say what is about to be done to them."""
    change = stored.change
    if change.release is not None:
        from bailiwick_cluster.preparing import releasing  # noqa: PLC0415 - Helm, not at the start

        return await releasing.agreed(call, change, stored.digest)
    await unmoved(kubernetes, change.steps)
    seen = {step.told: step.seen or step.uid for step in change.steps}
    return Plan(told(change), {"plan": stored.digest, **seen}, {"digest": stored.digest})


def told(change: Change) -> str:
    """Say what a plan does, for whoever approves it."""
    where = f"{change.cluster}/{change.namespace}" if change.namespace else change.cluster
    steps = "; ".join(step.effect for step in change.steps[:_MOST_TOLD])
    more = len(change.steps) - _MOST_TOLD
    verb = "undo a change of" if change.undoes else "apply"
    return (
        f"{verb} {many(len(change.steps), 'object')} in {where}: {steps}"
        + (f"; and {more} more" if more > 0 else "")
        + ("; takes over fields of other managers" if change.takes else "")
        + ("; rolls back if it fails" if change.on_failure == "roll_back" else "")
    )


async def apply(call: Call[Upstream], kubernetes: Kubernetes, stored: StoredPlan) -> Outcome:
    """Use the plan up and carry it out; it is given back where nothing was written."""
    plans, owner, change = store(call), call.principal.id, stored.change
    undo = new_id(change) if change.release is None else ""
    call.facts.update(
        plan=stored.id, digest=stored.digest, kinds=change.kinds, undoes=change.undoes
    )
    if not await plans.claim(stored.id, owner, undo):
        raise BadRequest("that plan was applied by another call just now; preview again")
    lost: list[str] = []

    async def keeping(done: Sequence[Done]) -> None:
        try:
            await plans.keep(owner, undoing(change, stored.id, done), undo=True, id_=undo)
        except Unavailable as error:  # what is done is done; it is told that it cannot be undone
            lost.append(str(error))

    try:
        if change.release is not None:
            from bailiwick_cluster.preparing import releasing  # noqa: PLC0415 - Helm, not at the start

            return _released(await releasing.apply(call, change))
        made = await carry_through(call, kubernetes, change, keeping)
    except Moved:
        with suppress(Unavailable):  # or nobody would hear that nothing was done
            await plans.give_back(stored.id, owner)
        raise
    outcome = _outcome(change, made, "" if lost or not made.left else undo, lost=bool(lost))
    call.facts.update(undo=outcome.undo or "", applied=len(made.done), failed=made.failed)
    return outcome


def _released(said: Answer) -> Outcome:
    """Tell what Helm's engine did as any other change is told."""
    undo = next((note.removeprefix("undo: ") for note in said.notes if "undo: " in note), None)
    words = [block.text[:_MOST_WORDS] for block in said.blocks]
    return Outcome(result=said.says, applied=[], undo=undo, trouble="\n".join(words) or None)


def _outcome(change: Change, made: Applied, undo: str, *, lost: bool) -> Outcome:
    done = [each.step.effect for each in made.done]
    left = [each.told for each in change.steps[len(made.done) :]]
    trouble = [
        each.words[:_MOST_WORDS] for each in made.watched if each.words and not each.standing.done
    ]
    stops = [each for each in (made.stopped, made.stuck) if each is not None]
    trouble += [each.words[:_MOST_WORDS] for each in stops if each.words]
    return Outcome(
        result=_result(made, len(change.steps)) + (_LOST if lost and made.left else ""),
        applied=done,
        not_applied=left or None,
        rolled_back=[each.step.told for each in made.taken_back] or None,
        undo=f'apply_change(plan="{undo}")' if undo else None,
        trouble="\n".join(trouble) or None,
    )


def _result(made: Applied, wanted: int) -> str:
    """Say how it went in one line."""
    if not made.failed:
        ready = f"; {', '.join(each.told for each in made.watched[:4])}" if made.watched else ""
        return f"done: {many(len(made.done), 'object')} applied{ready}"
    if made.stopped is not None:
        why = f"{made.stopped.step.told} {made.stopped.why}"
        said = f"stopped after {len(made.done)} of {many(wanted, 'object')}: {why}"
    else:
        failed = [each for each in made.late if each.failed]
        how = "failed" if failed else "not ready in time"
        said = f"applied, but {how}: {'; '.join(each.told for each in (failed or made.late)[:4])}"
    if made.taken_back and not made.left:
        return f"{said}. All was rolled back"
    if made.taken_back or made.stuck is not None:
        why = f": {made.stuck.step.told} {made.stuck.why}" if made.stuck else ""
        return f"{said}. Rolled back only {len(made.taken_back)} of {len(made.done)}{why}"
    return f"{said}. What was applied was kept" if made.done else said
