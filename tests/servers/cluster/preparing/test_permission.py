"""What the policy lets a caller preview, and which rights a change lacks."""

from typing import Any

import orjson
import pytest

from bailiwick.errors import Denied
from bailiwick.policy.question import Risk
from bailiwick.tool import Call
from bailiwick_cluster.preparing.permission import look_only_where_allowed, missing
from bailiwick_cluster.preparing.reading import Item
from bailiwick_cluster.preparing.refusal import Refusal
from bailiwick_cluster.preparing.rehearsal import Rehearsed
from bailiwick_cluster.upstream import JSON, MERGE_PATCH, Query
from tests.parts.api import ANA
from tests.parts.cluster import Unasked
from tests.parts.shelf import place

pytestmark = pytest.mark.anyio


def call(*seen: tuple[str, str]) -> Call[Any]:
    return Call("c", ANA, Risk.READ, None, _none, sees=lambda kind, name, *_: (kind, name) in seen)


def _none() -> Any:
    raise AssertionError("no cursor is wanted")


def item(kind: str, name: str = "a", namespace: str | None = "shop") -> Item:
    return Item(place(kind, name, namespace), {})


def test_what_the_call_names_may_be_looked_at() -> None:
    look_only_where_allowed(call(), "eu", "shop", [item("Pod")])


@pytest.mark.parametrize(
    ("found", "namespace", "needs"),
    [
        (item("Pod", namespace="bank"), "shop", [("Namespace", "bank")]),
        (item("Pod"), None, [("Namespace", "shop")]),
        (item("Node"), "shop", [("Cluster", "eu")]),
        (item("Namespace", "bank"), None, [("Namespace", "bank"), ("Cluster", "eu")]),
        (item("Namespace", "shop"), "shop", [("Namespace", "shop"), ("Cluster", "eu")]),
    ],
)
def test_what_is_elsewhere_is_asked_for(
    found: Item, namespace: str | None, needs: list[tuple[str, str]]
) -> None:
    look_only_where_allowed(call(*needs), "eu", namespace, [found])
    for at in range(len(needs)):
        seen = needs[:at] + needs[at + 1 :]
        with pytest.raises(Denied, match="does not let you preview"):
            look_only_where_allowed(call(*seen), "eu", namespace, [found])


class Rights(Unasked):
    """Allows some verbs."""

    def __init__(self, *verbs: str) -> None:
        self.verbs = verbs
        self.asked_: list[str] = []

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        verb = body["spec"]["resourceAttributes"]["verb"]
        self.asked_.append(verb)
        return orjson.dumps({"status": {"allowed": verb in self.verbs}})


def rehearsed(before: Any, after: Any, **more: Any) -> Rehearsed:
    return Rehearsed(item("Deployment"), before, after, **more)


NEW, OLD = {"spec": {"a": 1}}, {"spec": {"a": 2}}


async def test_each_right_is_asked_for_once_and_those_for_the_undo_apart() -> None:
    found = [rehearsed(None, NEW), rehearsed(OLD, NEW), rehearsed(OLD, NEW)]
    rights = Rights("get", "patch")
    lacking, unable = await missing(rights, found)
    assert lacking == ["create deployments.apps in shop"]
    assert unable == ["delete deployments.apps in shop", "update deployments.apps in shop"]
    assert sorted(rights.asked_) == ["create", "delete", "get", "patch", "update"]


async def test_what_is_unchanged_or_invalid_needs_no_right() -> None:
    invalid = Refusal(place("Deployment", "a"), "is not valid", "")
    found = [rehearsed(OLD, OLD), rehearsed(None, None, refused=invalid)]
    assert await missing(Rights(), found) == ([], [])


async def test_what_was_forbidden_is_asked_for() -> None:
    refused = Refusal(place("Deployment", "a"), "no", "", forbidden=True)
    lacking, _ = await missing(Rights("get"), [rehearsed(None, None, refused=refused)])
    assert lacking == ["create deployments.apps in shop", "patch deployments.apps in shop"]
