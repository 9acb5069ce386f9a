"""Dry runs of the API: what it would refuse half-way is known before."""

from typing import Any

import pytest

from bailiwick_cluster.releases.documents import manifest
from bailiwick_cluster.releases.rehearsal import lines, rehearse
from tests.parts.helm import MANIFEST
from tests.parts.released import DEPLOYMENT, SECRET, Shelf

pytestmark = pytest.mark.anyio
OBJECTS = manifest(MANIFEST, "shop").documents
CONFLICT: dict[str, Any] = {
    "message": "Apply failed with 1 conflict",
    "details": {
        "causes": [{"message": 'conflict with "kubectl"', "field": ".spec.replicas"}],
    },
}


async def test_what_is_taken_is_not_told() -> None:
    shelf = Shelf()
    assert await rehearse(shelf, OBJECTS, server_side=True) == []
    assert [path for path, _ in shelf.patched] == [SECRET, DEPLOYMENT]
    assert all(("fieldManager", "helm") in query for _, query in shelf.patched)
    assert not any(("force", "true") in query for _, query in shelf.patched)


async def test_conflicts_name_field_and_manager() -> None:
    [no] = await rehearse(Shelf(dry={DEPLOYMENT: (409, CONFLICT)}), OBJECTS, server_side=True)
    assert no.why == "others manage fields that it sets"
    assert lines([no]) == 'Deployment hello: conflict with "kubectl": .spec.replicas'


async def test_a_release_of_an_earlier_helm_takes_fields_anyway() -> None:
    shelf = Shelf()
    await rehearse(shelf, OBJECTS, server_side=False)
    assert all(("force", "true") in query for _, query in shelf.patched)


@pytest.mark.parametrize(
    ("status", "message", "count"),
    [
        (403, "exceeded quota", 1),
        (422, "invalid", 1),
        (404, "the namespace is made by the chart itself", 0),
        (500, "broken", 0),
        (400, "admission webhook does not support dry run", 0),
        (403, "webhook does not support dry run", 0),
    ],
)
async def test_only_what_would_be_refused_counts(status: int, message: str, count: int) -> None:
    shelf = Shelf(dry={DEPLOYMENT: (status, {"message": message})})
    assert len(await rehearse(shelf, OBJECTS, server_side=True)) == count


async def test_kinds_that_are_not_served_are_not_asked_about() -> None:
    shelf = Shelf()
    odd = manifest("kind: Odd\napiVersion: a.example/v1\nmetadata: {name: o}", "shop").documents
    assert await rehearse(shelf, odd, server_side=True) == []
    assert shelf.patched == []
