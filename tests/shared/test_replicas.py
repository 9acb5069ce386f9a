"""Two replicas over one database: what one was told the other knows, and what a fault lets do."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

from bailiwick.approval import Agreement
from bailiwick.approval.postgres import PostgresApprovals
from bailiwick.audit.record import Entry
from bailiwick.cli.main import main
from bailiwick.config import LimitSettings, SharedSettings
from bailiwick.errors import Moved
from bailiwick.house import new_id
from bailiwick.limits import Limits
from bailiwick.sharing import index
from bailiwick.sharing.index import Wanted
from bailiwick.sharing.shared import Shared
from practice import postgres as databases
from practice.postgres import Postgres
from practice.redis import Redis
from tests.parts.gates import BO, Memory, Setting, list_things, setting
from tests.parts.library import House, served
from tests.parts.replicas import QUIET, opened, shared, uncounted, without
from tests.parts.tokens import Issuer
from tests.parts.waiting import until

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> SharedSettings:
    return shared(postgres, tmp_path / "shared")


@asynccontextmanager
async def replica(settings: SharedSettings, folder: Path) -> AsyncGenerator[Setting]:
    """A gate over the shared database, with a world and a journal of its own."""
    made = setting(folder)
    async with opened(settings) as database:
        agreement = Agreement(PostgresApprovals(database), lambda: made.now[0])
        limits = Limits(LimitSettings(), shared=Shared(database))
        own = {"agreement": agreement, "limits": limits, "new_id": new_id}
        yield replace(made, gate=replace(made.gate, **own))


@pytest.fixture
async def replicas(settings: SharedSettings, tmp_path: Path) -> AsyncGenerator[list[Setting]]:
    async with replica(settings, tmp_path / "a") as one, replica(settings, tmp_path / "b") as two:
        yield [one, replace(two, world=one.world)]


@dataclass
class Fatal(Memory):
    """A journal at one of whose records the database is killed."""

    known: Postgres | None = None
    at: str = ""

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        await super().write(entry, durable=durable, reserve=reserve)
        if self.known is not None and f"{entry.event} {entry.phase}" == self.at:
            databases.kill(self.known)


def fatal(made: Setting, known: Postgres, at: str) -> Setting:
    journal = Fatal(known=known, at=at)
    return replace(
        made,
        journal=journal,
        gate=replace(made.gate, trail=replace(made.gate.trail, journal=journal)),
    )


async def test_asked_of_one_granted_at_the_other_used_at_either_once(
    replicas: list[Setting],
) -> None:
    one, two = replicas
    asked = await one.scale()
    assert asked.code == "approval_needed"
    assert (await two.scale()).structured == asked.structured, "it is asked for once"
    await two.agree(asked, BO)
    async with anyio.create_task_group() as tasks:
        for made in replicas * 3:
            tasks.start_soon(made.scale)
    assert one.world.scaled == [3]
    story = [*one.journal.story(), *two.journal.story()]
    assert story.count("approval.used single") == 1


async def test_without_the_database_reads_go_on_and_changes_are_refused(
    replicas: list[Setting], postgres: Postgres
) -> None:
    one = replicas[0]
    asked = await one.scale()
    await one.agree(asked)
    with without(postgres):
        assert not (await one.call(list_things, namespace="shop")).is_error
        for rehearses in (False, True):
            refused = await one.scale(dry_run=rehearses)
            assert refused.is_error
            assert "changes are refused while the database is away. Reads go on" in refused.text
        assert one.world.scaled == []
        assert one.journal.story()[-1] == "tool.refused single error"
        assert one.gate.limits.shared is not None
        assert one.gate.limits.shared.why() == ["the database is away"]
    assert not (await one.scale()).is_error, "what was granted before is good after"
    assert one.world.scaled == [3]


async def test_killed_before_the_approval_is_used_nothing_is_done(
    replicas: list[Setting], postgres: Postgres
) -> None:
    one = replicas[0]
    await one.agree(await one.scale())
    doomed = fatal(one, postgres, "tool.call intent")
    try:
        reply = await doomed.scale()
    finally:
        databases.again(postgres, QUIET)
    assert "nothing that needs an approval is done (the database is away)" in reply.text
    assert doomed.journal.story() == ["tool.call intent", "tool.call outcome error"]
    assert one.world.scaled == []
    assert not (await replicas[1].scale()).is_error, "and the approval is still there"


async def test_killed_in_the_middle_of_a_change_that_ends_as_it_began(
    replicas: list[Setting], postgres: Postgres
) -> None:
    one = replicas[0]
    await one.agree(await one.scale())
    doomed = fatal(one, postgres, "approval.used single")
    try:
        reply = await doomed.scale()
    finally:
        databases.again(postgres, QUIET)
    assert not reply.is_error
    assert one.world.scaled == [3]
    assert doomed.journal.story()[-1] == "tool.call outcome success"
    one.world.size = 2
    assert (await replicas[1].scale()).code == "approval_needed", "it was used, and stays used"


async def test_what_could_not_be_given_back_is_not_done_and_is_asked_for_again(
    replicas: list[Setting], postgres: Postgres
) -> None:
    one = replicas[0]

    async def moved() -> None:
        raise Moved("it is no longer what was looked at")

    one.world.before = moved
    await one.agree(await one.scale())
    doomed = fatal(one, postgres, "approval.used single")
    try:
        reply = await doomed.scale()
    finally:
        databases.again(postgres, QUIET)
    assert reply.is_error
    assert one.world.scaled == []
    assert "unknown" not in doomed.journal.story()[-1]
    assert (await one.scale()).code == "approval_needed"


def told(settings: SharedSettings, **more: Path) -> dict[str, Any]:
    return settings.model_dump(exclude_unset=True) | more


async def ready(house: House) -> tuple[int, dict[str, Any]]:
    answer = await house.client.get("/readyz")
    return answer.status_code, answer.json()


def lacking(house: House) -> int:
    """Count what the index lacks."""
    assert house.site.house.indexer is not None
    return house.site.house.indexer.behind()


async def gauge(house: House, name: str) -> float:
    text = (await house.client.get("/metrics")).text
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


async def test_a_served_replica_says_what_is_away_and_stays_in_its_service(
    settings: SharedSettings, postgres: Postgres, redis: Redis, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("bailiwick.sharing.database.EVERY", 0.05)
    monkeypatch.setattr("bailiwick.sharing.counter.EVERY", 0.05)
    rates, issuer = tmp_path / "rates", Issuer()
    rates.write_text(redis.url)
    more = told(settings, rates_file=rates)
    async with served(monkeypatch, tmp_path, issuer, shared=more) as house:
        token = issuer.token(groups=["readers", "writers"])
        assert await ready(house) == (200, {"ready": True})
        assert not (await house.call("read_shelf", token, room="attic")).get("isError")
        await until(lambda: lacking(house) == 0)
        assert await gauge(house, "bailiwick_degraded") == 0
        assert await gauge(house, "bailiwick_index_pending_records") == 0
        with without(postgres), uncounted(redis):
            assert not (await house.call("read_shelf", token, room="attic")).get("isError")
            refused = await house.call("scale_shelf", token, room="attic", books=2)
            assert refused["isError"]
            assert "changes are refused while" in refused["content"][0]["text"]
            await until(lambda: len(house.site.house.shared.why()) == 2)
            code, said = await ready(house)
            assert (code, said["ready"]) == (200, True)
            assert said["degraded"][:2] == ["the database is away", "the store of rates is away"]
            assert await gauge(house, "bailiwick_degraded") == 1
            assert await gauge(house, "bailiwick_ready") == 1
        await until(lambda: house.site.house.shared.why() == [])
        await until(lambda: lacking(house) == 0)
        assert await ready(house) == (200, {"ready": True})
        assert house.site.house.shared.database is not None
        found = await index.search(house.site.house.shared.database, Wanted(tool="scale_shelf"))
        assert [each.record.text("event") for each in found] == ["tool.refused"]


async def test_a_journal_that_is_broken_is_still_not_ready(
    settings: SharedSettings, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(monkeypatch, tmp_path, Issuer(), shared=told(settings)) as house:
        house.site.stopping = True
        assert await ready(house) == (503, {"ready": False, "why": "stopping"})


def test_an_approver_decides_in_the_store_that_the_settings_name(
    settings: SharedSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.argv", ["bailiwick"])
    config = tmp_path / "config.toml"
    files = told(settings)
    config.write_text(
        f'state = "{tmp_path / "cli"}"\n[shared]\n'
        + "".join(f'{name} = "{path}"\n' for name, path in files.items())
    )

    async def ask() -> str:
        async with replica(settings, tmp_path / "a") as one:
            one.now[0] = datetime.now(UTC)
            asked = await one.scale()
            assert asked.structured is not None
            return str(asked.structured["approval"]["id"])

    request = anyio.run(ask)
    for words, status in (
        (["list"], 0),
        (["show", request], 0),
        (["deny", request, "--yes", "--json"], 1),  # the policy knows no such person
    ):
        with pytest.raises(SystemExit) as ended:
            main(["approvals", *words, "--config", str(config)])
        said = capsys.readouterr()
        assert request in said.out + said.err
        assert int(ended.value.code or 0) == status
    assert not (tmp_path / "cli" / "approvals.db").exists()
