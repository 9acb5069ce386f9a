"""A log question judged, shown to the policy, and bounded in its cost."""

from pathlib import Path
from typing import Any

import pytest

from bailiwick.errors import BadRequest, Denied, TooCostly
from bailiwick_observability.models.logs import LogSource, Row, Search
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.searching import Wanted, searched
from bailiwick_observability.settings import BudgetSettings
from bailiwick_observability.spl.macros import Macro
from bailiwick_observability.tools.search_logs import search_logs
from tests.parts.metrics import NOW
from tests.parts.systems import SOURCES, Told, told
from tests.parts.watching import Watch

pytestmark = pytest.mark.anyio
WINDOW = Window(NOW - 3_600, NOW)
DAY = 86_400


def index(name: str, megabytes: float = 100) -> LogSource:
    return LogSource(name, 1_000, megabytes, NOW - DAY, NOW, 30)


@pytest.fixture
def desk(tmp_path: Path) -> tuple[Watch, Told]:
    made, pool = told(tmp_path)
    pool.shelf.known = [index("shop"), index("bank"), index("_audit")]
    pool.shelf.rows = [{"_raw": "hello"}, {"_raw": "again"}]
    return made, pool


async def ask(desk: tuple[Watch, Told], query: str, **more: Any) -> tuple[list[Row], Search]:
    made, pool = desk
    wanted = Wanted("logs", query, more.pop("window", WINDOW), **more)
    async with searched(made.call(search_logs), wanted) as (found, _):
        rows = [row async for row in found.rows]
    return rows, pool.shelf.asked[-1]


async def test_a_search_that_only_reads_is_run_in_its_window(desk: tuple[Watch, Told]) -> None:
    rows, search = await ask(desk, "index=shop level=ERROR")
    assert len(rows) == 2
    assert (search.start, search.end, search.most) == (WINDOW.start, WINDOW.end, 1_000)
    made, _ = desk
    assert made.facts["indexes"] == ["shop"]
    assert made.facts["query"] == search.query


@pytest.mark.parametrize(
    "query",
    [
        "index=shop | delete",
        "index=shop | outputlookup x.csv",
        "index=shop | sendemail to=eve",
        "index=shop | collect index=bank",
        "| rest /services/storage/passwords",
    ],
)
async def test_what_writes_or_sends_is_not_run(desk: tuple[Watch, Told], query: str) -> None:
    with pytest.raises(BadRequest, match="not run"):
        await ask(desk, query)
    assert desk[1].shelf.asked == []


async def test_an_index_that_is_asked_for_beside_the_search(desk: tuple[Watch, Told]) -> None:
    _, search = await ask(desk, "level=ERROR", index="shop")
    assert "index=shop" in search.query.replace('"', "")
    with pytest.raises(BadRequest, match="names other indexes than index=shop"):
        await ask(desk, "index=bank level=ERROR", index="shop")
    with pytest.raises(BadRequest, match="is no index name"):
        await ask(desk, "level=ERROR", index="shop OR index=bank")


async def test_the_policy_is_asked_for_each_index(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    made.hidden.add("bank")
    with pytest.raises(Denied, match=r"ana may not search index bank here. You may search: shop"):
        await ask(desk, "index=shop OR index=bank")
    for wide in ("index=ba*", '| makeresults | map search="search index=bank"'):
        with pytest.raises(Denied):
            await ask(desk, wide)
    with pytest.raises(BadRequest, match="every index"):
        await ask(desk, "index=*")
    assert pool.shelf.asked == []
    await ask(desk, "index=shop")


async def test_a_wildcard_stands_for_what_there_is(desk: tuple[Watch, Told]) -> None:
    desk[1].shelf.known += [index("shop-old"), index("x_shop")]
    await ask(desk, "index=shop*")
    assert desk[0].facts["indexes"] == ["shop", "shop-old"]


async def test_a_macro_is_looked_up_and_judged(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    pool.shelf.macros = {
        "errors": Macro("index=bank level=ERROR", ()),
        "gone": Macro("index=shop | delete", ()),
    }
    made.hidden.add("bank")
    with pytest.raises(Denied, match="bank"):
        await ask(desk, "`errors`")
    with pytest.raises(BadRequest, match="not run"):
        await ask(desk, "index=shop `gone`")
    with pytest.raises(BadRequest, match="not run"):
        await ask(desk, "index=shop `unknown`")


async def test_a_search_may_narrow_its_time_and_not_widen_it(desk: tuple[Watch, Told]) -> None:
    await ask(desk, "index=shop earliest=-30m latest=now")
    for wide in ("earliest=-30d", "earliest=0", "earliest=01/01/2020:00:00:00", "latest=+1d"):
        with pytest.raises(BadRequest):
            await ask(desk, f"index=shop {wide}")


async def test_what_would_be_scanned_is_judged_before(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    pool.shelf.known = [index("shop", 24_000_000)]
    with pytest.raises(TooCostly, match=r"about 1000 GB scanned, and at most 100"):
        await ask(desk, "index=shop")
    assert pool.shelf.asked == []
    pool.shelf.known = [index("shop", 24_000)]
    await ask(desk, "index=shop")
    assert made.facts["guards"]["scanned_gb"]["asked"] == 1


async def test_a_range_that_is_too_long(desk: tuple[Watch, Told]) -> None:
    with pytest.raises(TooCostly, match="hours of range"):
        await ask(desk, "index=shop", window=Window(NOW - 40 * DAY, NOW))


async def test_what_was_scanned_is_counted_after(desk: tuple[Watch, Told]) -> None:
    made, pool = desk
    pool.shelf.found = {"total": 7, "scanned": 99, "scanned_bytes": 2_000_000_000, "id": "job-1"}
    await ask(desk, "index=shop")
    assert (made.facts["search"], made.facts["matched"], made.facts["scanned"]) == ("job-1", 7, 99)
    await ask(desk, "index=shop")
    assert made.facts["budget"]["scanned_gb"]["spent"] >= 2


@pytest.fixture
def grail(tmp_path: Path) -> tuple[Watch, Told]:
    kind = {**SOURCES["finder"], "platform_url": "http://platform"}
    made, pool = told(tmp_path, {"logs": kind})
    pool.shelf.known = [index("default_logs"), index("secret")]
    return made, pool


async def test_plain_words_become_a_query(grail: tuple[Watch, Told]) -> None:
    _, search = await ask(grail, 'pool "not found"', index="default_logs")
    assert search.query.startswith('fetch logs, bucket:{"default_logs"} |')
    assert "not found" in search.query
    assert grail[0].facts["indexes"] == ["default_logs"]


async def test_what_tells_its_cost_only_later_is_not_run_beyond_the_budget(
    grail: tuple[Watch, Told],
) -> None:
    made, pool = grail
    made.budget.settings = BudgetSettings(mode="enforce", scanned_gb=3)
    pool.shelf.found = {"scanned_bytes": 4_000_000_000}
    await ask(grail, "pool")
    with pytest.raises(TooCostly, match="you have used all of today's 3 GB scanned"):
        await ask(grail, "pool")
    assert len(pool.shelf.asked) == 1


async def test_what_a_caller_leaves_half_read_is_charged(grail: tuple[Watch, Told]) -> None:
    made, pool = grail
    pool.shelf.found = {"scanned_bytes": 4_000_000_000}

    async def leave() -> None:
        async with searched(made.call(search_logs), Wanted("logs", "pool", WINDOW)):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await leave()
    assert made.facts["budget"]["scanned_gb"]["spent"] == 0
    facts: dict[str, Any] = {}
    await made.budget.spend("practice/ana", "scanned_gb", 1e-9, facts, due=True)
    assert facts["budget"]["scanned_gb"]["spent"] == 4


async def test_words_cannot_leave_their_quotes(grail: tuple[Watch, Told]) -> None:
    _, search = await ask(grail, 'x" | delete | fetch bizevents "')
    assert search.query.count("|") <= search.query.count('"')


async def test_a_query_of_its_own_is_judged(grail: tuple[Watch, Told]) -> None:
    await ask(grail, 'fetch logs | filter loglevel == "ERROR" | limit 5')
    with pytest.raises(BadRequest):
        await ask(grail, "fetch logs, from: -90d")
    grail[0].hidden.add("secret")
    with pytest.raises(Denied, match="secret"):
        await ask(grail, "fetch logs")


async def test_words_for_the_old_api_are_quoted(tmp_path: Path) -> None:
    made, pool = told(tmp_path, {"logs": SOURCES["finder"]})
    _, search = await ask((made, pool), 'a "b c" d\\')
    assert search.query == 'content="a" AND content="b c" AND content="d\\\\"'
