"""Whole changes: all is looked at before anything is written; what fails half-way is told."""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from bailiwick.errors import Moved
from bailiwick.policy.question import Risk
from bailiwick.tool import Call
from bailiwick_cluster.changing import applying, carrying, watching
from bailiwick_cluster.changing.applying import Applied, carry_through
from bailiwick_cluster.changing.motion import mark
from bailiwick_cluster.changing.step import Change, Step
from bailiwick_cluster.changing.undoing import Done
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.upstream import Object, Sent
from bailiwick_cluster.upstream.writing import Place
from tests.parts.api import ANA
from tests.parts.shelf import Shelf, place, status

pytestmark = pytest.mark.anyio
ONE, TWO, WEB = place("ConfigMap", "one"), place("ConfigMap", "two"), place("Deployment", "web")
POD = place("Pod", "web-1")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither wait nor watch for long."""
    monkeypatch.setattr(carrying, "_PAUSE", 0.0)
    monkeypatch.setattr(watching, "_EVERY", 0.0)


class Told(list[str]):
    """What progress was told, and what could be taken back at each step."""

    kept: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.kept = []

    async def hear(self, done: float, total: float, text: str) -> None:
        self.append(text)

    async def keep(self, done: Sequence[Done]) -> None:
        self.kept.append(len(done))


def change(shelf: Shelf, *places: Place, on_failure: Any = "keep") -> Change:
    """Give each a new value."""
    steps = tuple(
        Step(verb="apply", kind=each.kind, namespace=each.namespace, name=each.name,
             effect=f"change {each.told}", seen=mark(shelf.objects_.get(each.path)),
             body={"kind": each.kind.name, "metadata": {"name": each.name}, "data": {"a": "2"},
                   "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}}})
        for each in places
    )  # fmt: skip
    return Change(cluster="eu", steps=steps, on_failure=on_failure)


async def carried(shelf: Shelf, wanted: Change, told: Told | None = None) -> Applied:
    told = told if told is not None else Told()
    call: Call[Any] = Call("c", ANA, Risk.CHANGE, None, _none, progress=told.hear)
    return await carry_through(call, shelf, wanted, told.keep)


def _none() -> Any:
    raise AssertionError("no cursor is wanted")


def shelf() -> Shelf:
    made = Shelf()
    made.put(ONE, data={"a": "1"})
    made.put(TWO, data={"a": "1"})
    return made


async def test_all_is_done_in_order_and_what_takes_it_back_grows() -> None:
    on, told = shelf(), Told()
    made = await carried(on, change(on, ONE, TWO), told)
    assert [each.step.name for each in made.done] == ["one", "two"]
    assert not made.failed
    assert told == ["change ConfigMap shop/one", "change ConfigMap shop/two"]
    assert told.kept == [1, 2], "should we die half-way, what was done can be taken back"


async def test_nothing_is_written_where_the_last_one_moved() -> None:
    on = shelf()
    wanted = change(on, ONE, TWO)
    on.touch(TWO, data={"a": "9"})
    with pytest.raises(Moved, match="ConfigMap shop/two is no longer what was previewed"):
        await carried(on, wanted)
    assert on.objects_[ONE.path]["data"] == {"a": "1"}
    assert not [each for each in on.asked_ if not each.startswith("GET")]


@pytest.mark.parametrize("said", [Sent(503, b""), status(403, "no"), status(422, "no")])
async def test_a_refusal_of_the_first_leaves_the_plan_good(said: Sent) -> None:
    on = shelf()
    wanted = change(on, ONE, TWO)
    on.before = lambda method, _: said if method == "PATCH" else None
    with pytest.raises(Moved, match="nothing is done: "):
        await carried(on, wanted)


def _second_fails(method: str, path: str) -> Sent | None:
    return status(422, "no room") if method == "PATCH" and path.endswith("two") else None


async def test_what_stops_half_way_is_kept_and_told() -> None:
    on, told = shelf(), Told()
    on.before = _second_fails
    made = await carried(on, change(on, ONE, TWO), told)
    assert made.stopped is not None
    assert (made.stopped.step.name, made.stopped.words) == ("two", "no room")
    assert [each.step.name for each in made.left] == ["one"]
    assert on.objects_[ONE.path]["data"] == {"a": "2"}
    assert told.kept == [1]


async def test_what_stops_half_way_is_taken_back() -> None:
    on, told = shelf(), Told()
    on.before = _second_fails
    made = await carried(on, change(on, ONE, TWO, on_failure="roll_back"), told)
    assert made.left == []
    assert on.objects_[ONE.path]["data"] == {"a": "1"}
    assert told.kept == [1, 0]
    assert told[-1] == "taking back: put ConfigMap shop/one back as it was before"


async def test_what_moved_since_is_not_taken_back() -> None:
    on = shelf()

    def meddle(method: str, path: str) -> Sent | None:
        if method == "PATCH" and path.endswith("two"):
            on.touch(ONE, data={"a": "somebody's"})
            return status(422, "no")
        return None

    on.before = meddle
    made = await carried(on, change(on, ONE, TWO, on_failure="roll_back"))
    assert made.stuck is not None
    assert made.stuck.moved
    assert on.objects_[ONE.path]["data"] == {"a": "somebody's"}


READY = {"observedGeneration": 0, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}


async def test_a_workload_is_watched_until_it_is_ready() -> None:
    on, told = Shelf(), Told()
    looks = [0]

    class Slow(Shelf):
        async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
            looks[0] += 1
            if looks[0] == 3:
                on.touch(WEB, status=READY)
            return await super().read(kind, namespace, name)

    on = Slow()
    made = await carried(on, change(on, WEB), told)
    assert not made.failed
    assert told[-1] == "all ready"
    assert "Deployment shop/web 0 of 1 replicas ready, 0 of 1 new" in told


def _broken(on: Shelf) -> None:
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    on.put(POD, status={"containerStatuses": [{"state": state}]})


async def test_new_pods_that_cannot_start_end_the_watch_and_the_change() -> None:
    on = Shelf()
    on.after = lambda method, path: _broken(on) if (method, path) == ("PATCH", WEB.path) else None
    made = await carried(on, change(on, WEB, on_failure="roll_back"))
    [late] = made.late
    assert late.failed
    assert late.told.endswith("pod web-1 ImagePullBackOff")
    assert late.words == "no such image"
    assert made.left == []
    assert WEB.path not in on.objects_, "it was made, so it is deleted"


async def test_pods_that_were_broken_before_do_not_count() -> None:
    on = Shelf()
    on.put(WEB, spec={"replicas": 1, "selector": {"matchLabels": {"app": "web"}}}, status=READY)
    _broken(on)
    made = await carried(on, change(on, WEB))
    assert not made.failed


async def test_a_watch_ends_with_the_tools_time(monkeypatch: pytest.MonkeyPatch) -> None:
    on = Shelf()
    monkeypatch.setattr(applying, "PATIENCE", 0.0)
    monkeypatch.setattr(applying, "_patience", lambda: 0.05)
    made = await carried(on, change(on, WEB))
    [late] = made.late
    assert not late.failed
    assert made.left == made.done


LOAD = place("Job", "load")


@pytest.mark.parametrize(("state", "told"), [
    ({"ready": 1}, "0 of 1 completions, runs still"),
    ({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]}, "1 of 1 complet"),
    ({"failed": 1, "conditions": [{"type": "Failed", "status": "True"}]}, "0 of 1 completions, 1"),
])  # fmt: skip
async def test_a_job_is_watched_and_its_failure_is_the_changes(
    state: Object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_by_the_cluster(method: str, path: str) -> None:
        if (method, path) == ("PATCH", LOAD.path):
            on.touch(LOAD, status=state)

    on = Shelf()
    on.after = told_by_the_cluster
    monkeypatch.setattr(applying, "_patience", lambda: 0.05)
    made = await carried(on, change(on, LOAD))
    [watched] = made.watched
    assert watched.told.startswith(f"Job shop/load {told}")
    assert made.failed is ("failed" in state)


async def test_a_pod_alone_is_watched_until_it_is_ready() -> None:
    on = Shelf()
    on.after = lambda method, path: _broken(on) if (method, path) == ("PATCH", POD.path) else None
    made = await carried(on, change(on, POD))
    [late] = made.late
    assert late.told == "Pod shop/web-1 not seen yet: pod web-1 ImagePullBackOff"


async def test_what_there_is_no_time_for_is_not_begun() -> None:
    on = shelf()
    wanted = change(on, ONE, TWO)
    with anyio.fail_after(20):  # less than what is kept to take things back
        made = await carried(on, wanted)
    assert made.stopped is not None
    assert "the time of this call is up" in made.stopped.why
    assert [each.step.name for each in made.left] == ["one"]
