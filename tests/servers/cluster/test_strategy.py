from typing import Any

import pytest

from bailiwick_cluster.strategy import Moves, moves, share


def test_shares_are_rounded_as_controllers_do() -> None:
    said = ("25%", 2, "x", True, None, "0%", -1)
    assert [share(one, 5, 9, up=True) for one in said] == [2, 2, 9, 9, 9, 0, 0]
    assert [share(one, 5, 9, up=False) for one in said[:2]] == [1, 2]


@pytest.mark.parametrize(
    ("rolling", "total", "expected"),
    [
        (None, 3, Moves(1, 0)),
        (None, 4, Moves(1, 1)),
        ({"maxSurge": 0, "maxUnavailable": 0}, 3, Moves(0, 1)),
        ({"maxSurge": 0, "maxUnavailable": "25%"}, 3, Moves(0, 1)),
        ({"maxSurge": "50%", "maxUnavailable": "50%"}, 3, Moves(2, 1)),
    ],
)
def test_what_a_rollout_may(rolling: Any, total: int, expected: Moves) -> None:
    strategy = {"rollingUpdate": rolling} if rolling else {}
    assert moves({"spec": {"strategy": strategy}}, total) == expected


def test_where_all_stop_first_nothing_moves() -> None:
    assert moves({"spec": {"strategy": {"type": "Recreate"}}}, 3) is None
