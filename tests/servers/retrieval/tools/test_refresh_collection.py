"""`refresh_collection`: planned, agreed to, and silent about what the caller may not see."""

from typing import Any

import anyio
import pytest

from bailiwick.approval import Asking
from bailiwick.errors import Unavailable
from bailiwick_retrieval.running import silence
from bailiwick_retrieval.tools.list_documents import list_documents
from bailiwick_retrieval.tools.refresh_collection import plan_refresh, refresh_collection
from tests.parts.documents import NOW, Desk, Library, Script
from tests.parts.gates import ANA, BO, LOCAL
from tests.servers.retrieval.test_asking import call

pytestmark = pytest.mark.anyio
DOCS: dict[str, Any] = {"collection": "docs", "dry_run": False}


async def _agree(_text: str) -> bool:
    return True


AGREED = Asking(confirm=_agree)


@pytest.fixture
def source(shelf: Library) -> Script:
    made = Script({f"{n}.md": f"# {n}\n\npool {n}" for n in range(3)})
    shelf.sources["docs"] = made
    return made


async def test_a_dry_run_reads_nothing(desk: Desk, source: Script) -> None:
    reply = await desk.ask(refresh_collection, collection="docs")
    assert reply.structured == {
        "result": "would read the source (never synced)",
        "documents": 0,
        "before": 0,
        "dry_run": True,
    }
    assert source.reads == []
    await desk.library.sync("docs")
    desk.library.clock.now = NOW + 120
    reply = await desk.ask(refresh_collection, collection="docs")
    assert reply.structured is not None
    assert reply.structured["result"] == ("would read the source (3 documents, synced 2 min ago)")


async def test_what_is_agreed_to(shelf: Library, source: Script) -> None:
    await shelf.sync("docs")
    plan = await plan_refresh(call(shelf), "docs")
    assert plan.effect == (
        "read what changed in the folder of docs (3 documents, synced 0 s ago); what is gone"
        " there is deleted here, with its versions"
    )
    assert plan.preconditions == {"collection": "docs"}


async def test_a_refresh_needs_another_person(desk: Desk, source: Script) -> None:
    reply = await desk.ask(refresh_collection, ANA, **DOCS)
    assert source.reads == []
    assert reply.structured is not None
    asked = reply.structured["approval"]
    assert asked["needs"] == "second_person"
    await desk.gate.agreement.decide(desk.gate.policy(), asked["id"], BO, agrees=True)
    reply = await desk.ask(refresh_collection, ANA, **DOCS)
    assert reply.structured is not None
    assert (reply.structured["before"], reply.structured["documents"]) == (0, 3)
    assert reply.structured["result"].startswith("docs is up to date (")
    assert len(source.reads) == 3
    assert "3 added" in str(desk.facts)


async def test_on_ones_own_machine_a_word_is_enough(desk: Desk, source: Script) -> None:
    reply = await desk.ask(refresh_collection, LOCAL, AGREED, **DOCS)
    assert reply.structured is not None
    assert reply.structured["documents"] == 3
    assert (await desk.ask(list_documents)).text.startswith("3 documents")


@pytest.mark.parametrize("hidden", [0, 1, 17])
async def test_nothing_tells_of_hidden_documents(desk: Desk, source: Script, hidden: int) -> None:
    for number in range(hidden):
        source.files[f"board/{number}.md"] = f"# {number}\n\nsecret"
        source.about[f"board/{number}.md"] = {"readers": frozenset({"board"})}
    reply = await desk.ask(refresh_collection, LOCAL, AGREED, **DOCS)
    assert reply.structured is not None
    assert (reply.structured["before"], reply.structured["documents"]) == (0, 3)
    assert desk.heard == [(number, 10, "reading docs") for number in range(1, 11)]
    # Also where nothing is new, and where all is gone.
    for _ in range(2):
        desk.heard.clear()
        reply = await desk.ask(refresh_collection, LOCAL, AGREED, **DOCS)
        assert not reply.is_error, reply.text
        assert [done for done, _, _ in desk.heard] == list(range(1, 11))
        source.files = {name: text for name, text in source.files.items() if name < "1"}


async def test_a_source_that_fails_is_told_and_in_the_record(desk: Desk, source: Script) -> None:
    source.listing = Unavailable("the folder cannot be opened", detail="errno 13")
    text = await desk.error(refresh_collection, LOCAL, asking=AGREED, **DOCS)
    assert text.startswith("nothing was changed: the folder cannot be opened")
    assert "errno 13" not in text
    assert "errno 13" in str(desk.facts)


async def test_a_second_refresh_is_told_that_one_is_under_way(desk: Desk, source: Script) -> None:
    begun, go = anyio.Event(), anyio.Event()

    async def hold(_path: str) -> None:
        begun.set()
        await go.wait()

    desk.library.parser.before = hold
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.library.syncing.run, "docs", silence)
        await begun.wait()
        text = await desk.error(refresh_collection, LOCAL, asking=AGREED, **DOCS)
        assert "it is being synced already, by another process or call" in text
        go.set()
    assert (await desk.ask(refresh_collection, LOCAL, AGREED, **DOCS)).is_error is False


async def test_an_unknown_collection(desk: Desk) -> None:
    text = await desk.error(refresh_collection, LOCAL, asking=AGREED, collection="x", dry_run=False)
    assert "no collection of that name; there are: docs" in text
