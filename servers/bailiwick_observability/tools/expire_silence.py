"""`expire_silence`: end a silence now, so that what it muted is heard again."""

from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Untrusted
from bailiwick.tool import Call, Plan, tool
from bailiwick.wording import many
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.matching import fits
from bailiwick_observability.models.alerts import Silence
from bailiwick_observability.naming import conditions, safe
from bailiwick_observability.parameters import DryRun, Source

Id = Annotated[str, Field(description="Id of the silence.", pattern=r"^[0-9a-fA-F-]{8,64}$")]


class Expired(BaseModel, frozen=True):
    """The silence that was ended, or would be."""

    result: str
    id: str
    matchers: Untrusted
    heard_again: int
    dry_run: bool
    undo: str
    link: str


async def plan_expiry(
    call: Call[Upstream], source: str, silence: str, dry_run: bool = True
) -> Plan:
    """Look which silence it is, and what would be heard again."""
    found = await _silence(call, source, silence)
    manager = call.upstream.sources.alertmanager(source, behalf(call))
    muted = [a for a in await manager.alerts() if fits(a.labels, found.matchers)]
    names = ", ".join(sorted({safe(alert.name) for alert in muted})[:5])
    heard = f"{many(len(muted), 'alert')} heard again" + (f" ({names})" if names else "")
    which = f"silence {silence[:8]} of {safe(found.author)} in {source}"
    effect = f"end {which}: {conditions(found.matchers)}; {heard}"
    ended = found.state == "expired"
    nothing = _answer(call, source, found, 0, "has ended already") if ended else None
    seen = {"silence": silence, "updated": f"{found.updated:.3f}"}
    return Plan(effect, seen, {"heard": str(len(muted))}, nothing)


@tool(risk=Risk.CHANGE, seconds=30, plan=plan_expiry)
async def expire_silence(
    call: Call[Upstream], source: Source, silence: Id, dry_run: DryRun = True
) -> Expired:
    """End a silence now. Find ids with list_alerts (state=silenced)."""
    found = await _silence(call, source, silence)
    heard = int(call.plan.notes["heard"]) if call.plan else 0
    if dry_run:
        return _answer(call, source, found, heard, "would end")
    await call.upstream.sources.alertmanager(source, behalf(call)).expire(silence)
    return _answer(call, source, found, heard, "ended")


async def _silence(call: Call[Upstream], source: str, silence: str) -> Silence:
    """Read one by its id, or by the beginning of it that answers show."""
    manager = call.upstream.sources.alertmanager(source, behalf(call))
    every = await manager.silences()
    found = [one for one in every if one.id == silence]
    if found:
        return found[0]
    active = [one.id for one in every if one.state != "expired"]
    like = [one for one in active if one.startswith(silence)]
    if like:
        raise BadRequest(f"give the whole id: {', '.join(like[:5])}")
    raise BadRequest(f"there is no silence {silence}; there are {len(active)} active ones")


def _answer(call: Call[Upstream], source: str, silence: Silence, heard: int, what: str) -> Expired:
    manager = call.upstream.sources.alertmanager(source, behalf(call))
    shown = " ".join(map(str, silence.matchers))
    left = max(silence.ends - call.upstream.clock(), 0)
    # It is for copying: what speaks is not put there, and stands in the fence alone.
    given = shown if conditions(silence.matchers) == shown else "the matchers above"
    again = f"silence_alerts source={source} matching=[{given}] duration={times.ago(left)}"
    return Expired(
        result=f"silence {what}",
        id=silence.id,
        matchers=shown,
        heard_again=heard,
        dry_run=what.startswith("would"),
        undo=again if what == "ended" and left >= 60 else "",
        link=manager.silence_link(silence.id),
    )
