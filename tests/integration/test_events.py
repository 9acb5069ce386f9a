"""`list_events` on a real Kubernetes: what its own controllers and kubelets report."""

from typing import Any

import pytest

from tests.integration.conftest import Product

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
HERE: dict[str, Any] = {"cluster": "practice"}


async def test_warnings_of_a_namespace_are_grouped_and_come_first(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("list_events", **HERE, namespace="shop")
    assert "warnings among" in said.says
    assert len(said.text.encode()) < 3_000
    kinds = [row[0] for row in said.rows]
    assert kinds == sorted(kinds, reverse=True)  # Warning before Normal
    reasons = {row[1] for row in said.rows}
    assert {"BackOff", "FailedScheduling"} <= reasons


async def test_only_warnings_of_what_is_named_so(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call(
            "list_events", **HERE, namespace="shop", name="recommender", type="warning"
        )
        none = await ana.call("list_events", **HERE, namespace="shop", name="no-such-thing")
    assert {row[1] for row in said.rows} == {"FailedScheduling"}
    assert all("recommender" in row[2] for row in said.rows)
    assert none.says == "no events in practice/shop"
    assert "for an hour or so" in none.text


async def test_a_span_that_is_none_is_a_bad_request(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("list_events", **HERE, since="yesterday")
    assert "write 15m, 2h or 3d" in said.text
