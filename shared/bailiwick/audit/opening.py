"""Open this installation's journal, as its settings say: one way for servers and commands."""

from collections.abc import Mapping

from bailiwick.audit.key import load_key
from bailiwick.audit.record import JSON
from bailiwick.audit.stream import Settings as StreamSettings
from bailiwick.audit.writer import Writer, open_writer
from bailiwick.config import Settings


def open_journal(
    settings: Settings, label: str, about: Mapping[str, JSON] | None = None, *, reserve: bool = True
) -> Writer:
    """Return a writer of a new stream for `async with`. `label` says whose it is.

    `reserve` keeps room for outcomes on a full disk; what writes one record needs none.
    """
    stream = StreamSettings(
        segment_bytes=settings.journal.segment_bytes,
        reserve_bytes=settings.journal.reserve_bytes if reserve else 0,
    )
    root = root_key(settings)
    return open_writer(settings.journal_path, label, root=root, about=about, settings=stream)


def root_key(settings: Settings) -> bytes:
    """Return the root of the records' macs, empty where none is configured, or raise KeyRefused."""
    file = settings.journal.key_file
    return b"" if file is None else load_key(file)
