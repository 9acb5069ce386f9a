"""What a principal has cost today: on disk, exact among processes, never reset by a tool."""

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.errors import TooCostly, Unavailable
from bailiwick_observability.budget import Budget
from bailiwick_observability.settings import BudgetSettings

pytestmark = pytest.mark.anyio
DAY = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)


def budget(folder: Path, mode: Any = "enforce", most: float = 100, now: datetime = DAY) -> Budget:
    return Budget(folder / "b.db", BudgetSettings(mode=mode, samples=most), lambda: now)


async def spent(made: Budget, who: str = "practice/ana") -> float:
    facts: dict[str, Any] = {}
    await made.spend(who, "samples", 1e-9, facts, due=True)
    return facts["budget"]["samples"]["spent"]


async def test_what_is_spent_is_kept_and_what_goes_beyond_is_not(tmp_path: Path) -> None:
    made = budget(tmp_path)
    facts: dict[str, Any] = {}
    await made.spend("practice/ana", "samples", 60, facts)
    assert facts == {"budget": {"samples": {"spent": 0, "most": 100, "mode": "enforce"}}}
    with pytest.raises(TooCostly, match=r"you have used 60 of today's 100 samples.*about 41"):
        await made.spend("practice/ana", "samples", 41, facts)
    await made.spend("practice/ana", "samples", 40, facts)
    assert await spent(made) == 100
    await made.close()


async def test_nobody_pays_for_another_nor_one_unit_for_another(tmp_path: Path) -> None:
    made = budget(tmp_path)
    await made.spend("practice/ana", "samples", 100, {})
    await made.spend("practice/bo", "samples", 100, {})
    await made.spend("practice/ana", "scanned_gb", 100, {})
    with pytest.raises(TooCostly):
        await made.spend("practice/ana", "samples", 1, {})
    await made.close()


async def test_a_restart_forgets_nothing_and_midnight_everything(tmp_path: Path) -> None:
    first = budget(tmp_path)
    await first.spend("practice/ana", "samples", 100, {})
    await first.close()
    again = budget(tmp_path)
    with pytest.raises(TooCostly):
        await again.spend("practice/ana", "samples", 1, {})
    await again.close()
    tomorrow = budget(tmp_path, now=DAY + timedelta(minutes=1))
    await tomorrow.spend("practice/ana", "samples", 100, {})
    await tomorrow.close()
    with sqlite3.connect(tmp_path / "b.db") as db:
        rows = db.execute("SELECT day FROM spent").fetchall()
    db.close()
    assert rows == [("2026-11-25",)], "a day that is over is not kept"


async def test_a_shadow_lets_all_pass_and_says_how_much(tmp_path: Path) -> None:
    made = budget(tmp_path, "shadow")
    facts: dict[str, Any] = {}
    await made.spend("practice/ana", "samples", 500, facts)
    await made.spend("practice/ana", "samples", 1, facts)
    assert facts["budget"]["samples"] == {"spent": 500, "most": 100, "mode": "shadow"}
    await made.close()


async def test_off_and_nothing_leave_no_trace(tmp_path: Path) -> None:
    await budget(tmp_path, "off").spend("practice/ana", "samples", 500, {})
    facts: dict[str, Any] = {}
    await budget(tmp_path).spend("practice/ana", "samples", 0, facts)
    assert facts == {}
    assert not (tmp_path / "b.db").exists()


async def test_what_is_due_is_written_down_however_much(tmp_path: Path) -> None:
    made = budget(tmp_path)
    await made.spend("practice/ana", "samples", 500, {}, due=True)
    assert await spent(made) == 500
    with pytest.raises(TooCostly):
        await made.spend("practice/ana", "samples", 1, {})
    await made.close()


async def test_what_tells_its_cost_only_later_is_refused_once_all_is_used(tmp_path: Path) -> None:
    made = budget(tmp_path)
    await made.open("practice/ana", "samples")
    await made.spend("practice/ana", "samples", 100, {}, due=True)
    with pytest.raises(TooCostly, match="you have used all of today's 100 samples"):
        await made.open("practice/ana", "samples")
    await made.open("practice/bo", "samples")
    await made.open("practice/ana", "scanned_gb")
    await made.close()
    shadow = budget(tmp_path, "shadow")
    await shadow.open("practice/ana", "samples")
    await shadow.close()


@pytest.mark.parametrize("amount", [1, 3, 7])
async def test_two_processes_never_spend_more_together(tmp_path: Path, amount: int) -> None:
    made = [budget(tmp_path), budget(tmp_path)]
    passed: list[int] = []

    async def ask(number: int) -> None:
        try:
            await made[number % 2].spend("practice/ana", "samples", amount, {})
            passed.append(number)
        except TooCostly:
            pass

    async with anyio.create_task_group() as tasks:
        for number in range(150):
            tasks.start_soon(ask, number)
    assert len(passed) == 100 // amount
    assert await spent(made[0]) == amount * len(passed)
    for each in made:
        await each.close()


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    made = Budget(tmp_path / "new" / "b.db", BudgetSettings(), lambda: DAY)
    await made.spend("practice/ana", "samples", 1, {})
    await made.close()
    await made.close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / "b.db").stat().st_mode) == 0o600


async def test_where_nothing_can_be_written_nothing_is_run(tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("no database" * 100)
    made = budget(tmp_path)
    with pytest.raises(Unavailable, match="nothing that costs is run") as caught:
        await made.spend("practice/ana", "samples", 1, {})
    assert "DatabaseError" in caught.value.detail
    (tmp_path / "b.db").unlink()
    await made.spend("practice/ana", "samples", 1, {})
    assert await spent(made) == 1, "and once it can be, all is well"
    await made.close()
