"""What a principal has cost today: on disk, exact among processes, never reset by a tool."""

import sqlite3
import stat
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.errors import TooCostly, Unavailable
from bailiwick.sharing.database import Database
from bailiwick.sharing.shared import Standing
from bailiwick_observability.budget import Budget
from bailiwick_observability.ledger import SharedLedger, SqliteLedger, ledger
from bailiwick_observability.settings import BudgetSettings
from practice.postgres import Postgres
from tests.parts import replicas

pytestmark = pytest.mark.anyio
DAY = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)

FILE = "observability-budget.db"
Make = Callable[..., Budget]


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> list[Database]:
    """The replicas' connections to one database; none where a file is the ledger."""
    if request.param == "sqlite":
        return []
    settings = replicas.shared(request.getfixturevalue("postgres"), tmp_path, seconds=10)
    return [Database.of(settings, replicas.KEY) for _ in range(3)]


@pytest.fixture
async def budget(tmp_path: Path, where: list[Database]) -> AsyncGenerator[Make]:
    """Make budgets over one ledger, each as another replica has it."""
    made: list[Budget] = []

    def make(mode: Any = "enforce", most: float = 100, now: datetime = DAY) -> Budget:
        kept = ledger(Standing(tmp_path, where[len(made) % 3] if where else None))
        made.append(Budget(kept, BudgetSettings(mode=mode, samples=most), lambda: now))
        return made[-1]

    yield make
    for each in made:
        await each.close()
    for each in where:
        await each.close()


both = pytest.mark.parametrize(
    "where", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True
)
of_a_file = pytest.mark.parametrize("where", ["sqlite"], indirect=True)


async def spent(made: Budget, who: str = "practice/ana") -> float:
    facts: dict[str, Any] = {}
    await made.spend(who, "samples", 1e-9, facts, due=True)
    return facts["budget"]["samples"]["spent"]


@both
async def test_what_is_spent_is_kept_and_what_goes_beyond_is_not(budget: Make) -> None:
    made = budget()
    facts: dict[str, Any] = {}
    await made.spend("practice/ana", "samples", 60, facts)
    assert facts == {"budget": {"samples": {"spent": 0, "most": 100, "mode": "enforce"}}}
    with pytest.raises(TooCostly, match=r"you have used 60 of today's 100 samples.*about 41"):
        await made.spend("practice/ana", "samples", 41, facts)
    await made.spend("practice/ana", "samples", 40, facts)
    assert await spent(made) == 100
    await made.close()


@both
async def test_nobody_pays_for_another_nor_one_unit_for_another(budget: Make) -> None:
    made = budget()
    await made.spend("practice/ana", "samples", 100, {})
    await made.spend("practice/bo", "samples", 100, {})
    await made.spend("practice/ana", "scanned_gb", 100, {})
    with pytest.raises(TooCostly):
        await made.spend("practice/ana", "samples", 1, {})
    await made.close()


@both
async def test_a_restart_forgets_nothing_and_midnight_everything(
    budget: Make, tmp_path: Path, where: list[Database]
) -> None:
    first = budget()
    await first.spend("practice/ana", "samples", 100, {})
    await first.close()
    again = budget()
    with pytest.raises(TooCostly):
        await again.spend("practice/ana", "samples", 1, {})
    await again.close()
    tomorrow = budget(now=DAY + timedelta(minutes=1))
    await tomorrow.spend("practice/ana", "samples", 100, {})
    await tomorrow.close()
    if where:
        rows = [tuple(r.values()) for r in await where[0].rows("SELECT day FROM bailiwick_spent")]
    else:
        with sqlite3.connect(tmp_path / FILE) as db:
            rows = db.execute("SELECT day FROM spent").fetchall()
        db.close()
    assert rows == [("2026-11-25",)], "a day that is over is not kept"


@both
async def test_a_shadow_lets_all_pass_and_says_how_much(budget: Make) -> None:
    made = budget("shadow")
    facts: dict[str, Any] = {}
    await made.spend("practice/ana", "samples", 500, facts)
    await made.spend("practice/ana", "samples", 1, facts)
    assert facts["budget"]["samples"] == {"spent": 500, "most": 100, "mode": "shadow"}
    await made.close()


@of_a_file
async def test_off_and_nothing_leave_no_trace(budget: Make, tmp_path: Path) -> None:
    await budget("off").spend("practice/ana", "samples", 500, {})
    facts: dict[str, Any] = {}
    await budget().spend("practice/ana", "samples", 0, facts)
    assert facts == {}
    assert not (tmp_path / FILE).exists()


@both
async def test_what_is_due_is_written_down_however_much(budget: Make) -> None:
    made = budget()
    await made.spend("practice/ana", "samples", 500, {}, due=True)
    assert await spent(made) == 500
    with pytest.raises(TooCostly):
        await made.spend("practice/ana", "samples", 1, {})
    await made.close()


@both
async def test_what_tells_its_cost_only_later_is_refused_once_all_is_used(budget: Make) -> None:
    made = budget()
    await made.open("practice/ana", "samples")
    await made.spend("practice/ana", "samples", 100, {}, due=True)
    with pytest.raises(TooCostly, match="you have used all of today's 100 samples"):
        await made.open("practice/ana", "samples")
    await made.open("practice/bo", "samples")
    await made.open("practice/ana", "scanned_gb")
    await made.close()
    shadow = budget("shadow")
    await shadow.open("practice/ana", "samples")
    await shadow.close()


@both
@pytest.mark.parametrize("amount", [1, 3, 7])
async def test_two_processes_never_spend_more_together(budget: Make, amount: int) -> None:
    made = [budget(), budget()]
    passed: list[int] = []

    async def ask(number: int) -> None:
        try:
            await made[number % 2].spend("practice/ana", "samples", amount, {})
            passed.append(number)
        except TooCostly:
            pass

    async with anyio.create_task_group() as tasks:
        for number in range(110):
            tasks.start_soon(ask, number)
    assert len(passed) == 100 // amount
    assert await spent(made[0]) == amount * len(passed)


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    made = Budget(SqliteLedger(tmp_path / "new" / "b.db"), BudgetSettings(), lambda: DAY)
    await made.spend("practice/ana", "samples", 1, {})
    await made.close()
    await made.close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "b.db").stat().st_mode) == 0o600


@of_a_file
async def test_where_nothing_can_be_written_nothing_is_run(budget: Make, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("no database" * 100)
    made = budget()
    with pytest.raises(Unavailable, match="nothing that costs is run") as caught:
        await made.spend("practice/ana", "samples", 1, {})
    assert "DatabaseError" in caught.value.detail
    (tmp_path / FILE).unlink()
    await made.spend("practice/ana", "samples", 1, {})
    assert await spent(made) == 1, "and once it can be, all is well"
    await made.close()


@pytest.mark.parametrize("where", [pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
async def test_while_the_database_is_away_each_replica_counts_for_itself(
    budget: Make, postgres: Postgres, where: list[Database]
) -> None:
    made = budget()
    await made.spend("practice/ana", "samples", 30, {})
    with replicas.without(postgres):
        await made.spend("practice/ana", "samples", 60, {})
        with pytest.raises(TooCostly, match="you have used 60 of"):
            await made.spend("practice/ana", "samples", 50, {})
        assert where[0].why() == "the database is away"
        await made.spend("practice/bo", "samples", 100, {})
        await made.open("practice/ana", "samples")
    await where[0].check()
    with pytest.raises(TooCostly, match="you have used 90 of"):
        await made.spend("practice/ana", "samples", 20, {})
    await made.spend("practice/ana", "samples", 10, {})
    assert isinstance(made.ledger, SharedLedger)
    assert await spent(budget()) == 100, "what was owed was told to the others"
