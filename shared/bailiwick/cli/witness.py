"""Approvals with a witness: a verdict stands in the journal before it stands in the store."""

from dataclasses import dataclass, field
from datetime import datetime

from bailiwick.approval.request import Approvals, Request, Verdict, Wanted
from bailiwick.audit.journal import Journal
from bailiwick.audit.record import JSON, Entry, Outcome
from bailiwick.cli.terminal import warn
from bailiwick.config import LocalSettings
from bailiwick.errors import BailiwickError, Denied, Unrecorded
from bailiwick.identity.local import local_principal
from bailiwick.policy.question import Principal
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import redact_text


@dataclass(slots=True)
class WitnessedApprovals:
    """A store, of which each verdict is written down twice.

    `say` comes after every rule has said yes. So the intent, durable, precedes the change that lets
    a call act, and names what was really about to be granted; the outcome says that the store took
    it. A crash between them leaves an open intent, which the next start marks as unknown.
    `call` is the id under which the records stand.
    """

    store: Approvals
    journal: Journal
    call: str
    about: dict[str, JSON] = field(default_factory=dict[str, JSON])

    async def say(self, request: str, verdict: Verdict) -> bool:
        """Store a verdict between its intent and its outcome. Raises Unrecorded, with no change."""
        event = "approval.granted" if verdict.agrees else "approval.denied"
        await self.journal.write(Entry(event, "intent", self.call, "", self.about), durable=True)
        said = await self.store.say(request, verdict)
        outcome: Outcome = "success" if said else "refused"
        entry = Entry(event, "outcome", self.call, outcome, self.about)
        try:
            await self.journal.write(entry, durable=True, reserve=True)
        except Unrecorded as error:
            # Too late to take it back: the call may be running. The intent is on disk.
            warn(f"the verdict is stored, but its outcome was not recorded: {error.detail}")
        return said

    async def open(self, wanted: Wanted, now: datetime) -> Request:
        """Ask the store."""
        return await self.store.open(wanted, now)

    async def approved(self, wanted: Wanted, now: datetime) -> Request | None:
        """Ask the store."""
        return await self.store.approved(wanted, now)

    async def use(self, request: str, call: str, now: datetime) -> bool:
        """Ask the store."""
        return await self.store.use(request, call, now)

    async def give_back(self, request: str, call: str) -> None:
        """Ask the store."""
        await self.store.give_back(request, call)

    async def read(self, request: str, now: datetime) -> Request | None:
        """Ask the store."""
        return await self.store.read(request, now)

    async def list(self, now: datetime, most: int = 100) -> list[Request]:
        """Ask the store."""
        return await self.store.list(now, most)

    async def close(self) -> None:
        """Close the store."""
        await self.store.close()


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
