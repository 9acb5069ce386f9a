"""What an answer says of the index itself: what it lacks, and how old it is."""

import pytest

from bailiwick_retrieval.asking import Asked
from bailiwick_retrieval.models.index import Filter, Report
from bailiwick_retrieval.standing import lacking
from tests.parts.documents import DAY, NOW, Library, eyes, folder, prepared
from tests.servers.retrieval.test_asking import call

pytestmark = pytest.mark.anyio
LOOK = Asked(eyes("sre"))


async def said(shelf: Library) -> list[str]:
    ranking = await (await shelf.searcher()).rank("pool", LOOK.access, Filter())
    return list(await lacking(call(shelf), LOOK, ranking))


async def synced(shelf: Library, ago: float = 0, error: str = "") -> None:
    await shelf.index.report("docs", Report(NOW - ago, error))


async def test_what_is_up_to_date_says_nothing(shelf: Library) -> None:
    await shelf.write("docs", "a.md", "# A\n\npool")
    await synced(shelf, 20 * 60)
    assert await said(shelf) == []


async def test_never_synced(shelf: Library) -> None:
    assert await said(shelf) == ["docs was never synced"]
    await synced(shelf, error="the source is away")
    assert await said(shelf) == ["docs was never synced: the source is away"]


async def test_a_sync_that_failed_says_how_old_the_index_is(shelf: Library) -> None:
    await synced(shelf, 2 * DAY)
    await synced(shelf, 0, "the source is away")
    assert await said(shelf) == ["docs is 2 d old: its last sync failed: the source is away"]


@pytest.mark.parametrize(
    ("every", "minutes", "told"),
    [(15, 44, False), (15, 46, True), (0, 179, False), (0, 181, True), (600, 1_700, False)],
)
async def test_syncs_that_were_missed(
    shelf: Library, every: float, minutes: float, told: bool
) -> None:
    shelf.collections["docs"] = folder(every_minutes=every)
    await synced(shelf, minutes * 60)
    assert bool(await said(shelf)) is told


async def test_vectors_to_come(shelf: Library) -> None:
    await synced(shelf)
    model, shelf.model = shelf.model, None
    await shelf.put("docs", prepared("a.md", "# A\n\npool"), prepared("b.md", "# B\n\npool"))
    await shelf.write("docs", "hidden.md", "# C\n\npool", ruled=("board",))
    shelf.model = model
    assert await said(shelf) == ["2 passages still found by words alone: vectors follow"]
    await shelf.embed()
    assert await said(shelf) == []


async def test_without_a_model(bare: Library) -> None:
    await synced(bare)
    assert await said(bare) == ["found by words alone: no model here"]
    bare.without = ""
    assert await said(bare) == ["found by words alone: no embedding model"]
