"""The database of the replicas: made once, refused where it is another's, and done without."""

from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from bailiwick.config import SharedSettings
from bailiwick.errors import BadConfig, Unavailable
from bailiwick.sharing import schema
from bailiwick.sharing.database import Database
from bailiwick.sharing.schema import Link
from practice.postgres import Postgres
from tests.parts.replicas import KEY, administrator, among, corner, opened, shared, sql, without

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
CUT = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> SharedSettings:
    return shared(postgres, tmp_path, seconds=5)


async def count(database: Database) -> int:
    return (await database.rows("SELECT count(*) AS n FROM bailiwick_spent"))[0]["n"]


async def add(database: Database, unit: str, *, repeatable: bool = False) -> int:
    return await database.changed(
        "INSERT INTO bailiwick_spent VALUES ('d', 'p', $1, 1)", unit, repeatable=repeatable
    )


async def test_replicas_that_start_together_make_the_tables_once(settings: SharedSettings) -> None:
    made = [Database.of(settings, KEY) for _ in range(6)]
    async with anyio.create_task_group() as tasks:
        for each in made:
            tasks.start_soon(each.check)
    rows = await made[0].rows("SELECT name, value FROM bailiwick_meta ORDER BY name")
    known = {row["name"]: row["value"] for row in rows}
    del known["key_at"]
    assert known == {"key": schema.key_mark(KEY), "least": "1", "version": str(schema.VERSION)}
    for each in made:
        assert each.why() == ""
        await each.close()


async def test_what_is_newer_than_this_replica_is_refused(
    settings: SharedSettings, postgres: Postgres
) -> None:
    async with opened(settings) as first:
        await first.check()
    meta = f"{corner(settings)}.bailiwick_meta"
    async with administrator(postgres) as link:
        told = f"UPDATE {meta} SET value = $1 WHERE name = $2"  # noqa: S608 - of this test
        await link.execute(told, "7", "version")
        async with opened(settings) as old:
            await old.check()  # only added to: the version before goes on
        await link.execute(told, "6", "least")
        async with opened(settings) as old:
            with pytest.raises(
                Unavailable, match=r"of a newer version \(7; this replica knows 1\)"
            ):
                await old.check()
            assert "upgrade it" in old.why()


async def test_another_key_is_noticed_and_said(settings: SharedSettings) -> None:
    async with opened(settings) as first:
        await first.check()
    async with opened(settings, b"x" * 32) as other:
        with pytest.raises(Unavailable, match="not the key that the other replicas have"):
            await other.check()


async def test_a_key_is_changed_once_nobody_has_the_old_one(
    settings: SharedSettings, postgres: Postgres
) -> None:
    ago = f"UPDATE {corner(settings)}.bailiwick_meta SET value = '1' WHERE name = 'key_at'"  # noqa: S608
    async with opened(settings) as old, opened(settings, b"x" * 32) as new:
        await old.greet()
        async with administrator(postgres) as link:
            await link.execute(ago)
            await old.greet()
            with pytest.raises(Unavailable, match="not the key that the other"):
                await new.check()  # the old one has just been seen
            await link.execute(ago)
        await new.greet()
        await new.check()
        await old.greet()
        with pytest.raises(Unavailable, match="not the key that the other replicas have"):
            await old.check()


async def test_it_is_killed_in_the_middle_and_comes_back(
    settings: SharedSettings, postgres: Postgres
) -> None:
    async with opened(settings) as database:
        await add(database, "before")
        with without(postgres):
            with pytest.raises(Unavailable, match="the database is away"):
                await count(database)
            assert database.why() == "the database is away"
            with pytest.raises(Unavailable):
                await add(database, "lost")
        assert await count(database) == 1
        assert database.why() == ""


async def test_a_restart_between_two_uses_is_not_noticed(
    settings: SharedSettings, postgres: Postgres
) -> None:
    async with opened(settings) as database:
        await add(database, "before")
        with without(postgres):
            pass
        assert await add(database, "after") == 1
        with without(postgres):
            pass
        assert await count(database) == 2


@pytest.mark.parametrize(("repeatable", "times"), [(True, 2), (False, 1)])
async def test_what_may_have_been_done_is_not_repeated(
    settings: SharedSettings, repeatable: bool, times: int
) -> None:
    ran = 0

    async def cut(link: Link) -> None:
        nonlocal ran
        ran += 1
        await link.execute(CUT)

    async with opened(settings) as database:
        with pytest.raises(Unavailable):
            await database.run(cut, repeatable=repeatable)
        assert ran == times
        assert await count(database) == 0


async def test_a_statement_that_hangs_is_given_up(
    settings: SharedSettings, postgres: Postgres
) -> None:
    quick = settings.model_copy(update={"seconds": 0.3, "connections": 1})
    async with opened(settings) as first, opened(quick) as database:
        await first.check()
        await database.check()
        async with administrator(postgres) as link, link.transaction():
            await link.execute(f"LOCK TABLE {corner(settings)}.bailiwick_spent")
            with pytest.raises(Unavailable, match="does not answer in time"):
                await count(database)
            assert database.why() == "the database does not answer in time"
            await database.check()
            assert database.why() == ""
        assert await count(first) == 0


async def test_a_use_that_is_cancelled_leaves_no_half_of_it(settings: SharedSettings) -> None:
    one = settings.model_copy(update={"connections": 1, "seconds": 0.5})

    async def slowly(link: Link) -> None:
        async with link.transaction():
            await link.execute("INSERT INTO bailiwick_spent VALUES ('d', 'p', $1, 1)", str(begun))
            begun.set()
            await link.execute("SELECT pg_sleep(20)")

    async with opened(one) as database:
        for _ in range(3):
            begun = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(lambda: database.run(slowly, repeatable=True))
                await begun.wait()
                tasks.cancel_scope.cancel()
        assert await count(database) == 0


async def test_a_password_is_changed_while_we_run(tmp_path: Path, postgres: Postgres) -> None:
    async with administrator(postgres) as link:
        role = f"r{id(tmp_path)}"
        await link.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'old'")
        await link.execute(f"CREATE SCHEMA {role} AUTHORIZATION {role}")
        settings = among(tmp_path, postgres.to(role, "old", search_path=role))
        async with opened(settings) as database:
            await add(database, "old")
            await link.execute(f"ALTER ROLE {role} PASSWORD 'new'")
            await link.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", role
            )
            with pytest.raises(Unavailable, match="refuses our login") as told:
                await count(database)
            assert "old" not in str(told.value)
            among(tmp_path, postgres.to(role, "new", search_path=role))
            assert await count(database) == 1
            settings.database_file.unlink()  # pyright: ignore[reportOptionalMemberAccess]
            assert await count(database) == 1, "what is connected needs no address"


async def test_who_looks_after_it_knows_when_it_is_back(
    settings: SharedSettings, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bailiwick.sharing.database.EVERY", 0.02)
    async with opened(settings) as database, anyio.create_task_group() as tasks:
        tasks.start_soon(database.watch)
        with without(postgres):
            await _until(database, away=True)
        await _until(database, away=False)
        tasks.cancel_scope.cancel()


async def _until(database: Database, *, away: bool) -> None:
    with anyio.fail_after(30):
        while bool(database.why()) is not away:  # noqa: ASYNC110 - nothing says when it is
            await anyio.sleep(0.01)


async def test_a_refusal_of_one_statement_does_not_make_it_away(settings: SharedSettings) -> None:
    async with opened(settings) as database:
        with pytest.raises(Unavailable, match="refused what was asked") as told:
            await database.rows("SELECT nonsense")
        assert "nonsense" in told.value.detail
        assert database.why() == ""


def test_an_address_beyond_the_machine_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="verify-full"):
        Database.of(among(tmp_path, "postgresql://b:x@db/b"), KEY)
    with pytest.raises(BadConfig, match="cannot read"):
        Database.of(SharedSettings(database_file=tmp_path / "no", key_file=tmp_path / "k"), KEY)


def test_nothing_is_repaired_by_dropping_it(postgres: Postgres, tmp_path: Path) -> None:
    settings = shared(postgres, tmp_path)

    async def first() -> None:
        async with opened(settings) as database:
            await add(database, "kept")

    anyio.run(first)
    sql(postgres, f"DROP TABLE {corner(settings)}.bailiwick_records")

    async def again() -> int:
        async with opened(settings) as database:
            with suppress(Unavailable):
                await database.rows("SELECT * FROM bailiwick_records")
            return await count(database)

    assert anyio.run(again) == 1
