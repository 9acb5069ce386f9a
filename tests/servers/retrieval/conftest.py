"""A library of the collection `docs`, and the gate in front of it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.parts.documents import Desk, Library, library


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncGenerator[Library]:
    """Give a library with a model that knows words."""
    async with library(tmp_path) as made:
        yield made


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncGenerator[Library]:
    """Give a library without a model."""
    async with library(tmp_path, meaning=False) as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, shelf: Library) -> Desk:
    """Give the gate in front of the shelf."""
    return Desk(tmp_path / "gate", shelf)
