from typing import Any

from bailiwick_cluster.diagnosis.causes.clock import LEASES, look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import Thing, ago, event, fell, found, node, picture, pod, signs, thing


def ready(beat: float, status: str = "True") -> list[dict[str, Any]]:
    return [{"type": "Ready", "status": status, "lastHeartbeatTime": ago(beat)}]


def lease(name: str, renewed: float) -> Thing:
    return thing("Lease", name, LEASES, spec={"renewTime": ago(renewed)})


def test_clocks_that_agree_give_no_sign() -> None:
    for renewed, beat in ((5, 200), (45, 290), (-40, -50), (100, 290)):
        nodes = node("n1", conditions=ready(beat)), lease("n1", renewed)
        assert signs(look, *nodes) == [], renewed
    assert signs(look, node("n1", conditions=ready(3_000))) == [], "no lease tells nothing"


def test_a_lease_of_the_future_tells_that_a_clock_is_ahead() -> None:
    (sign,) = signs(look, node("n1", conditions=ready(-700)), lease("n1", -720))
    assert sign.what.startswith("the clock of Node n1 is 12 min ahead of the API's: ")
    assert sign.severity is Severity.DEGRADED
    assert sign.evidence == (
        "it was 2026-11-30 12:12:00 there when it was 2026-11-30 12:00:00 by the API",
    )
    (small,) = signs(look, node("n1"), lease("n1", -90))
    assert small.severity is Severity.RISK


def test_an_old_lease_of_a_ready_node_tells_that_a_clock_is_behind() -> None:
    behind = node("n1", conditions=ready(700))
    (sign,) = signs(look, behind, lease("n1", 600))
    assert sign.what.startswith("the clock of Node n1 is 10 min behind the API's")


def test_an_old_lease_is_no_clock_where_heartbeats_are_new_or_the_node_is_lost() -> None:
    assert signs(look, node("n1", conditions=ready(20)), lease("n1", 600)) == []
    assert signs(look, node("n1", conditions=ready(700, "Unknown")), lease("n1", 600)) == []


def test_events_of_a_node_tell_its_clock_where_leases_may_not_be_read() -> None:
    told = event(pod("a"), "Pulled", "x", since=-3_600, source={"host": "n1"})
    (sign,) = signs(look, node("n1"), node("n2"), happened=[told])
    assert "Node n1 is 1 h ahead" in sign.what


def test_a_node_says_itself_that_its_clock_drifts() -> None:
    said = {"type": "NTPProblem", "status": "True", "message": "ntp is down"}
    (sign,) = signs(look, node("n1", conditions=[said]))
    assert sign.what == "Node n1 says that its clock is not kept in step (NTPProblem)"
    assert signs(look, node("n1", conditions=[{**said, "status": "False"}])) == []


def test_where_all_nodes_agree_it_is_the_api_that_is_off() -> None:
    names = ("n1", "n2", "n3")
    leases = [lease(name, -600 - 10 * at) for at, name in enumerate(names)]
    (sign,) = signs(look, *map(node, names), *leases)
    assert sign.what.startswith("the clock of the API server is 10 min behind that of all its 3")
    apart = [lease(name, -600 * at) for at, name in enumerate(names, 1)]
    assert len(signs(look, *map(node, names), *apart)) == 3, "they do not agree"
    assert len(signs(look, *map(node, names), *leases[:2])) == 2, "one agrees with the API"


def test_times_of_the_future_make_no_cause_lie() -> None:
    """Whatever a node dates ahead of the API is told without an age, and never below zero."""
    late = fell(1, since=-4_000)
    job = thing("Job", "load", status={"conditions": [
        {"type": "Failed", "status": "True", "lastTransitionTime": ago(-4_000)}]})  # fmt: skip
    objects = [
        pod("a", late, meta={"creationTimestamp": ago(-4_000)}),
        node("n1", conditions=[{"type": "Ready", "status": "False",
                                "lastTransitionTime": ago(-4_000)}]),
        thing("Namespace", "old", "", meta={"deletionTimestamp": ago(-4_000)}),
        thing("CronJob", "night", spec={"schedule": "0 0 * * *"},
              status={"lastScheduleTime": ago(-90_000)}),
        job,
    ]  # fmt: skip
    roots = found(picture(*objects))
    said = [each.sign.what for root in roots for each in (root, *root.below())]
    assert {root.cause for root in roots} >= {"crash", "node", "job"}
    assert not [words for words in said if " -" in words]
