"""The source of each kind of collection."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from bailiwick.errors import BadConfig
from bailiwick_retrieval.settings import AnyCollection
from bailiwick_retrieval.upstream.opening import source

pytestmark = pytest.mark.anyio
KINDS: dict[str, dict[str, object]] = {
    "Folder": {"kind": "folder", "path": "docs"},
    "Git": {"kind": "git", "url": "https://git.example/docs"},
    "Website": {"kind": "website", "sitemap": "https://docs.example/sitemap.xml"},
    "Confluence": {
        "kind": "confluence",
        "url": "https://wiki.example",
        "space": "OPS",
        "credential_file": "token",
    },
}
READ = TypeAdapter[AnyCollection](AnyCollection)


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_has_its_source(kind: str, tmp_path: Path) -> None:
    made = source("docs", READ.validate_python(KINDS[kind]), tmp_path)
    assert type(made).__name__ == kind
    await made.close()


@pytest.mark.parametrize("name", ["../x", "", "Docs", "a/b", "-a", "x" * 64, "a\n"])
async def test_a_name_is_a_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        source(name, READ.validate_python(KINDS["Git"]), tmp_path)
