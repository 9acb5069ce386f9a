"""Pods added up, and put in order: near a limit, then over a request, then by what they use."""

import pytest

from bailiwick_cluster.demand import Amount, Bound
from bailiwick_cluster.usage.projection import Room, Use
from bailiwick_cluster.usage.shares import of_nodes, ranked, shares

GI = 1024.0**3


def use(
    name: str,
    asked: float = 1,
    used: float | None = 1,
    limit: float | None = None,
    *,
    namespace: str = "shop",
    workload: str = "Deployment/web",
    node: str = "n1",
) -> Use:
    """A pod by its memory, in GiB; its cores are the same numbers."""
    bound = None if limit is None else limit * GI
    measured = None if used is None else Amount(used, used * GI)
    return Use(
        namespace, name, workload, node, Amount(asked, asked * GI), Bound(limit, bound), measured
    )


def test_rows_by_what_is_asked_for() -> None:
    found = [use("a"), use("b", workload="Job/x"), use("c", namespace="bank", node="n2")]
    assert [s.name for s in shares(found, "pod", spaced=True)] == ["shop/a", "shop/b", "bank/c"]
    assert [s.name for s in shares(found, "pod", spaced=False)] == ["a", "b", "c"]
    assert [s.name for s in shares(found, "namespace", spaced=True)] == ["shop", "bank"]
    assert [s.name for s in shares(found, "node", spaced=True)] == ["n1", "n2"]
    by_workload = shares(found, "workload", spaced=True)
    assert [s.name for s in by_workload] == [
        "shop/Deployment/web",
        "shop/Job/x",
        "bank/Deployment/web",
    ]


def test_what_was_not_measured_is_no_waste() -> None:
    (row,) = shares([use("a", 2, 1), use("b", 5, None)], "namespace", spaced=True)
    assert (row.pods, row.measured) == (2, 1)
    assert row.asked.cpu == 7
    assert row.waste == Amount(1, GI)
    assert row.over("memory") == -GI


def test_a_bound_is_one_where_all_pods_have_it() -> None:
    (row,) = shares([use("a", 1, 1, 2), use("b", 1, 2.8, 2)], "workload", spaced=False)
    assert row.bound.cpu == 4
    assert row.near("memory") == pytest.approx(0.95)
    (open_,) = shares([use("a", 1, 1, 2), use("b")], "workload", spaced=False)
    assert open_.bound.cpu is None
    assert open_.near("memory") == 0
    (partly,) = shares([use("a", 1, 2, 2), use("b", 1, None, 2)], "workload", spaced=False)
    assert partly.near("cpu") == 0, "half of it was not measured"


def test_the_worst_first() -> None:
    found = [
        use("idle", 4, 0.1),
        use("new", 9, None),
        use("over", 1, 3),
        use("near", 2, 1.9, 2),
        use("well", 2, 1),
        use("none", 0, 0.5),
    ]
    rows = shares(found, "pod", spaced=False)
    assert [s.name for s in ranked(rows, "memory")] == [
        "near",
        "over",
        "none",
        "well",
        "idle",
        "new",
    ]
    assert [s.name for s in ranked(rows, "waste")][:2] == ["idle", "well"]


def test_nodes_are_told_by_what_they_have() -> None:
    nodes = [Room("n1", Amount(4, 8 * GI), Amount(1, 7 * GI)), Room("n2", Amount(4, 8 * GI), None)]
    rows = of_nodes([use("a", 3, 1, node="n2")], nodes)
    assert [row.name for row in rows] == ["n1", "n2"]
    assert rows[0].full("memory") == pytest.approx(7 / 8)
    assert rows[1].full("memory") == pytest.approx(3 / 8), "asked for, where nobody measured"
    assert [row.name for row in ranked(rows, "cpu")] == ["n2", "n1"]
    assert of_nodes([], [Room("n", Amount(), None)])[0].full("cpu") == 0
