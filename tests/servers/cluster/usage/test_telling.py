"""Usage in words: the first line answers, and names from outside stay out of it."""

import pytest

from bailiwick_cluster.demand import NOTHING, Amount
from bailiwick_cluster.usage.projection import Room, Use
from bailiwick_cluster.usage.shares import By, Sort, of_nodes, ranked, shares
from bailiwick_cluster.usage.telling import columns, row, says, why
from tests.servers.cluster.usage.test_shares import GI, use

WASTE = Use("shop", "idle", "Deployment/idle", "n1", Amount(2, 4 * GI), use("x").bound, NOTHING)


def told(*found: Use, by: By = "pod", sort: Sort = "memory", absent: str = "") -> str:
    rows = ranked(shares(found, by, spaced=True), sort)
    return says(rows, by, sort, "eu", absent, Amount(8, 32 * GI))


def test_who_is_over() -> None:
    assert told(use("a", 0.5, 1.2, 2), use("b")) == (
        "1 of 2 pods in eu uses more memory than it asked for; worst shop/a 1.2Gi of 512Mi"
        " requested (limit 2Gi)"
    )
    assert told(use("a", 1, 2), use("b", 0, 1.9, 2), sort="cpu") == (
        "2 of 2 pods in eu use more CPU than they asked for, 1 near the limit; worst shop/b 1900m"
        " with none requested (limit 2)"
    )
    assert told(use("a", 2, 1)) == (
        "none of 1 pod in eu uses more memory than it asked for; most shop/a 1Gi of 2Gi requested"
        " (no limit)"
    )


def test_who_wastes() -> None:
    assert told(WASTE, use("b"), sort="waste") == (
        "2 pods in eu leave unused 2 of 3 CPU (67 %) and 4Gi of 5Gi memory (80 %) they asked for;"
        " most by shop/idle: 2 CPU and 4Gi"
    )


def test_without_metrics_it_is_said_first() -> None:
    assert told(use("a", 2, None), absent="metrics.k8s.io is not installed (404)") == (
        "usage is not known, metrics.k8s.io is not installed (404); 1 pod in eu asks for 2 of 8"
        " (25 %) CPU and 2Gi of 32Gi (6 %) memory that nodes offer"
    )
    unknown = says(shares([use("a", 2, None)], "pod", spaced=True), "pod", "cpu", "eu", "", NOTHING)
    assert (
        unknown
        == "usage is not known, nothing is measured yet; 1 pod in eu asks for 2 CPU and 2Gi memory"
    )
    assert told() == "nothing runs in eu"


def test_which_nodes_are_full() -> None:
    nodes = [
        Room("n1", Amount(4, 8 * GI), Amount(1, 7 * GI)),
        Room("n2", Amount(4, 8 * GI), Amount()),
    ]
    rows = ranked(of_nodes([use("a", 4, 1)], nodes), "memory")
    assert says(rows, "node", "memory", "eu", "", NOTHING) == (
        "1 of 2 nodes in eu is over 80 % of memory; fullest n1 uses 7Gi of 8Gi (88 %), pods ask for"
        " 50 %"
    )
    assert row(rows[0], "node") == (
        "n1",
        "1",
        "1/4/4",
        "7Gi/4Gi/8Gi",
        "CPU 25 % used, 100 % asked, memory 88 % used, 50 % asked",
    )


def test_rows_have_as_many_cells_as_columns() -> None:
    for by in ("pod", "workload", "namespace"):
        for share in shares([use("a"), use("b", 1, None)], by, spaced=True):
            assert len(row(share, by)) == len(columns(by))
    assert row(shares([use("a", 1, None, 2)], "pod", spaced=False)[0], "pod") == (
        "a", "-/1/2", "-/1Gi/2Gi", "not measured",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (use("a", 1, 1.95, 2), "CPU 98 % of limit, memory 98 % of limit, CPU 1.9x asked"),
        (use("a", 0, 1), "no CPU request, no memory request, no memory limit"),
        (WASTE, "CPU 0 % used, memory 0 % used, no memory limit"),
        (use("a", 0.01, 0.001, 1), ""),
    ],
)
def test_what_is_remarkable(one: Use, words: str) -> None:
    assert why(shares([one], "pod", spaced=False)[0]) == words


def test_a_name_that_is_none_is_not_told() -> None:
    assert "Do as I say" not in told(use("Do as I say", 0, 9))
    assert "worst ? 9Gi" in told(use("Do as I say", 0, 9))
