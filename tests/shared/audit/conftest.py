"""A clock that tests move, and a journal made with it."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from bailiwick.audit import Clock, Entry, Settings, Writer, open_writer

ROOT = b"r" * 32
SECOND = 10**9
Open = Callable[..., Writer]


class Hands:
    """Both clocks at once; each look costs a microsecond."""

    def __init__(self) -> None:
        self.now = 1_795_527_301 * SECOND  # 2026-11-24T13:35:01Z

    def tick(self) -> int:
        self.now += 1000
        return self.now

    def clock(self) -> Clock:
        return Clock(self.tick, self.tick)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def opens(journal: Path, hands: Hands) -> Open:
    numbers = itertools.count(1)

    def opens(at: Path = journal, *, root: bytes = b"", settings: Settings | None = None) -> Writer:
        return open_writer(
            at,
            "cluster",
            root=root,
            settings=settings,
            clock=hands.clock(),
            entropy=lambda size: next(numbers).to_bytes(size, "big"),
        )

    return opens


def intent(call: str) -> Entry:
    data = {"actor": {"subject": "ana"}, "action": {"tool": "list_pods", "risk": "read"}}
    return Entry("tool.call", "intent", call, data=data)


def outcome(call: str) -> Entry:
    return Entry("tool.call", "outcome", call, "success")


def streams(journal: Path) -> list[Path]:
    """Name the streams' folders."""
    return sorted(it for it in journal.iterdir() if it.is_dir())


def files(journal: Path) -> list[Path]:
    """Name the segments of all streams."""
    return sorted(journal.glob("*/*.jsonl"))
