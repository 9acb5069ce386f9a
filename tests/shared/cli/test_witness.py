"""A verdict in the journal before it is in the store."""

from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from bailiwick.approval.request import State, Verdict
from bailiwick.approval.sqlite import SqliteApprovals
from bailiwick.audit import Entry
from bailiwick.cli.witness import WitnessedApprovals, about, refused
from bailiwick.errors import BadRequest, Denied, Unrecorded
from tests.shared.cli.conftest import wait_for

VERDICT = Verdict("corp/bo", frozenset({"ops"}), True, datetime.now(UTC))


class Listening:
    """Notes what is in the store when a record is written; refuses the nth."""

    def __init__(self, state: Path, refuses: int = 0) -> None:
        self.path = state / "approvals.db"
        self.refuses = refuses
        self.heard: list[tuple[str, str, bool, State]] = []
        self.request = ""

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        store = SqliteApprovals(self.path)
        found = await store.read(self.request, datetime.now(UTC))
        await store.close()
        assert found is not None
        self.heard.append((entry.event, entry.phase, durable, found.state))
        if len(self.heard) == self.refuses:
            raise Unrecorded("full")

    def ready(self) -> str:
        return ""


def _say(state: Path, journal: Listening) -> bool:
    journal.request = wait_for(state).id

    async def say() -> bool:
        store = WitnessedApprovals(SqliteApprovals(journal.path), journal, "call")
        try:
            return await store.say(journal.request, VERDICT)
        finally:
            await store.close()

    return anyio.run(say)


def test_the_intent_comes_before_the_store_and_the_outcome_after(state: Path) -> None:
    journal = Listening(state)
    assert _say(state, journal)
    assert journal.heard == [
        ("approval.granted", "intent", True, State.OPEN),
        ("approval.granted", "outcome", True, State.APPROVED),
    ]


def test_without_an_intent_nothing_is_stored(state: Path) -> None:
    journal = Listening(state, refuses=1)
    with pytest.raises(Unrecorded):
        _say(state, journal)
    assert [state for *_, state in journal.heard] == [State.OPEN]


def test_a_lost_outcome_is_told_and_the_verdict_stands(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _say(state, Listening(state, refuses=2))
    assert "outcome was not recorded: full" in capsys.readouterr().err


def test_a_refusal_says_whether_it_was_forbidden() -> None:
    said = about("some-id", None, None, "")
    assert said["approval"] == {"id": "some-id"}
    assert refused("c", said, Denied("no")).outcome == "denied"
    assert refused("c", said, BadRequest("gone")).outcome == "refused"
