"""The client of Alertmanager: what it makes of answers, and of failures."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest

from bailiwick.errors import (
    BadRequest,
    BailiwickError,
    Forbidden,
    Rejected,
    Unavailable,
    Unreadable,
)
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_observability.models.alerts import Alertmanager, Matcher, Silence
from bailiwick_observability.models.sources import Behalf
from tests.parts.metrics import NOW, Prom, stamp
from tests.parts.watching import ANA, Watch

pytestmark = pytest.mark.anyio
MATCHERS = (Matcher("alertname", "Slow"), Matcher("pod", "web-.*", regex=True, equal=False))


@pytest.fixture
def facts() -> dict[str, Any]:
    return {}


@pytest.fixture
def am(eu: Watch, facts: dict[str, Any]) -> Alertmanager:
    return eu.sources.alertmanager("am", Behalf(ANA, "c1", facts=facts))


async def test_alerts_with_what_became_of_them(
    am: Alertmanager, prom: Prom, facts: dict[str, Any]
) -> None:
    prom.fires("Slow", 600, pod="a")["generatorURL"] = "http://prom/graph"
    prom.fires("Slow", pod="b")["status"]["inhibitedBy"] = ["f1"]
    told = prom.fires("Slow", pod="c")
    told["status"].update(inhibitedBy=["f1"], silencedBy=["s1"], state="suppressed")
    first, second, third = await am.alerts()
    assert (first.name, first.state, first.since) == ("Slow", "firing", NOW - 600)
    assert (first.receivers, first.link) == (("oncall",), "http://prom/graph")
    assert (second.state, second.inhibited_by) == ("inhibited", ("f1",))
    assert (third.state, third.silenced_by) == ("silenced", ("s1",))
    (asked,) = prom.seen
    assert set(parse_qs(asked.url.query.decode())) == {
        "active", "silenced", "inhibited", "unprocessed",
    }  # fmt: skip
    assert facts["bytes_read"] > 100


async def test_a_silence_is_made_and_read_and_ended(am: Alertmanager, prom: Prom) -> None:
    wanted = Silence("", MATCHERS, NOW, NOW + 7_200, "ana", "why", "active")
    with current_risk(Risk.CHANGE):
        made = await am.silence(wanted)
    (found,) = await am.silences()
    assert found.id == made
    assert (found.matchers, found.starts, found.ends) == (MATCHERS, NOW, NOW + 7_200)
    assert (found.author, found.comment, found.state) == ("ana", "why", "active")
    with current_risk(Risk.CHANGE):
        await am.expire(made)
    assert (await am.silences())[0].state == "expired"
    body = orjson.loads(prom.seen[0].content)
    assert body["startsAt"] == stamp(NOW).replace("+00:00", "Z")
    assert prom.seen[2].method == "DELETE"


async def test_a_read_changes_nothing(am: Alertmanager, prom: Prom) -> None:
    wanted = Silence("", MATCHERS, NOW, NOW + 60, "ana", "why", "active")
    with pytest.raises(Rejected, match="only reads may not change am"):
        await am.silence(wanted)
    with pytest.raises(Rejected, match="only reads may not change am"):
        await am.expire("x")
    assert prom.seen == []


async def test_an_id_stays_one_part_of_the_path(am: Alertmanager, prom: Prom) -> None:
    with current_risk(Risk.CHANGE):
        await am.expire("../silences?x=1#y")
    assert prom.seen[0].url.raw_path == b"/api/v2/silence/..%2Fsilences%3Fx%3D1%23y"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(400, json="bad matcher"), BadRequest, "am says: bad matcher"),
        (httpx.Response(404, json={"message": "gone"}), BadRequest, "am says: gone"),
        (httpx.Response(422, text="plain words"), BadRequest, "am says: plain words"),
        (httpx.Response(404, text="<html>secret words"), BadRequest, "am says: no (404)"),
        (httpx.Response(400, json="a\x1b[31m\u202eb"), BadRequest, "am says: a<U+202E>b"),
        (httpx.Response(401, text="secret words"), Forbidden, "am refused the request (401)"),
        (httpx.Response(403), Forbidden, "credential"),
        (httpx.Response(302, headers={"location": "http://eve"}), Rejected, "refused (302)"),
        (httpx.Response(503, text="secret words"), Unavailable, "am is failing (503)"),
        (httpx.Response(200, text="<html>secret words"), Unreadable, "cannot read"),
        (httpx.Response(200, text='[{"labels":'), Unreadable, "cannot read"),
    ],
    ids=str,
)
async def test_failures_are_ours(
    am: Alertmanager, prom: Prom, answer: httpx.Response, kind: type[BailiwickError], words: str
) -> None:
    prom.fails = lambda _: answer
    with pytest.raises(BailiwickError) as caught:
        await am.alerts()
    assert type(caught.value) is kind
    assert words.replace("refused (302)", "refused the request (302)") in str(caught.value)
    assert "secret words" not in str(caught.value)
    assert len(prom.seen) == 1


@pytest.mark.parametrize("body", ["{}", "null", "7", '[1, null, {}, {"labels": 5, "status": []}]'])
async def test_what_is_no_alert_is_none_or_an_empty_one(
    am: Alertmanager, prom: Prom, body: str
) -> None:
    prom.fails = lambda _: httpx.Response(200, text=body)
    for alert in await am.alerts():
        assert (alert.name, alert.state, alert.since) == ("?", "firing", 0)
    for silence in await am.silences():
        assert silence.id == ""


async def test_a_silence_without_an_id_was_made_all_the_same(am: Alertmanager, prom: Prom) -> None:
    prom.fails = lambda _: httpx.Response(200, json={})
    with current_risk(Risk.CHANGE), pytest.raises(Unreadable, match="did not say its id"):
        await am.silence(Silence("", MATCHERS, NOW, NOW + 60, "ana", "why", "active"))


def test_pages_for_people(am: Alertmanager) -> None:
    parts = urlsplit(am.link(MATCHERS))
    asked = parse_qs(parts.fragment.partition("?")[2])
    assert asked["filter"] == ['{alertname="Slow",pod!~"web-.*"}']
    assert am.link().startswith("http://am/#/alerts?filter=&")
    assert am.silence_link("a/b") == "http://am/#/silences/a%2Fb"
