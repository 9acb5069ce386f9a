"""What is installed, and a journal that mends itself."""

import importlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import anyio
import pytest

from bailiwick import house
from bailiwick.audit.journal import Journal
from bailiwick.audit.reader import Query, read
from bailiwick.audit.record import Entry
from bailiwick.config import Settings
from bailiwick.errors import BadConfig
from tests.parts.library import Books, application


def test_only_servers_that_are_there_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.installed() == house.SERVERS == tuple(house.tools())
    there = importlib.import_module

    def without(name: str) -> ModuleType:
        if name.startswith("bailiwick_observability"):
            raise ModuleNotFoundError(f"No module named {name!r}", name="bailiwick_observability")
        return there(name)

    monkeypatch.setattr(importlib, "import_module", without)
    assert house.installed() == tuple(house.tools()) == ("cluster", "retrieval")
    for name in ("observability", "nothing"):
        with pytest.raises(BadConfig, match=f"no server '{name}'"):
            house.application(name, Settings())


def test_a_server_without_its_vendors_is_not_mistaken_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'kubernetes'", name="kubernetes")

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(BadConfig, match=r"kubernetes is missing; install bailiwick-mcp\[cluster\]"):
        house.application("cluster", Settings())


@pytest.mark.anyio
async def test_a_journal_is_mended_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "_RETRY", 0.01)
    tried = anyio.Event()
    settings = Settings.model_validate({"state": tmp_path})
    async with house.open_house(settings, [application(Books())], transport="stdio") as opened:

        async def recover() -> bool:
            tried.set()
            return True

        monkeypatch.setattr(opened.journal, "recover", recover)
        monkeypatch.setattr(opened.journal, "ready", lambda: "the disk is full")
        with anyio.fail_after(2):
            await tried.wait()


@pytest.mark.anyio
async def test_who_does_something_without_a_call_is_given_the_journal(tmp_path: Path) -> None:
    kept: list[Journal] = []
    app = replace(application(Books()), keeps=kept.append)
    settings = Settings.model_validate({"state": tmp_path})
    async with house.open_house(settings, [app], transport="stdio"):
        (journal,) = kept
        await journal.write(Entry("retrieval.synced", "single", "", "success", {}), durable=True)
    found = read(settings.journal_path, Query(event="retrieval.synced"))
    assert [record.text("outcome") for record in found] == ["success"]


def test_ids_are_of_version_seven_and_sort_by_time() -> None:
    ids = [house.new_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(one[14] == "7" and one[19] in "89ab" for one in ids)
    assert ids[0][:8] <= ids[-1][:8]
