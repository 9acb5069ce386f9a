"""Approvals with a witness: a verdict stands in the journal before it stands in the store."""

from datetime import timedelta
from pathlib import Path

from bailiwick.approval.request import Request, Verdict
from bailiwick.approval.sqlite import SqliteApprovals
from bailiwick.audit.journal import Journal
from bailiwick.audit.record import JSON, Entry, Outcome
from bailiwick.cli.terminal import warn
from bailiwick.config import LocalSettings
from bailiwick.errors import BailiwickError, Denied, Unrecorded
from bailiwick.identity.local import local_principal
from bailiwick.policy.question import Principal
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import redact_text


class WitnessedApprovals(SqliteApprovals):
    """The store, of which each verdict is written down twice.

    `say` comes after every rule has said yes. So the intent, durable, precedes the change that lets
    a call act, and names what was really about to be granted; the outcome says that the store took
    it. A crash between them leaves an open intent, which the next start marks as unknown.
    """

    def __init__(self, path: Path, lifetime: timedelta, journal: Journal, call: str) -> None:
        """Keep the journal beside the store. `call` is the id under which the records stand."""
        super().__init__(path, lifetime)
        self._journal = journal
        self._call = call
        self.about: dict[str, JSON] = {}

    async def say(self, request: str, verdict: Verdict) -> bool:
        """Store a verdict between its intent and its outcome. Raises Unrecorded, with no change."""
        event = "approval.granted" if verdict.agrees else "approval.denied"
        await self._journal.write(Entry(event, "intent", self._call, "", self.about), durable=True)
        said = await SqliteApprovals.say(self, request, verdict)
        outcome: Outcome = "success" if said else "refused"
        entry = Entry(event, "outcome", self._call, outcome, self.about)
        try:
            await self._journal.write(entry, durable=True, reserve=True)
        except Unrecorded as error:
            # Too late to take it back: the call may be running. The intent is on disk.
            warn(f"the verdict is stored, but its outcome was not recorded: {error.detail}")
        return said


def refused(call: str, about: dict[str, JSON], error: BailiwickError) -> Entry:
    """Write down that somebody tried."""
    outcome: Outcome = "denied" if isinstance(error, Denied) else "refused"
    result = {"code": error.code, "message": redact_text(str(error), {})}
    return Entry("approval.refused", "single", call, outcome, {**about, "result": result})


def about(
    name: str, request: Request | None, who: Principal | None, reason: str
) -> dict[str, JSON]:
    """Say who decides on what, as far as it is known."""
    said: dict[str, JSON] = {"source": this_user(), "approval": {"id": name[:40]}}
    if reason:
        said["reason"] = reason
    if who is not None:
        said["actor"] = actor(who)
    if request is not None:
        said["action"] = {"server": request.server, "tool": request.asked.tool}
        said["resource"] = dict(request.asked.resource)
        said["approval"] = {
            "id": request.id,
            "needs": request.needs.value,
            "requester": request.by,
            "client": request.asked.client,
            "tool": request.asked.tool,
            "effect": clean(request.effect),
            "digest": request.digest,
        }
    return said


def actor(who: Principal) -> dict[str, JSON]:
    """Name a principal as every record does."""
    groups = sorted(who.groups)
    return {"issuer": who.issuer, "subject": who.subject, "client": who.client, "groups": groups}


def this_user() -> dict[str, JSON]:
    """Name the operating system's user: the one thing known of whoever shows no good token."""
    return {"user": local_principal(LocalSettings()).subject}


def clean(text: str) -> str:
    """Make a foreign text fit for a record."""
    return redact_text(neutralise(text), {})
