"""Alerts from both sides joined: each once, with what both know."""

from typing import Any

import httpx
import pytest

from bailiwick.errors import BadRequest, Unavailable
from bailiwick.tool import Call
from bailiwick_observability.alerting import Joined, join, joined, severity, worst
from bailiwick_observability.models.alerts import Alert, Rule
from bailiwick_observability.tools.list_alerts import list_alerts
from tests.parts.metrics import NOW, Prom, firing, refused
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


async def ask(eu: Watch, source: str | None = None) -> Joined:
    call: Call[Any] = eu.call(list_alerts)
    return await joined(call, source)


async def test_an_alert_that_both_know_is_one(eu: Watch, prom: Prom) -> None:
    told = prom.fires("Slow", instance="a", cluster="eu")
    told["status"]["silencedBy"] = ["5ca1ab1e"]
    prom.rule("Slow", "x > 1", firing("Slow", value="3.5", instance="a"))
    found = await ask(eu)
    ((source, alert),) = found.alerts
    assert source == "eu"
    assert (alert.state, alert.value, alert.silenced_by) == ("silenced", 3.5, ("5ca1ab1e",))
    assert alert.receivers == ("oncall",)
    assert [rule.name for _, rule in found.rules] == ["Slow"]


async def test_what_only_one_side_knows_is_there_too(eu: Watch, prom: Prom) -> None:
    prom.fires("Pushed")
    prom.rule("Slow", "x > 1", firing("Slow"), {**firing("Slow", a="b"), "state": "pending"})
    found = await ask(eu)
    assert [(name, alert.name, alert.state) for name, alert in found.alerts] == [
        ("am", "Pushed", "firing"),
        ("eu", "Slow", "firing"),
        ("eu", "Slow", "pending"),
    ]


async def test_what_is_pending_stays_so_whatever_alertmanager_says(eu: Watch, prom: Prom) -> None:
    prom.fires("Slow")
    prom.rule("Slow", "x > 1", {**firing("Slow"), "state": "pending"})
    ((_, alert),) = (await ask(eu)).alerts
    assert alert.state == "pending"


async def test_each_side_is_asked_once(eu: Watch, prom: Prom) -> None:
    await ask(eu)
    paths = sorted(request.url.path for request in prom.seen)
    assert paths == ["/api/v1/rules", "/api/v2/alerts"]


async def test_a_source_that_fails_is_named_and_leaves_the_others(eu: Watch, prom: Prom) -> None:
    prom.fires("Pushed")
    prom.fails = lambda r: httpx.Response(500) if "/api/v1/" in r.url.path else None
    found = await ask(eu)
    assert [alert.name for _, alert in found.alerts] == ["Pushed"]
    assert found.away == ["eu: eu is failing (500)"]


async def test_when_none_answers_that_is_no_answer(eu: Watch, prom: Prom) -> None:
    prom.fails = lambda _: refused(500, "internal", "no")
    with pytest.raises(Unavailable, match=r"am: am is failing.*eu: eu is failing"):
        await ask(eu)


async def test_what_the_policy_hides_is_not_asked(eu: Watch, prom: Prom) -> None:
    prom.fires("Pushed")
    eu.hidden.add("am")
    found = await ask(eu)
    assert found.withheld == "1 source (policy)"
    assert found.alerts == []
    assert all("/api/v2/" not in request.url.path for request in prom.seen)


async def test_one_source_that_is_named(eu: Watch, prom: Prom) -> None:
    prom.fires("Pushed")
    assert [name for name, _ in (await ask(eu, "am")).alerts] == ["am"]
    with pytest.raises(BadRequest, match="no source 'mars'"):
        await ask(eu, "mars")


class Counted(dict[str, str]):
    """Labels that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, name: str) -> str:
        Counted.looks += 1
        return super().__getitem__(name)

    def items(self) -> Any:
        Counted.looks += len(self)
        return super().items()

    def keys(self) -> Any:
        Counted.looks += len(self)
        return super().keys()


@pytest.mark.parametrize("many", [500, 5_000])
def test_many_alerts_of_one_name_are_joined_in_a_look_or_two_at_each(many: int) -> None:
    def alert(number: int, **external: str) -> Alert:
        labels = {"alertname": "Down", "pod": f"p{number}", "zone": f"z{number % 9}", **external}
        return Alert(Counted(labels), fingerprint=str(number) if external else "")

    rules = [Rule("Down", "up == 0", 0, "g", {}, {}, "ok", "", [alert(n) for n in range(many)])]
    told = [alert(n, cluster="eu") for n in reversed(range(many))]
    Counted.looks = 0
    found = list(join({"eu": rules}, {"am": told}, {"eu": "am"}))
    assert len(found) == many, "each is one"
    assert all(one.fingerprint == one.labels["pod"][1:] for _, one in found)
    assert Counted.looks < 20 * many


def test_of_two_that_are_the_same_alert_the_first_is_taken() -> None:
    rule = Rule("A", "q", 0, "g", {}, {}, "ok", "", [Alert({"alertname": "A"})])
    told = [Alert({"alertname": "A", "dc": dc}, fingerprint=dc) for dc in ("eu", "us")]
    found = [alert.fingerprint for _, alert in join({"eu": [rule]}, {"am": told}, {"eu": "am"})]
    assert found == ["eu", "us"], "the other is an alert of its own"


def test_rules_of_one_name_whose_alerts_have_other_labels() -> None:
    one, two = Alert({"alertname": "A", "pod": "x"}), Alert({"alertname": "A", "node": "n"})
    rules = [Rule("A", "q", 0, "g", {}, {}, "ok", "", [each]) for each in (one, two)]
    other = Alert({"alertname": "A", "node": "n", "pod": "y", "dc": "eu"}, fingerprint="f")
    found = list(join({"eu": rules}, {"am": [other]}, {"eu": "am"}))
    assert [(name, alert.fingerprint) for name, alert in found] == [("eu", ""), ("eu", "f")]


def test_severe_before_mild_and_an_unknown_word_before_warnings() -> None:
    words = ["critical", "page", "P1", "Warning", "info", "none"]
    alerts = [Alert({"alertname": "X", "severity": word}, since=NOW) for word in words]
    assert sorted(alerts, key=worst) == alerts
    assert severity(Alert({})) == severity(Alert({"severity": "P1"}))


def test_unheard_before_muted_and_old_before_new() -> None:
    ordered = [
        Alert({"alertname": "A"}, state="firing", since=NOW - 60),
        Alert({"alertname": "A"}, state="firing", since=NOW),
        Alert({"alertname": "A", "severity": "critical"}, state="pending", since=NOW),
        Alert({"alertname": "A", "severity": "critical"}, state="inhibited", since=NOW),
        Alert({"alertname": "A", "severity": "critical"}, state="silenced", since=NOW),
    ]
    mixed = ordered[::-1]
    assert sorted(mixed, key=worst) == ordered
