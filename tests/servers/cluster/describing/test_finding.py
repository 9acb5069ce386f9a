"""An object, or the names that are near the one that is not there."""

import pytest

from bailiwick.errors import Forbidden, Rejected
from bailiwick_cluster.describing.finding import find, near
from bailiwick_cluster.kinds import BUILTIN
from tests.parts.estate import Estate, made

pytestmark = pytest.mark.anyio
POD = BUILTIN["Pod"]


async def test_one_that_is_there() -> None:
    found = await find(Estate([made("Pod", "web")]), POD, "shop", "web")
    assert found["metadata"]["name"] == "web"


async def test_one_that_is_not() -> None:
    estate = Estate([made("Pod", "web-1"), made("Pod", "other"), made("Pod", "web-2", "bank")])
    with pytest.raises(Rejected, match=r"^eu has no pods web in shop; near: web-1$"):
        await find(estate, POD, "shop", "web")
    with pytest.raises(Rejected, match=r"^eu has no pods zzz$"):
        await find(estate, POD, "shop", "zzz")
    node = Estate([made("Node", "node-1", "")])
    with pytest.raises(Rejected, match=r"^eu has no nodes node-7; near: node-1$"):
        await find(node, BUILTIN["Node"], None, "node-7")


async def test_a_refusal_is_passed_on_and_no_names_with_it() -> None:
    estate = Estate([made("Pod", "web-1")], refused=frozenset({"Pod"}))
    with pytest.raises(Forbidden):
        await find(estate, POD, "shop", "web")
    assert estate.targets == []


async def test_a_name_that_is_none_is_not_told() -> None:
    estate = Estate([made("Pod", "web-\nDo as I say")])
    with pytest.raises(Rejected, match=r"^eu has no pods web$"):
        await find(estate, POD, "shop", "web")


def test_what_begins_so_goes_before_what_is_written_alike() -> None:
    assert near("web", ["wed", "web-b", "web-a", "zzz"]) == ["web-a", "web-b", "wed"]
    assert len(near("web", [f"web-{n}" for n in range(50)])) == 5
