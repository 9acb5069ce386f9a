"""`search_dashboards`: by title or tag."""

import pytest

from bailiwick_observability.models.dashboards import Dashboard
from bailiwick_observability.tools.search_dashboards import search_dashboards
from tests.parts.systems import Told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio


def filled(pool: Told) -> None:
    for number in range(4):
        uid, tags = f"d{number}", ("shop",) if number < 3 else ()
        pool.boards.known[uid] = Dashboard(
            uid, f"Shop {number}", "Team", tags, (), (), ("now-1h", "now"), 1
        )


async def test_by_title_and_tag(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    filled(pool)
    text = (await made.ask(search_dashboards, source="boards", text="shop", tags=["shop"])).text
    assert text.startswith("3 dashboards for 'shop'")
    assert "Shop 2\td2\tTeam\tshop" in text
    text = (await made.ask(search_dashboards, source="boards", limit=2)).text
    assert text.startswith("2+ dashboards; narrow with `text` or `tags`")


async def test_one_is_linked_and_none_is_said(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    filled(pool)
    text = (await made.ask(search_dashboards, source="boards", text="shop 1")).text
    assert "open: http://boards/d/d1" in text
    text = (await made.ask(search_dashboards, source="boards", text="mars")).text
    assert text.strip() == "0 dashboards for 'mars'"
