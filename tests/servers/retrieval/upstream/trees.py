"""A folder on the disk, and what a source lists of it."""

from pathlib import Path

from bailiwick_retrieval.models.sources import Content, Entry, Problem, Source
from bailiwick_retrieval.settings import FolderSettings
from bailiwick_retrieval.upstream.opening import source


def write(tree: Path, path: str, text: str = "x") -> Path:
    file = tree / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def opened(tree: Path, **more: object) -> Source:
    settings = FolderSettings.model_validate({"kind": "folder", "path": tree, **more})
    return source("docs", settings, tree.parent / "state", most_bytes=1_000)


async def listed(made: Source) -> tuple[dict[str, Entry], dict[str, Problem]]:
    entries: dict[str, Entry] = {}
    problems: dict[str, Problem] = {}
    async for each in made.entries():
        if isinstance(each, Entry):
            assert each.path not in entries
            entries[each.path] = each
        else:
            problems[each.path] = each
    return entries, problems


async def paths(tree: Path, **more: object) -> list[str]:
    entries, problems = await listed(opened(tree, **more))
    assert not problems
    return sorted(entries)


async def readers(tree: Path, **more: object) -> dict[str, frozenset[str] | None]:
    entries, _ = await listed(opened(tree, **more))
    return {path: each.readers for path, each in entries.items()}


async def data(made: Source, entry: Entry, known: str = "") -> bytes | None:
    content = await made.read(entry, known)
    assert content is None or isinstance(content, Content)
    return content.data if content else None
