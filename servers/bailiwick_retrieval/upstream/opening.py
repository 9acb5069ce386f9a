"""From settings to the source that they describe."""

import re
from pathlib import Path

from bailiwick.errors import BadConfig
from bailiwick_retrieval.models.sources import Source
from bailiwick_retrieval.settings import (
    NAME,
    AnyCollection,
    ConfluenceSettings,
    FolderSettings,
    GitSettings,
    WebsiteSettings,
)

MOST_BYTES = 50_000_000
"""Largest document that is read, unless told otherwise."""

# Each brings packages along that the others do not need: only the one in use is imported.


def source(
    name: str, settings: AnyCollection, state: Path, *, most_bytes: int = MOST_BYTES
) -> Source:
    """Open the source of a collection, or raise BadConfig; nothing is asked or read yet.

    `state` is the state folder; what a source keeps there lies below `retrieval/`.
    """
    if not re.fullmatch(NAME, name):
        raise BadConfig(f"{name!r} is no name of a collection: lower-case letters, digits, hyphens")
    if isinstance(settings, FolderSettings):
        return _folder(name, settings, most_bytes)
    if isinstance(settings, GitSettings):
        return _git(name, settings, state, most_bytes)
    if isinstance(settings, WebsiteSettings):
        return _website(name, settings)
    return _confluence(name, settings, most_bytes)


def _folder(name: str, settings: FolderSettings, most_bytes: int) -> Source:
    from bailiwick_retrieval.upstream.folder import Folder  # noqa: PLC0415

    return Folder(name, settings, most_bytes=most_bytes)


def _git(name: str, settings: GitSettings, state: Path, most_bytes: int) -> Source:
    from bailiwick_retrieval.upstream.git import Git  # noqa: PLC0415

    return Git(name, settings, state, most_bytes=most_bytes)


def _website(name: str, settings: WebsiteSettings) -> Source:
    from bailiwick_retrieval.upstream.website import Website  # noqa: PLC0415

    return Website(name, settings)


def _confluence(name: str, settings: ConfluenceSettings, most_bytes: int) -> Source:
    from bailiwick_retrieval.upstream.confluence import Confluence  # noqa: PLC0415

    return Confluence(name, settings, most_bytes=most_bytes)
