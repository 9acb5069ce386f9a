"""What was agreed to is written, though controllers write too; and nothing else is."""

from collections.abc import Callable

import pytest

from bailiwick.errors import Moved
from bailiwick.tool import Plan
from bailiwick_cluster.running.unmoved import VERSION, bound, unmoved, version
from bailiwick_cluster.upstream import Object

pytestmark = pytest.mark.anyio


class Written:
    """An object that somebody else writes to before each of our writes."""

    def __init__(self, others: Callable[[Object, int], None]) -> None:
        self.now: Object = {
            "metadata": {"uid": "u", "resourceVersion": "1"},
            "spec": {"replicas": 2},
            "status": {},
        }
        self.others, self.tried = others, list[str]()

    def plan(self) -> Plan:
        return Plan("", bound(self.now), {VERSION: version(self.now)})

    async def look(self) -> Object:
        return self.now

    async def write(self, seen: str) -> str:
        self.others(self.now, len(self.tried))
        self.tried.append(seen)
        if seen != self.now["metadata"]["resourceVersion"]:
            raise Moved("it moved")
        return "written"


def status(found: Object, tried: int, until: int) -> None:
    """Write as a controller does, before the first `until` writes of ours."""
    if tried < until:
        found["status"] = {"ready": tried}
        found["metadata"]["resourceVersion"] = str(tried + 2)


async def test_a_status_that_moves_does_not_spend_what_was_agreed() -> None:
    one = Written(lambda found, tried: status(found, tried, 3))
    assert await unmoved(one.plan(), one.look, one.write) == "written"
    assert one.tried == ["1", "2", "3", "4"]


async def test_what_people_changed_is_not_written_over() -> None:
    def somebody(found: Object, tried: int) -> None:
        if not tried:
            found["spec"]["replicas"] = 7
            found["metadata"]["resourceVersion"] = "2"

    one = Written(somebody)
    with pytest.raises(Moved):
        await unmoved(one.plan(), one.look, one.write)
    assert one.tried == ["1"]


async def test_another_object_by_the_same_name_is_not_touched() -> None:
    def replaced(found: Object, tried: int) -> None:
        found["metadata"] = {"uid": "other", "resourceVersion": "9"}

    one = Written(replaced)
    with pytest.raises(Moved):
        await unmoved(one.plan(), one.look, one.write)
    assert one.tried == ["1"]


async def test_it_ends_where_the_status_never_stands_still() -> None:
    one = Written(lambda found, tried: status(found, tried, 100))
    with pytest.raises(Moved):
        await unmoved(one.plan(), one.look, one.write)
    assert len(one.tried) == 5


async def test_a_mark_says_what_counts() -> None:
    def labelled(found: Object, tried: int) -> None:
        if not tried:
            found["metadata"] = {"uid": "u", "resourceVersion": "2", "labels": {"a": "b"}}

    one = Written(labelled)
    plan = Plan("", bound(one.now, lambda _: "open"), {VERSION: "1"})
    assert await unmoved(plan, one.look, one.write, lambda _: "open") == "written"
