"""A look through everything: counted, narrowed to what the caller may see, and honest about it."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

import pytest

from bailiwick.cursor import Cursors
from bailiwick.errors import Forbidden
from bailiwick.policy.question import Principal, Risk
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.ranking import Worst
from bailiwick_cluster.scan import Scan, gather, scan
from bailiwick_cluster.upstream import (
    Column,
    Keep,
    Kubernetes,
    Listing,
    Object,
    Page,
    Row,
    Target,
    Upstream,
)
from tests.parts.cluster import Unasked

pytestmark = pytest.mark.anyio
COLUMNS = (Column("Name", wide=False), Column("Ready", wide=False), Column("Status", wide=False))


@dataclass
class Cluster(Unasked):
    """A cluster in memory: pods by namespace, and whom its RBAC lets list what."""

    pods: Mapping[str, int]
    whole: bool = True
    names: bool = True
    closed: frozenset[str] = frozenset()
    torn: bool = False
    listed: list[str | None] = field(default_factory=list[str | None])

    async def kind(self, name: str) -> KindInfo:
        return BUILTIN[name]

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        if not self.names:
            raise Forbidden("no")
        return Page(COLUMNS, [Row("", name, (name, "", "Active"), {}) for name in self.pods], "")

    async def pages(self, target: Target, limit: int = 500) -> AsyncGenerator[Page]:
        self.listed.append(target.namespace)
        if target.namespace in self.closed or (target.namespace is None and not self.whole):
            raise Forbidden("no")
        for name in [target.namespace] if target.namespace else self.pods:
            count = self.pods[name]
            yield Page(
                COLUMNS,
                [Row(name, f"{name}-{n}", ("x", "1/1", "Running"), {}) for n in range(count)],
                "",
            )

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        self.listed.append(target.namespace)
        if target.namespace in self.closed or (target.namespace is None and not self.whole):
            raise Forbidden("no")
        names = [target.namespace] if target.namespace else list(self.pods)
        every: list[Object] = [
            {"metadata": {"namespace": name, "name": f"{name}-{n}"}}
            for name in names
            for n in range(self.pods[name])
        ]
        kept = [one for each in every if (one := keep(each)) is not None]
        return Listing(kept, len(every), torn=self.torn)

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        raise AssertionError

    async def scale(
        self, kind: KindInfo, namespace: str, name: str, *, replicas: int, seen: str, dry_run: bool
    ) -> int:
        raise AssertionError


def call(*seen: str) -> Call[Upstream]:
    principal = Principal("practice", "ana", "agent", frozenset())
    return Call(
        "c",
        principal,
        Risk.READ,
        None,  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        cursors=lambda: Cursors(b"k", b"b"),
        sees=lambda kind, name, *_around: kind == "Namespace" and name in seen,
    )


async def look(cluster: Kubernetes, *seen: str, namespace: str | None = None) -> tuple[Scan, Worst]:
    worst = Worst(5)
    found = await scan(call(*seen), cluster, Target(BUILTIN["Pod"], namespace), worst)
    return found, worst


async def test_what_the_policy_keeps_back_is_neither_shown_nor_counted() -> None:
    cluster = Cluster({"shop": 3, "bank": 2, "kube-system": 4})
    found, worst = await look(cluster, "shop", "bank")
    assert worst.total == 5
    assert found.withheld == "kube-system (policy)"
    assert cluster.listed == [None]


async def test_a_named_namespace_was_judged_already() -> None:
    found, worst = await look(Cluster({"shop": 3}), namespace="shop")
    assert (worst.total, found.withheld) == (3, "")


async def test_where_the_cluster_refuses_the_whole_each_part_is_asked() -> None:
    cluster = Cluster({"shop": 3, "bank": 2, "secret": 9}, whole=False, closed=frozenset({"bank"}))
    found, worst = await look(cluster, "shop", "bank")
    assert worst.total == 3
    assert cluster.listed == [None, "shop", "bank"], "what the policy keeps back is not listed for"
    assert found.withheld == "secret (policy)"
    assert found.notes == ("not looked at, the cluster's RBAC refuses: bank (1)",)


async def test_nothing_at_all_is_said_to_be_refused() -> None:
    closed = Cluster({"shop": 3}, whole=False, closed=frozenset({"shop"}))
    with pytest.raises(Forbidden, match="in no namespace"):
        await look(closed, "shop")
    blind = Cluster({"shop": 3}, whole=False, names=False)
    with pytest.raises(Forbidden, match="give `namespace`"):
        await look(blind, "shop")


async def test_a_refusal_of_one_namespace_is_passed_on() -> None:
    cluster = Cluster({"shop": 3}, closed=frozenset({"shop"}))
    with pytest.raises(Forbidden):
        await look(cluster, namespace="shop")
    assert cluster.listed == ["shop"]


async def gathered(cluster: Kubernetes, *seen: str) -> tuple[list[str], Scan]:
    items, found = await gather(call(*seen), cluster, Target(BUILTIN["Event"]), lambda each: each)
    return [each["metadata"]["name"] for each in items], found


async def test_whole_objects_of_what_may_be_seen_are_gathered_and_the_rest_is_named() -> None:
    names, found = await gathered(Cluster({"shop": 2, "bank": 3}), "shop")
    assert names == ["shop-0", "shop-1"]
    assert found.withheld == "bank (policy)"


async def test_where_the_whole_is_refused_each_namespace_is_asked_for() -> None:
    cluster = Cluster({"shop": 1, "bank": 1}, whole=False, closed=frozenset({"bank"}))
    names, found = await gathered(cluster, "shop", "bank")
    assert (names, found.by_rbac, found.in_parts) == (["shop-0"], ["bank"], True)


async def test_a_list_that_changed_while_it_was_read_is_told_of() -> None:
    _, found = await gathered(Cluster({"shop": 1}, torn=True), "shop")
    assert any("changed while it was read" in note for note in found.notes)
