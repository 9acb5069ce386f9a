"""`[servers.retrieval]`: what is read, what is refused, and what is as it is without a word."""

from pathlib import Path
from typing import Any

import pytest

from bailiwick.config import dangers
from bailiwick.errors import BadConfig
from bailiwick_retrieval.settings import (
    ConfluenceSettings,
    EmbeddedSettings,
    FolderSettings,
    GitSettings,
    OpenSearchSettings,
    WebsiteSettings,
    read,
)

KINDS: dict[str, dict[str, Any]] = {
    "folder": {"kind": "folder", "path": "/srv/docs"},
    "git": {"kind": "git", "url": "https://git.example/docs"},
    "website": {"kind": "website", "sitemap": "https://docs.example/sitemap.xml"},
    "confluence": {
        "kind": "confluence",
        "url": "https://wiki.example",
        "space": "OPS",
        "credential_file": "/run/token",
    },
}


def test_nothing_is_needed() -> None:
    made = read({})
    assert made.collections == {}
    assert made.engine == EmbeddedSettings()
    assert (made.model.path, made.rerank.url) == (None, "")


def test_every_kind_of_collection() -> None:
    made = read({"collections": KINDS})
    kinds = (FolderSettings, GitSettings, WebsiteSettings, ConfluenceSettings)
    assert tuple(map(type, made.collections.values())) == kinds
    for each in made.collections.values():
        assert each.readers == ("*",)
        assert each.include == ("**",)
    assert made.collections["folder"].kind == "folder"
    own = {name: each.front_matter_readers for name, each in made.collections.items()}
    assert own == {name: name != "website" for name in KINDS}, "a page does not open itself"
    found = read({"engine": {"kind": "opensearch", "url": "https://search.example"}}).engine
    assert isinstance(found, OpenSearchSettings)


@pytest.mark.parametrize(
    "raw",
    [
        {"collection": {}},
        {"collections": {"docs": {}}},
        {"collections": {"docs": {"kind": "ftp"}}},
        {"collections": {"docs": {"kind": "folder"}}},
        {"collections": {"docs": {"kind": "folder", "path": "x", "reader": ["a"]}}},
        {"collections": {"docs": {"kind": "folder", "path": "x", "every_minutes": -1}}},
        {"collections": {"docs": {"kind": "folder", "path": "x", "stale_days": 0}}},
        {"collections": {"docs": {**KINDS["confluence"], "credential_file": None}}},
        {"engine": {"kind": "opensearch"}},
        {"engine": {"kind": "opensearch", "url": "https://x", "index": "Upper"}},
        {"engine": {"kind": "other"}},
        {"model": {"batch": 0}},
        {"rerank": {"top": 1}},
        {"parsing": {"seconds": 0}},
    ],
)
def test_what_is_wrong_does_not_start(raw: dict[str, Any]) -> None:
    with pytest.raises(BadConfig, match=r"^\[servers\.retrieval\] "):
        read(raw)


@pytest.mark.parametrize("name", ["Docs", "a/b", "", "-a", "a_b", "x" * 64, "../x", "a\n"])
def test_a_name_that_no_caller_could_ask_for_does_not_start(name: str) -> None:
    with pytest.raises(BadConfig):
        read({"collections": {name: KINDS["folder"]}})


def test_what_is_wrong_is_not_repeated() -> None:
    with pytest.raises(BadConfig) as caught:
        read({"rerank": {"url": "https://x", "seconds": "s3cret"}})
    assert "s3cret" not in str(caught.value)


def test_dangerous_options_are_named() -> None:
    made = read(
        {
            "collections": {"docs": {**KINDS["git"], "unsafe_skip_tls": True}},
            "engine": {"kind": "opensearch", "url": "https://x", "unsafe_skip_tls": True},
        }
    )
    assert set(dangers(made)) == {
        "collections.docs.unsafe_skip_tls",
        "engine.unsafe_skip_tls",
    }


def test_paths_are_paths() -> None:
    made = read({"model": {"path": "/m"}, "engine": {"kind": "embedded", "path": "/i.db"}})
    assert made.model.path == Path("/m")
    assert isinstance(made.engine, EmbeddedSettings)
    assert made.engine.path == Path("/i.db")
