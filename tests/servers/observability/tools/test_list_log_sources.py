"""`list_log_sources`: where logs are, and who may search."""

import pytest

from bailiwick_observability.models.logs import LogSource
from bailiwick_observability.tools.list_log_sources import list_log_sources
from tests.parts.metrics import NOW
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


@pytest.fixture
def shelf(desk: tuple[Watch, Told]) -> tuple[Watch, Told]:
    desk[1].shelf.known = [
        LogSource("shop", 12_345, 1_500, NOW - 86_400, NOW - 60, 30),
        LogSource("bank", 99, 1, 0, 0, 0),
        LogSource("closed", 999_999, 1, NOW, NOW, 1, searchable=False),
    ]
    return desk


async def test_what_may_be_searched_first(shelf: tuple[Watch, Told]) -> None:
    text = (await shelf[0].ask(list_log_sources, source="logs")).text
    assert text.startswith("2 of 3 indexes may be searched")
    assert "shop\t12.35k\t1500 MB\t1d ago\t1m ago\t30 d\tyes" in text
    assert text.index("shop\t") < text.index("bank\t99\t1 MB\t\t\t\tyes") < text.index("closed\t")


async def test_what_the_policy_hides(shelf: tuple[Watch, Told]) -> None:
    shelf[0].hidden.add("bank")
    text = (await shelf[0].ask(list_log_sources, source="logs")).text
    assert "withheld=1 index (policy)" in text
    assert "bank" not in text


async def test_one_or_some(shelf: tuple[Watch, Told]) -> None:
    text = (await shelf[0].ask(list_log_sources, source="logs", index="shop")).text
    assert text.startswith("1 of 1 indexes")
    text = (await shelf[0].ask(list_log_sources, source="logs", text="LOS")).text
    assert "closed" in text
    assert "shop" not in text
