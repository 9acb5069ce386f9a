"""One step against an API that moves, refuses, falls silent, or is busy with status."""

from typing import Any

import orjson
import pytest

from bailiwick.errors import Unavailable
from bailiwick_cluster.changing import carrying
from bailiwick_cluster.changing.carrying import Stopped, bound, carry_out
from bailiwick_cluster.changing.motion import mark
from bailiwick_cluster.changing.step import Step
from bailiwick_cluster.changing.undoing import Done, back
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.upstream import Sent
from bailiwick_cluster.upstream.writing import JSON_PATCH
from tests.parts.shelf import Shelf, place, status

pytestmark = pytest.mark.anyio
WEB = place("Deployment", "web")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again without a pause."""
    monkeypatch.setattr(carrying, "_PAUSE", 0.0)


def step(shelf: Shelf, **more: Any) -> Step:
    """Change two replicas to three, as seen now."""
    wanted = {
        "verb": "apply", "kind": BUILTIN["Deployment"], "namespace": "shop", "name": "web",
        "effect": "change", "seen": mark(shelf.objects_.get(WEB.path)),
        "body": {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": 3}},
    }  # fmt: skip
    return Step.model_validate({**wanted, **more})


def shelf() -> Shelf:
    made = Shelf()
    made.put(WEB, spec={"replicas": 2})
    return made


async def test_it_is_written_at_the_version_that_was_looked_at() -> None:
    on = shelf()
    done = await carry_out(on, step(on))
    assert isinstance(done, Done)
    assert done.before is not None
    assert done.before["spec"] == {"replicas": 2}
    assert on.objects_[WEB.path]["spec"] == {"replicas": 3}


async def test_what_is_another_object_is_left_alone() -> None:
    on = shelf()
    wanted = step(on)
    on.touch(WEB, spec={"replicas": 5})
    stopped = await carry_out(on, wanted)
    assert isinstance(stopped, Stopped)
    assert stopped.moved
    assert on.objects_[WEB.path]["spec"] == {"replicas": 5}


@pytest.mark.parametrize("verb", ["apply", "patch", "put"])
async def test_status_in_between_is_tried_again(verb: str) -> None:
    on = shelf()
    wanted = step(on, verb=verb)
    left = [3]

    def stir(method: str, _path: str) -> None:
        if method == "GET" and left[0]:
            left[0] -= 1
            on.touch(WEB, status={"looks": left[0]})

    on.after = stir
    assert isinstance(await carry_out(on, wanted), Done)
    assert on.objects_[WEB.path]["spec"] == {"replicas": 3}
    assert left == [0]


async def test_somebody_elses_write_in_between_is_not_written_over() -> None:
    on = shelf()
    wanted = step(on)

    def other(method: str, _path: str) -> None:
        if method == "GET":
            on.after = lambda _method, _path: None
            on.touch(WEB, spec={"replicas": 9})

    on.after = other
    stopped = await carry_out(on, wanted)
    assert isinstance(stopped, Stopped)
    assert stopped.moved
    assert on.objects_[WEB.path]["spec"] == {"replicas": 9}


async def test_it_gives_up_on_what_never_rests() -> None:
    on = shelf()
    wanted = step(on)
    on.after = lambda method, _: on.touch(WEB, status={"x": on.count}) if method == "GET" else None
    stopped = await carry_out(on, wanted)
    assert isinstance(stopped, Stopped)
    assert "changed faster than it could be written" in stopped.why


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (status(403, "forbidden"), "is forbidden"),
        (status(404, name="shop"), "is not there, or its namespace is not"),
        (status(422, "spec.x"), "was refused by the cluster"),
        (status(409, "c", causes=[{"reason": "FieldManagerConflict",
                                   "message": 'conflict with "argocd" using v1'}]),
         "conflicts with other field managers by now"),
    ],
)  # fmt: skip
async def test_a_refusal_is_told(said: Sent, why: str) -> None:
    on = shelf()
    wanted = step(on)
    on.before = lambda method, _: said if method == "PATCH" else None
    stopped = await carry_out(on, wanted)
    assert isinstance(stopped, Stopped)
    assert stopped.why == why
    assert stopped.words


async def test_silence_after_a_write_is_looked_into() -> None:
    on = shelf()
    wanted = step(on)

    def lost(method: str, path: str) -> Sent | None:
        if method == "PATCH":  # it is done, and the answer is lost
            on.touch(WEB, spec={"replicas": 3})
            return Sent(503, b"")
        return None

    on.before = lost
    done = await carry_out(on, wanted)
    assert isinstance(done, Done)
    assert done.after is not None
    assert done.after["spec"] == {"replicas": 3}


async def test_silence_before_a_write_is_told_apart() -> None:
    on = shelf()
    wanted = step(on)
    on.before = lambda method, _: Sent(503, b"") if method == "PATCH" else None
    stopped = await carry_out(on, wanted)
    assert isinstance(stopped, Stopped)
    assert stopped.why.startswith("was not done")
    assert not stopped.unsure


async def test_silence_for_good_is_told_as_not_knowing() -> None:
    on = shelf()
    wanted = step(on)
    sent: list[str] = []

    class Away(Shelf):
        async def asked(self, method: str, path: str, *rest: Any, **more: Any) -> Sent:
            if sent:
                raise Unavailable("away")
            if method == "PATCH":
                sent.append(path)
                raise Unavailable("away")
            return await super().asked(method, path, *rest, **more)

    stopped = await carry_out(Away(on.objects_), wanted)
    assert isinstance(stopped, Stopped)
    assert stopped.unsure


async def test_our_own_fields_are_taken_over_and_nobody_elses() -> None:
    on = shelf()
    wanted = step(on, own=True)
    foreign = status(409, "c", causes=[{"reason": "FieldManagerConflict",
                                        "message": 'conflict with "argocd" using v1'}])  # fmt: skip
    assert isinstance(await carry_out(on, wanted), Done)
    assert on.asked_[-2:] == [f"PATCH {WEB.path} dry", f"PATCH {WEB.path}"]
    on = shelf()
    on.before = lambda method, _: foreign if method == "PATCH" else None
    stopped = await carry_out(on, step(on, own=True))
    assert isinstance(stopped, Stopped)
    assert stopped.words == "argocd"


async def test_back_and_forth() -> None:
    on = shelf()
    first = await carry_out(on, step(on))
    assert isinstance(first, Done)
    on.touch(WEB, status={"readyReplicas": 3})
    undone = await carry_out(on, back(first))
    assert isinstance(undone, Done)
    assert on.objects_[WEB.path]["spec"] == {"replicas": 2}
    again = await carry_out(on, back(undone))
    assert isinstance(again, Done)
    assert on.objects_[WEB.path]["spec"] == {"replicas": 3}


async def test_what_was_made_is_deleted_and_made_anew() -> None:
    on = Shelf()
    made = await carry_out(on, step(on))
    assert isinstance(made, Done)
    gone = await carry_out(on, back(made))
    assert isinstance(gone, Done)
    assert on.objects_ == {}
    anew = await carry_out(on, back(gone))
    assert isinstance(anew, Done)
    assert on.objects_[WEB.path]["spec"] == {"replicas": 3}


async def test_another_object_of_the_same_name_is_not_deleted() -> None:
    on = Shelf()
    made = await carry_out(on, step(on))
    assert isinstance(made, Done)
    on.objects_[WEB.path]["metadata"]["uid"] = "another"
    stopped = await carry_out(on, back(made))
    assert isinstance(stopped, Stopped)
    assert stopped.moved
    assert WEB.path in on.objects_


async def test_a_definition_is_waited_for() -> None:
    on = Shelf()
    crd = place("CustomResourceDefinition", "gadgets.x", None)
    wanted = Step(
        verb="apply",
        kind=crd.kind,
        namespace=None,
        name=crd.name,
        effect="create",
        body={"kind": "CustomResourceDefinition", "metadata": {"name": crd.name}},
    )
    ready = {"conditions": [{"type": "Established", "status": "True"}]}

    def serve(method: str, path: str) -> None:
        if method == "GET" and path in on.objects_ and "status" not in on.objects_[path]:
            on.touch(crd, status=ready)

    on.after = serve
    assert isinstance(await carry_out(on, wanted), Done)
    assert on.objects_[crd.path]["status"] == ready


def test_a_patch_is_bound_to_a_version() -> None:
    assert bound([{"op": "add"}], JSON_PATCH, "7")[-1] == {
        "op": "replace", "path": "/metadata/resourceVersion", "value": "7",
    }  # fmt: skip
    merged = bound({"metadata": {"labels": {"a": "b"}}}, "x", "7")
    assert merged["metadata"] == {"labels": {"a": "b"}, "resourceVersion": "7"}
    assert orjson.dumps(bound({"a": 1}, "x", "")) == b'{"a":1}'
