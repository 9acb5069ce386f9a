"""Documents that change: read in by agreement, told to who waits, and what they said before."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest
from mcp.client.subscriptions import ResourceUpdated

from bailiwick.audit.verify import verify
from practice.facts import Ground
from tests.faults.stage import proven, records
from tests.parts.agents import agent, over_stdio
from tests.parts.ground import bailiwick
from tests.parts.looked import LookedUp, looked_up

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]

RUNBOOK = "checkout/latency.md"
URI = f"doc://runbooks/{RUNBOOK}"


@pytest.fixture(scope="module")
def looked(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Generator[LookedUp]:
    """Documents of this module's own."""
    with looked_up(tmp_path_factory.mktemp("looked"), ground) as up:
        yield up


async def test_a_refresh_needs_somebody_else(looked: LookedUp) -> None:
    async with looked.as_("ana") as ana:
        said = await ana.call("refresh_collection", collection="policies")
        assert said.structured["dry_run"]
        assert str(said.structured["result"]).startswith("would read the source (5 documents, ")
        asked = await ana.call("refresh_collection", collection="policies", dry_run=False)
        assert asked.approval
        assert "read what changed in the git of policies" in asked.text
        done = await looked.refreshed(ana, "policies")
        assert str(done.structured["result"]).startswith("policies is up to date")
    proven(looked.journal)


async def test_who_waits_is_told_and_reads_what_is_new(looked: LookedUp) -> None:
    file = looked.library.runbooks / RUNBOOK
    async with looked.as_("eve") as eve, looked.as_("ana") as ana:
        before = await ana.call("read_document", collection="runbooks", document=RUNBOOK)
        version = before.says.partition(", v ")[2].split(" ")[0]
        async with eve.client.listen(resource_subscriptions=[URI]) as stream:
            assert stream.honored.resource_subscriptions == [URI]
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace("after 30 minutes", "after 17 minutes"), encoding="utf-8")
            await looked.refreshed(ana, "runbooks")
            with anyio.fail_after(20):
                assert await anext(stream) == ResourceUpdated(URI)
        found = await eve.call("search_documents", query='"after 17 minutes"')
        assert f"best: runbooks {RUNBOOK}#escalation" in found.says
        at = {"collection": "runbooks", "document": RUNBOOK}
        changed = await eve.call("read_document", **at, view="changes")
        assert changed.says.startswith(f"v {version} to v ")
        assert "+Nothing better after 17 minutes" in changed.inside
        old = await eve.call("read_document", **at, version=version, lines="60-70")
        assert "(an older version)" in old.says
        assert "after 30 minutes" in old.inside


async def test_a_rule_that_is_laid_down_hides_and_a_file_that_goes_is_gone(
    looked: LookedUp,
) -> None:
    page = {"collection": "handbook", "document": "pages/status-page.html"}
    async with looked.as_("eve") as eve, looked.as_("ana") as ana:
        assert not (await eve.call("read_document", **page)).is_error
        rule = looked.library.handbook / "pages" / ".access.yaml"
        rule.write_text("readers: [sre]\n", encoding="utf-8")
        (looked.library.handbook / "services.csv").unlink()
        done = await looked.refreshed(ana, "handbook")
        assert (done.structured["before"], done.structured["documents"]) == (11, 10)
        assert (await eve.call("read_document", **page)).is_error
        assert not (await ana.call("read_document", **page)).is_error
        gone = await ana.call("read_document", collection="handbook", document="services.csv")
        assert gone.is_error
        found = await eve.call("search_documents", query="templates of the status page")
        assert "pages/" not in found.text


async def test_the_journal_tells_who_had_it_read_in(looked: LookedUp) -> None:
    async with looked.as_("ana") as ana:
        await looked.refreshed(ana, "runbooks")
    [used, *_] = reversed(records(looked.journal, event="approval.used"))
    assert used.text("actor", "subject") == "ana"
    assert b"practice/bo" in b"".join(f.read_bytes() for f in looked.journal.rglob("*.jsonl"))
    proven(looked.journal)


async def test_on_a_laptop_one_looks_things_up_alone(ground: Ground, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'state = "{tmp_path / "mine"}"\n[servers.retrieval.collections.runbooks]\n'
        f'kind = "folder"\npath = "{ground.library.runbooks}"\nevery_minutes = 0\n'
    )
    done = bailiwick(tmp_path, "retrieval", "--config", str(config), "sync", "--words-only")
    assert done.stdout.startswith("runbooks: 9 added"), done.stderr
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    command = (sys.executable, "-m", "bailiwick_retrieval", "--config", str(config))
    async with agent(over_stdio(command, env), agrees=True) as me:
        said = await me.call("search_runbooks", alert="CardinalityHigh")
        assert said.says == "the runbook is runbooks cart/cardinality.md, which names this alert"
        assert "found by words alone: no embedding model is installed" in said.outside
        done_ = await me.call("refresh_collection", collection="runbooks", dry_run=False)
        assert str(done_.structured["result"]).startswith("runbooks is up to date"), done_.text
        assert len(me.asked) == 1
    assert verify(tmp_path / "mine" / "journal").ok
