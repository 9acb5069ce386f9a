from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bailiwick.cursor import Cursors
from bailiwick.errors import Forbidden, Unavailable
from bailiwick.policy.question import Principal, Risk
from bailiwick.tool import Call
from bailiwick_cluster.diagnosis.photographing import photograph
from bailiwick_cluster.upstream import (
    JSON,
    MERGE_PATCH,
    Keep,
    Listing,
    Object,
    Page,
    Query,
    Row,
    Target,
    Upstream,
)
from tests.parts.cluster import Unasked
from tests.parts.pictured import event, thing, unplaced, well

pytestmark = pytest.mark.anyio


@dataclass
class Cluster(Unasked):
    """Has objects; of some kinds RBAC refuses all, or all but some namespaces, and some fail."""

    has: Sequence[Object]
    refused: frozenset[str] = frozenset()
    partly: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    broken: frozenset[str] = frozenset()
    looked: list[Target] = field(default_factory=list[Target])

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        self.looked.append(target)
        kind, space = target.kind.name, target.namespace
        open_ = self.partly.get(kind)
        if kind in self.refused or (open_ is not None and space not in open_):
            raise Forbidden("no")
        if kind in self.broken:
            raise Unavailable("no")
        found = [each for each in self.has if each["kind"] == kind]
        here = [each for each in found if space in (None, each["metadata"].get("namespace"))]
        return Listing([one for each in here if (one := keep(each)) is not None], len(here))

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        return Page((), [Row("", name, (name,), {}) for name in ("shop", "bank")], "")

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        return b'{"gitVersion": "v1.36.0"}'


def call(*blind: str) -> Call[Upstream]:
    def sees(kind: str, name: str, /, *around: tuple[str, str]) -> bool:
        return name not in blind

    upstream: Any = None
    who = Principal("main", "ana", "desk", frozenset())
    return Call("c", who, Risk.READ, upstream, lambda: Cursors(b"k" * 32, b"q"), sees)


async def test_everything_is_read_and_projected() -> None:
    one = well("a")
    told = event(one, "Killing", "x")
    raw = {"kind": "Event", "metadata": {"namespace": "shop"}, "reason": told.reason,
           "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "a"}}  # fmt: skip
    snapshot = (await photograph(call(), Cluster([one, raw, thing("Secret", "db")]), None)).snapshot
    assert snapshot.version == "v1.36.0"
    assert "annotations" not in snapshot.of("Pod")[0]["metadata"]
    assert [each.reason for each in snapshot.happened] == ["Killing"]
    assert not snapshot.lacks("Secret", "shop", "db")
    assert snapshot.counted
    assert not snapshot.unread


async def test_what_is_refused_or_fails_is_told_and_never_raises() -> None:
    cluster = Cluster([well("a")], refused=frozenset({"Node"}), broken=frozenset({"Ingress"}))
    snapshot = (await photograph(call(), cluster, None)).snapshot
    assert snapshot.unread == {
        "Node": "the cluster's RBAC refuses",
        "Ingress": "the cluster failed to list them",
    }
    assert not snapshot.has("Node")


async def test_what_was_read_in_parts_is_missing_only_there() -> None:
    cluster = Cluster([well("a")], partly={"Secret": frozenset({"bank"})})
    taken = await photograph(call(), cluster, None)
    assert taken.snapshot.lacks("Secret", "bank", "db")
    assert not taken.snapshot.lacks("Secret", "shop", "db")
    assert taken.notes == ("not looked at, the cluster's RBAC refuses: shop (1), for Secret",)


async def test_what_the_policy_keeps_back_is_named() -> None:
    taken = await photograph(call("bank"), Cluster([well("a"), well("b", namespace="bank")]), None)
    assert taken.withheld == "bank (policy)"
    assert [pod["metadata"]["name"] for pod in taken.snapshot.of("Pod")] == ["a"]
    assert not taken.snapshot.counted


async def test_where_a_pod_waits_for_room_the_others_of_its_nodes_are_counted() -> None:
    asks = {"resources": {"requests": {"cpu": "2"}}}
    other = well("b", namespace="bank", container=asks)
    snapshot = (await photograph(call(), Cluster([unplaced("a"), other]), "shop")).snapshot
    (beside,) = snapshot.neighbours
    assert beside["requests"] == {"cpu": 2.0}
    assert "metadata" not in beside
    assert snapshot.counted
    kept = (await photograph(call("bank"), Cluster([unplaced("a"), other]), "shop")).snapshot
    assert not kept.neighbours
    assert not kept.counted


async def test_where_no_pod_waits_only_the_namespace_is_read() -> None:
    cluster = Cluster([well("a"), well("b", namespace="bank")])
    snapshot = (await photograph(call(), cluster, "shop")).snapshot
    assert [t.namespace for t in cluster.looked if t.kind.name == "Pod"] == ["shop"]
    assert not snapshot.counted
    spaces = [t.fields for t in cluster.looked if t.kind.name == "Namespace"]
    assert spaces == ["metadata.name=shop"]
