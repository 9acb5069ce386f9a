"""Both engines give the same answers to the same questions about the same documents."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.engines.opensearch.engine import OpenSearch
from bailiwick_retrieval.models.index import Engine
from bailiwick_retrieval.settings import OpenSearchSettings
from tests.servers.retrieval.engines.stock import (
    ANA,
    BO,
    DIMENSIONS,
    EVE,
    Clock,
    doc,
    embed,
    everything,
    publish,
    put,
)
from tests.servers.retrieval.engines.test_secrecy import QUESTIONS, some

pytestmark = [pytest.mark.anyio, pytest.mark.ground, pytest.mark.slow]
IDENTIFIERS = [
    doc(
        "id.md",
        "set `maxPoolSize` and spring.datasource.url on GitHub",
        title="GitHub",
        content="i" * 12,
    ),
    doc("ja.md", "\u63a5\u7d9a\u30d7\u30fc\u30eb", title="\u63a5\u7d9a", content="j" * 12),
]
NEAR = 2e-3
"""One engine keeps vectors with half the digits; sums are taken in another order."""
MORE = [*QUESTIONS, "maxPoolSize github", "\u63a5\u7d9a", "the what", "spring.datasource.url"]


async def story(engine: Engine, seed: int) -> list[Mapping[str, Any]]:
    """Tell an engine a story of syncs, and ask everything at its end."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    await publish(engine, *some(chance, 9, ("ops",), "a"), *some(chance, 9, ("sales",), "b"))
    await publish(engine, *IDENTIFIERS, *some(chance, 3, ("*",), "c"))
    async with engine.changes("docs", 30) as changes:
        await changes.move("a1.md", "moved.md")
        await changes.delete("a2.md")
        await put(changes, *some(chance, 2, ("ops",), "a"))
    await embed(engine)
    return [await everything(engine, access, MORE, places=9) for access in (ANA, BO, EVE)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_both_engines_answer_alike(
    tmp_path: Path, index: OpenSearchSettings, seed: int
) -> None:
    here, there = Embedded(tmp_path / "index.db", Clock()), OpenSearch(index, Clock())
    told: list[list[Mapping[str, Any]]] = []
    for engine in (here, there):
        await engine.open("m1", DIMENSIONS)
        told.append(await story(engine, seed))
        await engine.close()
    for one, other in zip(*told, strict=True):
        assert list(one) == list(other)
        for key in one:
            if key.startswith(("words", "similar")):
                alike(key, one[key], other[key])
            else:
                assert other[key] == one[key], key


def alike(key: str, one: Any, other: Any) -> None:
    """Compare hits: equals may stand in another order, where the last digit decides it."""
    if key.startswith("words"):
        assert other[1] == one[1], key
        one, other = one[0], other[0]
    assert [each[3] for each in other] == pytest.approx([each[3] for each in one], abs=NEAR), key
    here, there = ({tuple(each[:3]): each[4] for each in hits} for hits in (one, other))
    assert here.keys() == there.keys(), key
    for spot, parts in here.items():
        assert there[spot] == pytest.approx(parts, abs=NEAR), (key, spot)
