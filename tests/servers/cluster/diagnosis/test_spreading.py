from typing import Any

from bailiwick_cluster.diagnosis.fitting import rooms
from bailiwick_cluster.diagnosis.spreading import spread
from tests.parts.pictured import node, picture, unplaced, well

ZONE = "topology.kubernetes.io/zone"
NODES = [node(f"n{n}", labels={ZONE: zone}) for n, zone in enumerate("aab")]


def refused(*others: dict[str, Any], labels: dict[str, str] | None = None, **spec: Any) -> set[str]:
    """Return the nodes that refuse a new pod of the app `web`."""
    snapshot = picture(*NODES, *others, unplaced("new", labels=labels, **spec))
    (new,) = [pod for pod in snapshot.of("Pod") if pod["metadata"]["name"] == "new"]
    every = rooms(snapshot)
    made = spread(snapshot, new, every)
    return {room.name for room in every if list(made.reasons(room))}


def term(kind: str, key: str = ZONE, app: str = "web", **more: Any) -> dict[str, Any]:
    rule = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}, **more}
    return {"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [rule]}}}


def test_anti_affinity_avoids_the_domain_of_its_like() -> None:
    there = well("a", node="n0")
    assert refused(there, **term("podAntiAffinity")) == {"n0", "n1"}
    assert refused(there, **term("podAntiAffinity", "kubernetes.io/hostname")) == {"n0"}
    assert refused(there, **term("podAntiAffinity", app="api")) == set()
    over = well("done", node="n0", phase="Succeeded")
    assert refused(over, **term("podAntiAffinity")) == set()


def test_affinity_wants_the_domain_of_another() -> None:
    cache = well("c", node="n2", labels={"app": "cache"})
    assert refused(cache, **term("podAffinity", app="cache")) == {"n0", "n1"}
    assert refused(**term("podAffinity", app="cache")) == {"n0", "n1", "n2"}


def test_the_first_of_a_group_may_begin_anywhere() -> None:
    assert refused(**term("podAffinity")) == set()


def test_other_namespaces_count_where_they_are_named() -> None:
    there = well("a", node="n0", namespace="bank")
    assert refused(there, **term("podAntiAffinity")) == set()
    assert refused(there, **term("podAntiAffinity", namespaces=["bank"])) == {"n0", "n1"}


def level(**more: Any) -> dict[str, Any]:
    rule = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    chosen = {"labelSelector": {"matchLabels": {"app": "web"}}}
    return {"topologySpreadConstraints": [{**rule, **chosen, **more}]}


def test_an_even_spread_refuses_the_fuller_domain() -> None:
    there = well("a", node="n0")
    assert refused(there, **level()) == {"n0", "n1"}
    assert refused(there, **level(maxSkew=2)) == set()
    assert refused(there, **level(whenUnsatisfiable="ScheduleAnyway")) == set()


def test_nodes_that_the_pod_may_not_go_to_do_not_count_as_empty() -> None:
    there = well("a", node="n0")
    assert refused(there, nodeSelector={ZONE: "a"}, **level()) == {"n2"}


def test_too_few_domains_count_as_an_empty_one() -> None:
    assert refused(well("a", node="n0"), well("b", node="n2"), **level(minDomains=3)) == {
        "n0", "n1", "n2",
    }  # fmt: skip


def test_odd_rules_are_read() -> None:
    odd: dict[str, Any] = {
        "affinity": {"podAntiAffinity": "x"},
        "topologySpreadConstraints": [{}, 3],
    }
    assert isinstance(refused(**odd), set)
