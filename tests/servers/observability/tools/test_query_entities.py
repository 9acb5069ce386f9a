"""`query_entities`: what is watched, and what calls what."""

import pytest
from pydantic import ValidationError

from bailiwick_observability.models.problems import Entity
from bailiwick_observability.tools.query_entities import query_entities
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


async def test_by_type_and_name(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    related = {"calls": ["SERVICE-2", "SERVICE-3", "SERVICE-4"], "<calls": ["SERVICE-9"]}
    pool.finder.things = [
        Entity("SERVICE-1", "checkout", "SERVICE", ("env:prod",), relations=related),
        Entity("SERVICE-2", "cart", "SERVICE"),
        Entity("HOST-1", "checkout-host", "HOST"),
    ]
    text = (await made.ask(query_entities, source="finder", kind="service", name="che")).text
    assert text.startswith("1 of type SERVICE like 'che'")
    assert "checkout\tSERVICE-1\tenv:prod\tcalls SERVICE-2, SERVICE-3 +1; <calls SERVICE-9" in text
    text = (await made.ask(query_entities, source="finder", kind="SERVICE", limit=1)).text
    assert "total=2 shown=1" in text


@pytest.mark.parametrize("relation", ["calls", "calls:x", "a:B-1) or (x", "calls:SERVICE-1 "])
async def test_a_relation_that_is_none(desk: tuple[Watch, Told], relation: str) -> None:
    with pytest.raises(ValidationError):
        await desk[0].ask(query_entities, source="finder", kind="SERVICE", relation=relation)
