"""Real clients, of both eras, over every transport: list, call, be refused, be approved.

Nothing here knows the protocol. A cell fails when a client that people use cannot work with us.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bailiwick.approval.agreement import Agreement
from bailiwick.approval.sqlite import SqliteApprovals
from bailiwick.audit.reader import Query, Record, read
from bailiwick.audit.verify import verify
from bailiwick.config import LocalSettings
from bailiwick.identity.local import local_principal
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal
from bailiwick.rules import policy_text
from tests.matrix import client_python
from tests.matrix.cells import Cell, Setup, Steps, cells
from tests.matrix.client_node import Workshop
from tests.matrix.conftest import ENTRY, Sites
from tests.matrix.stage import FIRST, NAME, TOOLS
from tests.parts.served import environ

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
WANTED = 7


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell is played, and what its server writes."""

    cell: Cell
    setup: Setup
    state: Path

    async def agree(self, changed: Mapping[str, Any]) -> None:
        """Let whoever has to agree do that, out of band: the same store, another process."""
        asked: str = changed["structured"]["approval"]["id"]
        by = local_principal(LocalSettings())
        if self.cell.issuer:
            by = Principal("main", "bo", "cli", frozenset({"sre"}))
        policy = Policy.load(policy_text(None), [spec.action(NAME) for spec in TOOLS])
        store = SqliteApprovals(self.state / "approvals.db")
        try:
            agreement = Agreement(store, lambda: datetime.now(UTC))
            await agreement.decide(policy, asked, by, agrees=True)
        finally:
            await store.close()

    def records(self, **query: str) -> list[Record]:
        """Return what was written down about this cell's namespace."""
        found = read(self.state / "journal", Query(**query))
        mine = self.setup.namespace
        return [record for record in found if record.text("resource", "Namespace") == mine]


def place(cell: Cell, folder: Path, request: pytest.FixtureRequest) -> Place:
    """Find the cell's server; over stdio every cell has its own."""
    url, token, state = "", "", folder / "state" / "bailiwick"
    if cell.transport != "stdio":
        sites: Sites = request.getfixturevalue("sites")
        site = sites.known if cell.issuer else sites.local
        url = site.url if cell.transport == "http" else f"{site.url.removesuffix('/mcp')}/sse"
        token, state = sites.token() if cell.issuer else "", site.state
    setup = Setup(
        transport=cell.transport,
        era=cell.era,
        answer=cell.answer,
        namespace=str(cell),
        replicas=WANTED,
        url=url,
        token=token,
        command=(sys.executable, *ENTRY, "stdio"),
        env=environ(folder),
    )
    return Place(cell, setup, state)


@pytest.mark.parametrize("cell", list(cells()), ids=str)
async def test_a_client(cell: Cell, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    at = place(cell, tmp_path, request)
    if cell.client == "python":
        steps = await client_python.play(at.setup, at.agree)
    else:
        workshop: Workshop = request.getfixturevalue("workshop")
        steps = await workshop.play(cell.client, at.setup, at.agree)
    lists_reads_and_is_refused(steps, cell)
    changes(steps, at)
    is_written_down(at)


def lists_reads_and_is_refused(steps: Steps, cell: Cell) -> None:
    """Both tools are there, a read reads, and nothing goes to kube-system."""
    assert steps["list"]["tools"] == ["list_things", "scale_things"]
    assert not steps["read"]["error"]
    assert steps["read"]["text"].startswith(f"{FIRST} things in {cell}")
    assert steps["read"].get("progress", 1) == 1
    assert steps["refused"]["error"]
    assert "may not list_things here" in steps["refused"]["text"]
    if "rehearsed" in steps:
        would = {"result": "would scale", "before": FIRST, "after": WANTED}
        assert steps["rehearsed"]["structured"] == would


def changes(steps: Steps, at: Place) -> None:
    """The change is made once, and only after whoever has to agree has agreed."""
    cell, changed = at.cell, steps["changed"]
    done = {"result": "scaled", "before": FIRST, "after": WANTED}
    effect = f"scale things of {cell} from {FIRST} to {WANTED}"
    assert changed.get("asked", []) == ([effect] if cell.confirms else [])
    if cell.confirms and cell.answer == "accept":
        assert changed["structured"] == done
    elif cell.confirms:
        assert changed["error"]
        assert "the person at the client said no" in changed["text"]
    else:
        assert not changed["error"]
        assert changed["structured"]["approval"]["effect"] == effect
        assert changed["structured"]["approval"]["needs"] == (
            "second_person" if cell.issuer else "confirmed"
        )
        assert (
            f"bailiwick approvals approve {changed['structured']['approval']['id']}"
            in (changed["text"])
        )
        if not cell.answer:
            assert steps["again"]["structured"] == done


def is_written_down(at: Place) -> None:
    """The journal holds together, and says in which protocol and by whom."""
    cell = at.cell
    assert verify(at.state / "journal").ok
    assert {record.text("source", "protocol") for record in at.records()} == {cell.protocol}
    assert len(at.records(event="approval.used")) == int(
        not cell.answer or (cell.confirms and cell.answer == "accept")
    )
    for record in at.records(event="approval.used"):
        assert record.text("actor", "subject") == ("ana" if cell.issuer else at_home())
        assert record.text("approval", "by") == ("main/bo" if cell.issuer else f"local/{at_home()}")


def at_home() -> str:
    """Name the user of this machine."""
    return local_principal(LocalSettings()).subject
