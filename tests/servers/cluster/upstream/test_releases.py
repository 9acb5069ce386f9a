"""Where helm keeps releases: what is asked of the API, and what labels tell."""

from typing import Any

import pytest

from bailiwick.errors import Forbidden
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.upstream import Keep, Listing, Object, Target
from bailiwick_cluster.upstream.releases import Entry, entry, payload, revisions, slim, target
from tests.parts.cluster import Unasked
from tests.parts.helm import kept

pytestmark = pytest.mark.anyio


class Kept(Unasked):
    """Holds revisions; or refuses to tell, where there are none."""

    def __init__(self, *found: Object) -> None:
        self.found = found
        self.seen: list[Any] = []

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        self.seen.append(target)
        if not self.found:
            raise Forbidden("no")
        items = [each for each in map(keep, self.found) if each is not None]
        return Listing(items, len(items))

    async def exact(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        self.seen.append((kind.name, namespace, name))
        if not self.found:
            raise Forbidden("no")
        return {"data": {"release": "packed"}}


def test_only_metadata_is_asked_for_of_all_revisions() -> None:
    found = target("secret", None)
    assert (found.kind.name, found.labels, found.bare) == ("Secret", "owner=helm", True)
    assert found.fields == "type=helm.sh/release.v1"
    one = target("configmap", "shop", "hello")
    assert (one.kind.name, one.labels, one.fields) == ("ConfigMap", "owner=helm,name=hello", "")


@pytest.mark.parametrize(
    "labels", [None, [], {"version": 3}, {"version": "x"}, {"version": "9" * 50}, {"version": "-1"}]
)
def test_labels_of_any_shape_are_read(labels: Any) -> None:
    found = entry(slim({"metadata": {"name": "a", "namespace": "shop", "labels": labels}}))
    assert found == Entry("shop", "", 0, "", 0.0, "a")


async def test_revisions_the_newest_first() -> None:
    cluster = Kept(kept("hello", 9, "superseded"), kept("hello", 10, "deployed", 5))
    found = await revisions(cluster, "secret", "shop", "hello")
    assert [each.revision for each in found] == [10, 9]
    assert found[0].at == 5.0
    assert await payload(cluster, "secret", found[0]) == "packed"
    assert cluster.seen[-1] == ("Secret", "shop", "sh.helm.release.v1.hello.v10")


async def test_where_rbac_refuses_it_is_said_why_that_matters() -> None:
    with pytest.raises(Forbidden, match="helm keeps releases in Secrets"):
        await revisions(Kept(), "secret", "shop", "hello")
    with pytest.raises(Forbidden, match="helm keeps releases in ConfigMaps"):
        await payload(Kept(), "configmap", entry(kept("hello", 1, "deployed")))
