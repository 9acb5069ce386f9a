"""An installation as the documents tell of it: its configuration, its requests, its journal."""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio

from bailiwick.approval.request import Wanted
from bailiwick.approval.sqlite import SqliteApprovals
from bailiwick.audit import Entry, open_writer
from bailiwick.audit.checkpoint import checkpoint
from bailiwick.audit.trail import Trail
from bailiwick.config import LocalSettings
from bailiwick.identity.local import local_principal
from bailiwick.policy.question import Approval, Decision, Principal, Question, Risk
from bailiwick.shaping.render import Reply
from tests.docs.blocks import blocks

ANA = Principal("corp", "ana", "agent", frozenset({"sre"}))
CALL = "01a20dff-75c7-7b44-a997-50d0169f23cd"
SECOND, OWN = "ekc3-m67k-2bse", "mw4c-7t2p-9xkd"
"""The ids of the documents: one for a second person, one for the person at the machine."""
_WHERE = (("Cluster", "eu"), ("Namespace", "shop"))
_ARGUMENTS = {
    "cluster": "eu",
    "namespace": "shop",
    "workload": "checkout",
    "replicas": 3,
    "kind": "Deployment",
    "dry_run": False,
}
_SEEN = {name: _ARGUMENTS[name] for name in ("workload", "replicas", "kind", "dry_run")}


def question(who: Principal) -> Question:
    """Ask for the change that the documents tell of."""
    return Question(who, "scale_workload", _WHERE, dict(_SEEN))


async def _install(at: Path) -> None:
    await _ask(at, SECOND, ANA, Approval.SECOND_PERSON)
    await _ask(at, OWN, local_principal(LocalSettings()), Approval.CONFIRMED)
    async with open_writer(at / "state/journal", "cluster") as journal:
        leg = Trail("cluster", journal, b"k" * 32).leg(
            CALL, question(ANA), Risk.CHANGE, _ARGUMENTS, {"transport": "http"}
        )
        leg.decision = Decision(
            allowed=True, needs=Approval.SECOND_PERSON, because=("changes-need-two",)
        )
        await leg.intent(durable=False)
        await leg.approved({"id": SECOND, "by": "corp/bo"})
        await leg.done(Reply("done"))


async def _ask(at: Path, name: str, who: Principal, needs: Approval) -> None:
    store = SqliteApprovals(at / "state/approvals.db", timedelta(minutes=15))
    effect = "scale Deployment shop/checkout in cluster eu from 2 to 3 replicas"
    wanted = Wanted("cluster", question(who), needs, name, "", effect, "{}", ("*",))
    made = await store.open(wanted, datetime.now(UTC))
    await store.close()
    _rename(at / "state/approvals.db", made.id, name)


def _rename(path: Path, old: str, new: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute("UPDATE approvals SET id = ? WHERE id = ?", (new, old))
    db.close()


def _first(language: str, words: Iterable[str]) -> str:
    found = (b.text for b in blocks(language) if all(word in b.text for word in words))
    return next(found)


def install(at: Path) -> None:
    """Write everything that a command of the documents may name into the folder `at`."""
    anyio.run(_install, at)
    (at / "config.toml").write_text(_first("toml", ["[listen]", "[servers.cluster"]))
    (at / "checkpoint.json").write_bytes(checkpoint(at / "state/journal", "here", "now"))
    (at / "policy").mkdir()
    (at / "policy/own.cedar").write_text(_first("cedar", ["payments-read"]))
    cases = _first("toml", ["the team reads its namespace"]).split("\n\n")[0]
    (at / "policy/own.cases.toml").write_text(cases)
    _file_documents(at)


def _file_documents(at: Path) -> None:
    """Write the document of docs/retrieval.md, and a configuration in the usual place."""
    (at / "runbooks").mkdir()
    (at / "runbooks/checkout.md").write_text(_first("markdown", ["alerts:"]))
    (at / "labelled").mkdir()
    (at / "labelled/queries.jsonl").write_text('{"_id": "1", "text": "checkout is slow"}\n')
    (at / "labelled/qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\ta\t1\n")
    (at / "labelled/corpus.jsonl").write_text(
        '{"_id": "a", "title": "", "text": "checkout: slow"}\n'
    )
    usual = at / ".config/bailiwick/config.toml"
    usual.parent.mkdir(parents=True)
    where = f'kind = "folder"\npath = "{at / "runbooks"}"\n'
    usual.write_text(f"[servers.retrieval.collections.runbooks]\n{where}")


class Kept:
    """A journal in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        self.entries.append(entry)

    def ready(self) -> str:
        return ""


def intent() -> Entry:
    """Make the record that the documents print."""
    journal = Kept()
    origin = {"ip": "127.0.0.1", "protocol": "2026-07-28", "request": "8", "transport": "http"}
    trail = Trail("cluster", journal, b"k" * 32)
    leg = trail.leg(CALL, question(ANA), Risk.CHANGE, _ARGUMENTS, origin)
    leg.decision = Decision(allowed=True, needs=Approval.SECOND_PERSON, because=("any",))

    async def write() -> None:
        await leg.intent(durable=True)

    anyio.run(write)
    return journal.entries[0]
