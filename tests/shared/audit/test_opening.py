"""One way to open this installation's journal, with MACs where a key is configured."""

import secrets
from pathlib import Path

import pytest

from bailiwick.audit.key import KeyRefused
from bailiwick.audit.opening import open_journal
from bailiwick.audit.record import Entry
from bailiwick.audit.verify import verify
from bailiwick.config import Settings

pytestmark = pytest.mark.anyio


async def test_with_a_key_every_record_is_sealed(tmp_path: Path) -> None:
    file = tmp_path / "root.key"
    file.write_bytes(secrets.token_bytes(32))
    file.chmod(0o440)  # as a mounted secret of a group is
    settings = Settings.model_validate({"state": tmp_path, "journal": {"key_file": file}})
    async with open_journal(settings, "things") as journal:
        await journal.write(Entry("tool.call"), durable=True)
    assert verify(settings.journal_path, file.read_bytes()).ok
    assert not verify(settings.journal_path, b"x" * 32).ok


async def test_a_key_that_is_missing_or_open_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "root.key"
    settings = Settings.model_validate({"state": tmp_path, "journal": {"key_file": file}})
    with pytest.raises(KeyRefused, match="cannot read"):
        open_journal(settings, "things")
    file.write_bytes(secrets.token_bytes(32))
    file.chmod(0o644)
    with pytest.raises(KeyRefused, match="open to others"):
        open_journal(settings, "things")
