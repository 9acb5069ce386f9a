"""What the API answers to a write, read: refusals, owners of fields, warnings."""

import orjson
import pytest

from bailiwick.errors import BadRequest, Unavailable
from bailiwick_cluster.upstream import Sent
from bailiwick_cluster.upstream.writing import Owned, apply, delete, look, written
from tests.parts.shelf import Shelf, place, status

pytestmark = pytest.mark.anyio
WEB = place("Deployment", "web")


def test_a_conflict_names_managers_and_fields() -> None:
    causes = [
        {"reason": "FieldManagerConflict", "message": 'conflict with "argocd" using apps/v1',
         "field": ".spec.replicas"},
        {"reason": "FieldManagerConflict", "message": "odd", "field": ".x"},
    ]  # fmt: skip
    told = written(status(409, "Apply failed", causes=causes), "eu")
    assert told.owned == (Owned("argocd", ".spec.replicas"), Owned("another", ".x"))
    assert not told.moved
    assert written(status(409, "modified"), "eu").moved


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ('299 - "violates \\"restricted\\": a"', 'violates "restricted": a'),
        ('299 - "back\\\\slash"', "back\\slash"),
        ("odd", "odd"),
    ],
)  # fmt: skip
def test_warnings_are_unquoted(header: str, told: str) -> None:
    assert written(Sent(200, b"{}", (header,)), "eu").warnings == (told,)


def test_an_api_that_fails_as_a_whole_raises() -> None:
    for back in (Sent(503, b"{}"), Sent(500, b"oops"), Sent(429, b""), status(504)):
        with pytest.raises(Unavailable):
            written(back, "eu")
    typed = written(status(500, "failed to create typed patch object"), "eu")
    assert typed.message == "failed to create typed patch object"


def test_nonsense_is_a_refusal_without_words() -> None:
    for body in (b"", b"[]", b"null", b'{"details": {"causes": [1, {}]}}'):
        told = written(Sent(422, body), "eu")
        assert (told.message, told.owned) == ("", ())


async def test_what_is_not_there_is_none_and_what_is_not_served_is_told() -> None:
    shelf = Shelf()
    assert await look(shelf, WEB) is None
    shelf.before = lambda _method, _path: Sent(404, orjson.dumps({"kind": "Status", "details": {}}))
    with pytest.raises(BadRequest, match="does not serve Deployment in apps/v1"):
        await look(shelf, WEB)


async def test_a_rehearsal_says_so_and_a_deletion_is_bound() -> None:
    shelf = Shelf()
    body = {"metadata": {"name": "web"}}
    await apply(shelf, WEB, body, force=False, dry_run=True)
    assert shelf.objects_ == {}
    assert shelf.asked_[-1].endswith("/deployments/web dry")
    shelf.put(WEB)
    gone = await delete(shelf, WEB, uid="uid-web", version="0", dry_run=False)
    assert gone.moved
    gone = await delete(shelf, WEB, uid="uid-web", version="1", dry_run=False)
    assert gone.done
