"""The policy in force: read, read again, and the last good set kept."""

from pathlib import Path

import pytest

from bailiwick.config import PolicySettings
from bailiwick.errors import BadPolicy
from bailiwick.policy.catalogue import catalogue
from bailiwick.rules import Rules, shipped
from tests.parts.gates import Memory

pytestmark = pytest.mark.anyio
NOBODY = "forbid (principal, action, resource);"
EVERYBODY = "permit (principal, action, resource);"


async def test_a_change_is_taken_and_written_down(tmp_path: Path) -> None:
    file, journal = tmp_path / "p.cedar", Memory()
    file.write_text(NOBODY)
    rules = Rules.load(PolicySettings(path=file), catalogue())
    before = rules().bundle
    await rules.look(journal)
    assert journal.seen == [], "nothing changed"
    file.write_text(EVERYBODY)
    await rules.look(journal)
    assert rules().bundle != before
    assert journal.story() == ["policy.loaded single"]
    assert journal.durable == [True]


async def test_a_broken_change_keeps_the_last_good_set(tmp_path: Path) -> None:
    file, journal = tmp_path / "p.cedar", Memory()
    file.write_text(NOBODY)
    rules = Rules.load(PolicySettings(path=file), catalogue())
    good = rules().bundle
    file.write_text("permit (princ")
    await rules.look(journal)
    await rules.look(journal)
    assert rules().bundle == good
    assert journal.story() == ["policy.rejected single error"], "said once, not every two seconds"
    file.unlink()
    await rules.look(journal)
    assert rules().bundle == good
    file.write_text(NOBODY)
    await rules.look(journal)
    assert rules.broken == ""
    assert journal.story()[-1] == "policy.loaded single"


async def test_a_folder_is_one_policy_in_order(tmp_path: Path) -> None:
    (tmp_path / "10.cedar").write_text(EVERYBODY)
    (tmp_path / "20.cedar").write_text(NOBODY)
    both = Rules.load(PolicySettings(path=tmp_path), catalogue())().bundle
    (tmp_path / "20.cedar").unlink()
    assert Rules.load(PolicySettings(path=tmp_path), catalogue())().bundle != both


NO_TOOL = 'permit (principal, action == Action::"x", resource);'


@pytest.mark.parametrize("text", ["", "permit (", NO_TOOL])
async def test_a_server_does_not_start_on_a_broken_policy(tmp_path: Path, text: str) -> None:
    file = tmp_path / "p.cedar"
    if text:
        file.write_text(text)
    with pytest.raises(BadPolicy):
        Rules.load(PolicySettings(path=file), catalogue())


async def test_the_shipped_policy_fits_the_catalogue() -> None:
    assert shipped().is_file()
    Rules.load(PolicySettings(), catalogue())
