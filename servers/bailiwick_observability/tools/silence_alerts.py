"""`silence_alerts`: mute alerts for a while, in the caller's name, with a reason."""

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, Field

from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.matching import matchers
from bailiwick_observability.models.alerts import Matcher, Silence
from bailiwick_observability.naming import safe
from bailiwick_observability.parameters import DryRun, Length, Matchers, Source
from bailiwick_observability.silencing import (
    Preview,
    preview,
    refuse_broad,
    refuse_share,
    settings_of,
    told,
)

Reason = Annotated[str, Field(description="Why, for others.", min_length=8, max_length=300)]
_SAME = 60.0
"""Seconds in which two ends count as the same, so that a repeated call makes nothing new."""


class Silenced(BaseModel, frozen=True):
    """The silence that was made, or would be."""

    result: str
    id: str
    ends: str
    mutes: int
    dry_run: bool
    undo: str
    link: str


async def plan_silence(
    call: Call[Upstream],
    source: str,
    matching: list[str],
    reason: str,
    duration: str = "2h",
    dry_run: bool = True,
) -> Plan:
    """Look what it would mute, and refuse what is too broad before anybody is asked."""
    wanted, length = matchers(matching), times.duration(duration)
    settings = settings_of(call, source)
    refuse_broad(wanted, length, settings)
    found = await preview(call, source, wanted, past=False)
    refuse_share(found, settings)
    shown = " ".join(map(str, wanted))
    effect = (
        f"silence {shown} in {source} for {times.ago(length)}, by {call.principal.subject}:"
        f" {reason}. It {_muted(found)}"
    )
    same = await _already(call, source, wanted, length)
    nothing = _answer(call, source, same, len(found.now), "is there already") if same else None
    return Plan(
        effect, {"matchers": shown, "source": source}, {"mutes": str(len(found.now))}, nothing
    )


def _muted(found: Preview) -> str:
    return told(found).partition(", and ")[0]


@tool(risk=Risk.CHANGE, seconds=30, plan=plan_silence)
async def silence_alerts(
    call: Call[Upstream],
    source: Source,
    matching: Matchers,
    reason: Reason,
    duration: Length = "2h",
    dry_run: DryRun = True,
) -> Silenced:
    """Silence alerts that fit all matchers, in your name. See preview_silence first."""
    now = call.upstream.clock()
    silence = Silence(
        "",
        matchers(matching),
        now,
        now + times.duration(duration),
        call.principal.subject,
        f"{reason} [bailiwick {call.id}]",
        "active",
    )
    mutes = int(call.plan.notes["mutes"]) if call.plan else 0
    if dry_run:
        return _answer(call, source, silence, mutes, "would be made")
    manager = call.upstream.sources.alertmanager(source, behalf(call))
    made = await manager.silence(silence)
    call.facts["silence"] = made
    return _answer(call, source, replace(silence, id=made), mutes, "made")


async def _already(
    call: Call[Upstream], source: str, wanted: tuple[Matcher, ...], length: float
) -> Silence | None:
    """Find the same silence of the same person, so that asking twice makes one."""
    ends = call.upstream.clock() + length
    manager = call.upstream.sources.alertmanager(source, behalf(call))
    for silence in await manager.silences():
        same = set(silence.matchers) == set(wanted) and silence.author == call.principal.subject
        if same and silence.state == "active" and abs(silence.ends - ends) < _SAME:
            return silence
    return None


def _answer(call: Call[Upstream], source: str, silence: Silence, mutes: int, what: str) -> Silenced:
    manager = call.upstream.sources.alertmanager(source, behalf(call))
    link = manager.silence_link(silence.id) if silence.id else manager.link(silence.matchers)
    dry_run = what.startswith("would")
    return Silenced(
        result=f"silence {what}: {' '.join(map(str, silence.matchers))}",
        id=safe(silence.id) if silence.id else "",
        ends=f"{times.clock(silence.ends, call.upstream.clock())} UTC",
        mutes=mutes,
        dry_run=dry_run,
        undo=f"expire_silence source={source} silence={safe(silence.id)}" if silence.id else "",
        link=link,
    )
