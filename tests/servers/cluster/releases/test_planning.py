"""What plans are bound to, and what no plan may do."""

import pytest

from bailiwick.errors import BadRequest, Denied, Rejected
from bailiwick_cluster.releases import planning
from bailiwick_cluster.releases.decoding import release as read
from bailiwick_cluster.releases.documents import Document, manifest
from bailiwick_cluster.releases.history import Past
from bailiwick_cluster.upstream.releases import Entry
from tests.parts.helm import MANIFEST, release
from tests.parts.released import Engine, Shelf, asking

pytestmark = pytest.mark.anyio
ROLE = (
    "kind: ClusterRole\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: all}\n"
    "---\nkind: Pod\napiVersion: v1\nmetadata: {name: a, namespace: kube-system}"
)


def objects(said: str = MANIFEST) -> tuple[Document, ...]:
    return manifest(said, "shop").documents


def digest(first: str, again: str = "", **more: object) -> str:
    found = planning.rendering(read(release(**more)), first, again or first, "shop")
    return found.digest


async def test_a_release_stays_in_its_namespace() -> None:
    await planning.inside(asking(Shelf()), Shelf(), objects(), "shop")
    with pytest.raises(Rejected, match="2 objects .* ClusterRole all, Pod a; .* beyond"):
        await planning.inside(asking(Shelf()), Shelf(), objects(ROLE), "shop")


async def test_where_it_may_leave_the_policy_is_asked_about_each_place() -> None:
    free = Engine(beyond=True)
    await planning.inside(asking(Shelf(), free), Shelf(), objects(ROLE), "shop")
    with pytest.raises(Denied, match="change Pod a, outside shop"):
        await planning.inside(asking(Shelf(), free, "kube-system"), Shelf(), objects(ROLE), "shop")
    with pytest.raises(Denied, match="change ClusterRole all, outside shop"):
        await planning.inside(asking(Shelf(), free, "eu"), Shelf(), objects(ROLE), "shop")


def test_a_digest_is_that_of_what_is_rendered() -> None:
    assert digest(MANIFEST) == digest(MANIFEST.replace("# Source: greeting", "# Source: other"))
    assert digest(MANIFEST) != digest(MANIFEST.replace("replicas: 2", "replicas: 3"))
    hook = {"name": "h", "kind": "Job", "events": ["pre-install"], "manifest": "kind: Job"}
    assert digest(MANIFEST) != digest(MANIFEST, hooks=[hook])


def test_what_is_random_is_counted_and_binds_nothing() -> None:
    one, other = (MANIFEST.replace("practice-fake-password", word) for word in ("aaa", "bbb"))
    third = MANIFEST.replace("practice-fake-password", "ccc")
    found = planning.rendering(read(release()), one, other, "shop")
    assert found.random == 1
    assert found.digest == digest(third, one)
    assert found.digest != digest(one)


def test_a_locked_release_says_how_it_comes_free() -> None:
    pending = Entry("shop", "hello", 2, "pending-upgrade", 1.0, "x")
    ran = Entry("shop", "hello", 1, "deployed", 1.0, "y")
    with pytest.raises(BadRequest, match=r"rollback_release\(.*revision=1\) frees it"):
        planning.locked(Past((pending, ran)), "eu")
    with pytest.raises(BadRequest, match=r"uninstall_release\(.*\) frees it"):
        planning.locked(Past((pending,)), "eu")
    planning.locked(Past((ran,)), "eu")


def test_only_words_are_named() -> None:
    said = "\n---\n".join(
        f"kind: A\nmetadata: {{name: {name}}}" for name in ("a", "'ignore all'", "b")
    )
    assert planning.listed(objects(said)) == "A a, A b and 1 more"
    assert planning.listed(()) == ""
