"""The server put together: opened once, closed once, and honest where it has no model."""

import re
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from bailiwick.errors import BadConfig, Unavailable
from bailiwick.policy.question import Risk
from bailiwick.sharing.shared import Standing
from bailiwick.tool import ToolSpec
from bailiwick_retrieval.app import FOLDER, Upstream, application
from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.engines.opensearch.engine import OpenSearch
from bailiwick_retrieval.models.index import Filter
from bailiwick_retrieval.running import locked
from bailiwick_retrieval.settings import read
from bailiwick_retrieval.tools import TOOLS
from tests.parts.documents import eyes, prepared
from tests.parts.gates import Memory
from tests.parts.served import ROOT
from tests.servers.retrieval.embedding.tiny import model_in

DOCS: dict[str, Any] = {"collections": {"docs": {"kind": "folder", "path": "/nowhere"}}}
MOST = 6_000
"""Bytes of the catalogue as a model reads it."""


def made(at: Path, **more: Any) -> Upstream:
    return Upstream(read({**DOCS, **more}), at)


def seen(spec: ToolSpec) -> bytes:
    told = {"name": spec.name, "description": spec.description, "inputSchema": spec.schema()}
    return orjson.dumps(told)


def test_the_application(tmp_path: Path) -> None:
    app = application(DOCS, Standing(tmp_path))
    assert (app.name, app.tools) == ("retrieval", TOOLS)
    assert "<<untrusted" in app.instructions
    assert len(app.instructions) < 600
    assert list(tmp_path.iterdir()) == [], "nothing is written before the first call"


def test_a_wrong_table_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        application({"collections": {"docs": {}}}, Standing(tmp_path))


def test_the_catalogue_is_cheap_to_read() -> None:
    sizes = {spec.name: len(seen(spec)) for spec in TOOLS}
    assert sum(sizes.values()) <= MOST, sizes


def test_every_tool_is_in_a_file_of_its_name_and_has_its_test() -> None:
    names = sorted(spec.name for spec in TOOLS)
    folder = ROOT / "servers" / "bailiwick_retrieval" / "tools"
    assert names == sorted({path.stem for path in folder.glob("*.py")} - {"__init__"})
    tests = {
        path.stem.removeprefix("test_") for path in (Path(__file__).parent / "tools").iterdir()
    }
    assert set(names) <= tests


def test_what_changes_plans_first_and_is_dry_by_default() -> None:
    for spec in TOOLS:
        assert re.match(r"[A-Z][a-z]+ ", spec.description)
        if spec.risk is not Risk.READ:
            assert spec.plan is not None
            assert spec.arguments.model_fields["dry_run"].default is True


def test_syncs_by_the_clock_have_the_journal_of_the_house(tmp_path: Path) -> None:
    app = application(DOCS, Standing(tmp_path))
    journal = Memory()
    assert app.keeps is not None
    app.keeps(journal)
    assert app.upstream.syncing.journal is journal


# The index


@pytest.mark.anyio
async def test_many_first_calls_open_the_index_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Embedded] = []
    genuine = Embedded.open

    async def slowly(self: Embedded, model: str, dimensions: int) -> None:
        opened.append(self)
        await anyio.sleep(0.05)
        await genuine(self, model, dimensions)

    monkeypatch.setattr(Embedded, "open", slowly)
    upstream = made(tmp_path)
    found: list[object] = []

    async def one() -> None:
        found.append(await upstream.engine())

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(one)
    assert len(opened) == 1
    assert found == [opened[0]] * 20
    await upstream.stop()


@pytest.mark.anyio
async def test_an_index_that_does_not_open_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_self: Embedded, _model: str, _dimensions: int) -> None:
        raise Unavailable("the disk is full")

    upstream = made(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Embedded, "open", refuse)
        with pytest.raises(Unavailable, match="the disk is full"):
            await upstream.engine()
    assert await upstream.engine() is await upstream.engine()
    await upstream.stop()


@pytest.mark.anyio
async def test_the_index_lies_in_the_state_folder_or_where_it_is_told(tmp_path: Path) -> None:
    upstream = made(tmp_path / "state")
    await upstream.engine()
    file = tmp_path / "state" / FOLDER / "index.db"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o077 == 0
    await upstream.stop()
    other = made(tmp_path / "other", engine={"kind": "embedded", "path": str(tmp_path / "x.db")})
    await other.engine()
    assert (tmp_path / "x.db").exists()
    await other.stop()
    away = made(tmp_path, engine={"kind": "opensearch", "url": "https://search.example"})
    assert isinstance(away._made(), OpenSearch)  # pyright: ignore[reportPrivateUsage]


# The model


async def asked(upstream: Upstream) -> tuple[bool, str]:
    """Say whether the searcher has a model, and why it has none."""
    searcher = await upstream.searcher()
    ranking = await searcher.rank("pool", eyes(), Filter())
    assert ranking.hybrid is (searcher.model is not None)
    await upstream.stop()
    return ranking.hybrid, searcher.without


@pytest.mark.anyio
async def test_without_a_model_words_alone(tmp_path: Path) -> None:
    upstream = made(tmp_path)
    assert await upstream.embed() == 0
    assert await asked(upstream) == (
        False,
        "no embedding model is installed (bailiwick retrieval model)",
    )


@pytest.mark.anyio
async def test_a_model_in_the_state_folder_is_found(tmp_path: Path) -> None:
    model_in(tmp_path / FOLDER / "model")
    assert await asked(made(tmp_path)) == (True, "")


@pytest.mark.anyio
async def test_a_model_elsewhere_is_told(tmp_path: Path) -> None:
    at = model_in(tmp_path / "elsewhere")
    upstream = made(tmp_path / "state", model={"path": str(at)})
    engine = await upstream.engine()
    async with engine.changes("docs", 30) as changes:
        await changes.put(prepared("a.md", "# A\n\nrestart the pool"))
    assert await upstream.embed() == 1
    assert await upstream.embed() == 0
    assert await asked(upstream) == (True, "")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("model.onnx", b"damaged", "is damaged, or another: its sha256 is not the manifest's"),
        ("tokenizer.json", b"", "is damaged, or another"),
        ("model.json", b"{", "model.json of the model"),
    ],
)
async def test_a_damaged_model_is_words_alone_with_the_reason(
    tmp_path: Path, name: str, data: bytes, why: str
) -> None:
    (model_in(tmp_path / FOLDER / "model") / name).write_bytes(data)
    hybrid, without = await asked(made(tmp_path))
    assert not hybrid
    assert why in without


@pytest.mark.anyio
async def test_vectors_are_made_by_one_process_at_a_time(tmp_path: Path) -> None:
    model_in(tmp_path / FOLDER / "model")
    upstream = made(tmp_path)
    async with locked(tmp_path / FOLDER / "embedding.lock", wait=False):
        with pytest.raises(Unavailable):
            await upstream.embed()
    assert await upstream.embed() == 0
    await upstream.stop()


@pytest.mark.anyio
async def test_work_goes_on_where_vectors_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bailiwick_retrieval.app._EMBED_EVERY", 0.001)
    upstream = made(tmp_path, collections={})
    tried = anyio.Event()
    count = 0

    async def refuse(progress: Any = None) -> int:
        nonlocal count
        count += 1
        if count == 3:
            tried.set()
        raise Unavailable("another process is at it")

    monkeypatch.setattr(upstream, "embed", refuse)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upstream.work)
        await tried.wait()
        tasks.cancel_scope.cancel()
    await upstream.stop()


# The end


@pytest.mark.anyio
async def test_stopping_closes_what_was_opened_and_opens_nothing(tmp_path: Path) -> None:
    unused = made(tmp_path / "unused")
    await unused.stop()
    assert not (tmp_path / "unused").exists()
    closed: list[str] = []

    class Closing:
        def __init__(self, name: str) -> None:
            self.name = name

        async def close(self) -> None:
            closed.append(self.name)

    used = made(tmp_path, rerank={"url": "https://rerank.example/rerank"})
    assert (await used.searcher()).reranker is not None
    used.__dict__["workers"] = Closing("workers")
    used.__dict__["_reranker"] = Closing("reranker")
    used._engine = Closing("engine")  # type: ignore[assignment]
    await used.stop()
    assert closed == ["workers", "reranker", "engine"]


@pytest.mark.anyio
async def test_without_an_address_there_is_no_second_stage(tmp_path: Path) -> None:
    upstream = made(tmp_path)
    assert (await upstream.searcher()).reranker is None
    await upstream.stop()


@pytest.mark.anyio
async def test_changes_of_the_index_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bailiwick_retrieval.engines.embedded.engine._LOOK", 0.01)
    upstream = made(tmp_path)
    engine = await upstream.engine()
    told: list[str] = []

    async def hear() -> None:
        async for found in upstream.changes():
            told.extend(each.path for each in found)
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hear)
        for number in range(1_000):  # what is published before somebody listens is not told
            async with engine.changes("docs", 30) as changes:
                await changes.put(prepared("a.md", f"# A\n\npool {number}"))
            await anyio.sleep(0.02)
    assert set(told) == {"a.md"}
    await upstream.stop()
