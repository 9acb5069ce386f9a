"""The records of one call: intent, approval used, and exactly one outcome."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from bailiwick.audit.digest import digest
from bailiwick.audit.journal import Journal
from bailiwick.audit.record import JSON, Entry, Outcome, plain
from bailiwick.errors import ApprovalNeeded, BailiwickError, Denied, Refused, Unrecorded
from bailiwick.policy.question import Decision, Question, Risk
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import redact_object, redact_text
from bailiwick.shaping.render import Reply

_LONGEST = 2_000
"""Characters of an upstream's own words that are worth keeping in a record."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Makes the legs of one server's calls. `key` is that of the argument digests."""

    server: str
    journal: Journal
    key: bytes

    def leg(
        self,
        call: str,
        question: Question,
        risk: Risk,
        arguments: Mapping[str, Any],
        origin: Mapping[str, JSON],
    ) -> "Leg":
        """Begin the records of a call. Nothing is written yet."""
        counts: dict[str, int] = {}
        shown = redact_object(plain(arguments), counts)
        what: dict[str, JSON] = {
            "server": self.server,
            "tool": question.tool,
            "risk": risk.value,
            "arguments": shown,
            "digest": digest(self.key, dict(arguments)),
        }
        if counts:
            what["redacted"] = dict(counts)
        who = question.principal
        actor: dict[str, JSON] = {
            "issuer": who.issuer,
            "subject": who.subject,
            "client": who.client,
            "groups": sorted(who.groups),
        }
        text = orjson.dumps(shown, option=orjson.OPT_SORT_KEYS).decode()
        return Leg(self.journal, call, question, risk, text, what, actor, origin)


@dataclass(slots=True)
class Leg:
    """One call's way through the journal."""

    journal: Journal
    call: str
    question: Question
    risk: Risk
    shown: str
    action: Mapping[str, JSON]
    actor: Mapping[str, JSON]
    origin: Mapping[str, JSON]
    decision: Decision | None = None
    bundle: str = ""
    approval: Mapping[str, JSON] | None = None
    began: float = field(default_factory=time.monotonic)
    intended: bool = False
    effective: bool = False

    async def intent(self, *, durable: bool) -> None:
        """Write what is about to happen. After a durable one the effect may follow at once."""
        await self.journal.write(self._entry("tool.call", "intent"), durable=durable)
        self.intended, self.effective = True, durable

    async def approved(self, approval: Mapping[str, JSON]) -> None:
        """Write that an approval is used up, on disk, before the effect."""
        self.approval = approval
        await self.journal.write(self._entry("approval.used", "single"), durable=True)
        self.effective = True

    async def done(self, reply: Reply) -> None:
        """Write the outcome. Without a record the reply says only that, and what may have been."""
        result: dict[str, JSON] = {"bytes": reply.size}
        if reply.redactions:
            result["redactions"] = dict(reply.redactions)
        try:
            await self._outcome("success", result)
        except Unrecorded as error:
            reply.text, reply.structured = self._unrecorded(error).text, None
            reply.is_error = True

    async def failed(self, error: BailiwickError, *, unknown: bool = False) -> Reply:
        """Write a failure and tell the model what to do about it.

        `unknown` says that an effect may have happened, as after a timeout of a change.
        """
        detail = redact_text(neutralise(error.detail[:_LONGEST]), {})
        result: dict[str, JSON] = {"code": error.code, "message": redact_text(str(error), {})}
        if detail:
            result["detail"] = detail
        if isinstance(error, ApprovalNeeded):
            result["approval"] = {key: error.request[key] for key in sorted(error.request)}
        unknown = unknown and self.effective
        try:
            await self._outcome("unknown" if unknown else _outcome_of(error), result)
        except Unrecorded as second:
            return self._unrecorded(second)
        if isinstance(error, ApprovalNeeded):
            return Reply(str(error), {"approval": dict(error.request)} if error.request else None)
        hint = " The change may have been made: read it before you repeat it." if unknown else ""
        return Reply(f"{error}{hint} [{error.code}, call {self.call}]", is_error=True)

    async def cancelled(self) -> None:
        """Write that the client went away."""
        try:
            await self._outcome("cancelled", {"code": "cancelled"})
        except Unrecorded:
            return  # nobody is left to be told; the next start finds the orphan

    async def bug(self, error: Exception) -> Reply:
        """Write down what we did not foresee; the caller learns the call's id only."""
        detail = redact_text(neutralise(repr(error)[:_LONGEST]), {})
        try:
            await self._outcome(
                "unknown" if self.effective else "error", {"code": "bug", "detail": detail}
            )
        except Unrecorded as second:
            return self._unrecorded(second)
        return Reply(f"internal error; tell your operators [bug, call {self.call}]", is_error=True)

    async def _outcome(self, outcome: Outcome, result: dict[str, JSON]) -> None:
        result["ms"] = round((time.monotonic() - self.began) * 1000, 1)
        event, phase = ("tool.call", "outcome") if self.intended else ("tool.refused", "single")
        entry = self._entry(event, phase, outcome, result)  # type: ignore[arg-type]
        await self.journal.write(entry, durable=self.effective, reserve=self.intended)

    def _unrecorded(self, error: Unrecorded) -> Reply:
        if self.effective:
            text = "The change may have happened, but its outcome could not be written down."
        else:
            text = str(error)
        return Reply(f"{text} [{error.code}, call {self.call}]", is_error=True)

    def _entry(
        self,
        event: str,
        phase: Any,
        outcome: Outcome = "",
        result: Mapping[str, JSON] | None = None,
    ) -> Entry:
        said = self.action if phase != "outcome" else self._briefly()
        data: dict[str, JSON] = {"action": said, "actor": self.actor}
        data["resource"] = dict(self.question.resource)
        if self.origin:
            data["source"] = self.origin
        if self.decision is not None and phase != "outcome":
            data["policy"] = {
                "allowed": self.decision.allowed,
                "needs": self.decision.needs.value,
                "because": list(self.decision.because),
                "bundle": self.bundle,
            }
        if self.approval is not None:
            data["approval"] = self.approval
        if result is not None:
            data["result"] = result
        return Entry(event, phase, self.call, outcome, data)

    def _briefly(self) -> dict[str, JSON]:
        """Name the act without its arguments: the intent of the same call has them."""
        return {name: self.action[name] for name in ("server", "tool", "risk")}


def _outcome_of(error: BailiwickError) -> Outcome:
    if isinstance(error, Denied):
        return "denied"
    return "refused" if isinstance(error, Refused) else "error"
