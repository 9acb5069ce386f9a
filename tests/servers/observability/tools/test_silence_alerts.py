"""`silence_alerts`: made in the caller's name, once, and never too broad."""

from typing import Any

import orjson
import pytest

from bailiwick.errors import BadRequest
from bailiwick_observability.tools.silence_alerts import plan_silence, silence_alerts
from tests.parts.metrics import Prom
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio
SLOW: dict[str, Any] = {"source": "am", "matching": ["alertname=Slow"], "reason": "being repaired"}


def posted(prom: Prom) -> list[dict[str, Any]]:
    return [orjson.loads(each.content) for each in prom.seen if each.method == "POST"
            and "/api/v2/" in each.url.path]  # fmt: skip


async def test_a_dry_run_makes_nothing(eu: Watch, prom: Prom) -> None:
    prom.fires("Slow")
    reply = await eu.ask(silence_alerts, **SLOW)
    assert reply.structured is not None
    assert reply.structured["result"] == 'silence would be made: alertname="Slow"'
    assert (reply.structured["mutes"], reply.structured["dry_run"]) == (1, True)
    assert reply.structured["ends"] == "15:35 UTC"
    assert posted(prom) == []


async def test_made_in_the_callers_name(eu: Watch, prom: Prom) -> None:
    reply = await eu.ask(silence_alerts, **SLOW, dry_run=False, duration="30m")
    assert reply.structured is not None
    (body,) = posted(prom)
    assert body["createdBy"] == "ana"
    assert body["comment"] == "being repaired [bailiwick call-1]"
    assert body["endsAt"] == "2026-11-24T14:05:00Z"
    made = prom.silences[0]["id"]
    assert reply.structured["id"] == made == eu.facts["silence"]
    assert reply.structured["undo"] == f"expire_silence source=am silence={made}"


async def test_asking_twice_makes_one(eu: Watch, prom: Prom) -> None:
    await eu.ask(silence_alerts, **SLOW, dry_run=False)
    reply = await eu.ask(silence_alerts, **SLOW, dry_run=False)
    assert len(posted(prom)) == 1
    assert reply.structured is not None
    assert reply.structured["result"].startswith("silence is there already")


async def test_what_is_agreed_to(eu: Watch, prom: Prom) -> None:
    prom.fires("Slow")
    plan = await plan_silence(eu.call(silence_alerts), **SLOW)
    assert plan.effect == (
        'silence alertname="Slow" in am for 2h, by ana: being repaired.'
        " It mutes 1 of 1 firing alert now (Slow)"
    )
    assert plan.preconditions == {"matchers": 'alertname="Slow"', "source": "am"}
    assert prom.queries == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"matching": ["pod=~.*"]}, "too broad"),
        ({"matching": ["pod=~.+", "job=~.+"]}, "too broad"),
        ({"matching": ["alertname!=X"]}, "too broad"),
        ({"duration": "25h"}, "longer than the 24 h"),
        ({"duration": "30s"}, "less than a minute"),
        ({"source": "eu"}, "has no silences"),
    ],
    ids=str,
)
async def test_what_is_refused_before_anybody_is_asked(
    eu: Watch, prom: Prom, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        await eu.ask(silence_alerts, dry_run=False, **(SLOW | more))
    assert posted(prom) == []


async def test_too_much_of_what_fires(eu: Watch, prom: Prom) -> None:
    for number in range(6):
        prom.fires("Slow", pod=str(number))
    with pytest.raises(BadRequest, match="would mute 6 of 6 firing alerts"):
        await eu.ask(silence_alerts, **SLOW, dry_run=False)
