"""A plan carried out: step by step, watched, and taken back where the plan says so.

Nothing raises once something was written: what was done, what not, and why, is the answer.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import anyio

from bailiwick.errors import BailiwickError, Moved, Unavailable
from bailiwick.tool import Call
from bailiwick_cluster.changing.carrying import Stopped, carry_out, same
from bailiwick_cluster.changing.step import Change, Step
from bailiwick_cluster.changing.undoing import Done, back
from bailiwick_cluster.changing.watching import WATCHED, Watched, begun, watch
from bailiwick_cluster.upstream import Kubernetes, Upstream
from bailiwick_cluster.upstream.writing import look

PATIENCE = 75.0
"""Seconds for which workloads are watched at most."""
_RESERVE = 30.0
"""Seconds of the tool's deadline that are kept to take back what failed."""

Keeping = Callable[[Sequence[Done]], Awaitable[None]]
"""Keeps what would take back what was done so far."""


@dataclass(slots=True)
class Applied:
    """What became of a change."""

    done: list[Done] = field(default_factory=list[Done])
    stopped: Stopped | None = None
    watched: list[Watched] = field(default_factory=list[Watched])
    taken_back: list[Done] = field(default_factory=list[Done])
    stuck: Stopped | None = None

    @property
    def late(self) -> list[Watched]:
        """Name the workloads that are not as wanted."""
        return [each for each in self.watched if each.late]

    @property
    def failed(self) -> bool:
        """Say whether anything went wrong."""
        return self.stopped is not None or bool(self.late)

    @property
    def left(self) -> list[Done]:
        """Name what was done and not taken back."""
        return [each for each in self.done if each not in self.taken_back]


async def unmoved(kubernetes: Kubernetes, steps: Sequence[Step]) -> None:
    """Look at every object once more, or raise Moved that names the first that is another."""
    for step in steps:
        if step.unchecked:  # what it stands in is made by the same change
            continue
        if not same(step, await look(kubernetes, step.place)):
            raise Moved(
                f"{step.told} is no longer what was previewed, so nothing is done; preview again"
            )


async def carry_through(
    call: Call[Upstream], kubernetes: Kubernetes, change: Change, keeping: Keeping
) -> Applied:
    """Do all of it. Raises Moved where nothing was written; afterwards it raises nothing."""
    made = Applied()
    try:
        await unmoved(kubernetes, change.steps)
    except Unavailable as error:
        raise Moved(f"nothing is done: {error}", detail=error.detail) from error
    await _write_all(call, kubernetes, change, made, keeping)
    if made.stopped is None and made.watched:
        await watch(call, kubernetes, made.watched, _patience())
    if made.failed and change.on_failure == "roll_back":
        await _take_back(call, kubernetes, made, keeping)
    return made


def _left() -> float:
    """Say how many seconds of this call are left for anything but taking back what failed."""
    return anyio.current_effective_deadline() - anyio.current_time() - _RESERVE


def _patience() -> float:
    return max(min(PATIENCE, _left()), 1.0)


async def _write_all(
    call: Call[Upstream], kubernetes: Kubernetes, change: Change, made: Applied, keeping: Keeping
) -> None:
    for at, step in enumerate(change.steps):
        if made.done and _left() <= 0:
            made.stopped = Stopped(step, "was not begun: the time of this call is up")
            return
        await call.progress(at, len(change.steps), step.effect)
        result = await _one(kubernetes, step, made)
        if isinstance(result, Stopped):
            if not made.done and not result.unsure:
                _raise(result)
            made.stopped = result
            return
        made.done.append(result)
        await keeping(made.done)


async def _one(kubernetes: Kubernetes, step: Step, made: Applied) -> Done | Stopped:
    try:
        watched = step.kind.name in WATCHED and step.verb != "delete"
        now = await look(kubernetes, step.place) if watched and not step.unchecked else None
        begins = await begun(kubernetes, step.place, now) if watched else None
        result = await carry_out(kubernetes, step)
    except BailiwickError as error:
        if not made.done:
            raise Moved(f"nothing is done: {error}", detail=error.detail) from error
        return Stopped(step, f"was not done: {error}", error.detail)
    if begins is not None and isinstance(result, Done):
        made.watched.append(begins)
    return result


def _raise(stopped: Stopped) -> None:
    """Say that nothing was done, so that the plan and its approval stay good."""
    raise Moved(
        f"nothing is done: {stopped.step.told} {stopped.why}; preview again", detail=stopped.words
    )


async def _take_back(
    call: Call[Upstream], kubernetes: Kubernetes, made: Applied, keeping: Keeping
) -> None:
    """Take back in reverse what was done, as far as it goes."""
    for at, done in enumerate(reversed(made.done)):
        step = back(done)
        await call.progress(at, len(made.done), f"taking back: {step.effect}")
        try:
            result = await carry_out(kubernetes, step)
        except BailiwickError as error:
            result = Stopped(step, f"could not be taken back: {error}", error.detail)
        if isinstance(result, Stopped):
            made.stuck = result
            break
        made.taken_back.append(done)
    await keeping(made.left)
