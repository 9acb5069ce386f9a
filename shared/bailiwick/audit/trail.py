"""The records of one call: intent, approval used, and exactly one outcome."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from bailiwick.audit.digest import canonical, signed
from bailiwick.audit.journal import Journal
from bailiwick.audit.record import JSON, Entry, Outcome, plain
from bailiwick.errors import ApprovalNeeded, BailiwickError, Denied, Refused, Unrecorded
from bailiwick.policy.question import Decision, Question, Risk
from bailiwick.shaping.names import key_label
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import redact_object, redact_text
from bailiwick.shaping.render import Reply
from bailiwick.telemetry.watch import passing

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
        text = canonical(arguments)
        shown, seen = _redacted(arguments, text, counts)
        what: dict[str, JSON] = {
            "server": self.server,
            "tool": question.tool,
            "risk": risk.value,
            "arguments": shown,
            "digest": signed(self.key, text),
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
        return Leg(self.journal, call, question, risk, seen, what, actor, origin)


def _redacted(
    arguments: Mapping[str, Any], text: bytes, counts: dict[str, int]
) -> tuple[JSON, str]:
    """Return the arguments as they may be read, and as text.

    Most have nothing in them: then one look at the canonical text does for all of them.
    """
    said = text.decode()
    flat = not any(isinstance(value, dict | list) for value in arguments.values())
    if flat and not any(map(_label, arguments)) and redact_text(said, counts) is said:
        return {name: arguments[name] for name in arguments}, said
    counts.clear()
    shown = redact_object(plain(arguments), counts)
    return shown, orjson.dumps(shown, option=orjson.OPT_SORT_KEYS).decode()


_label = lru_cache(maxsize=1_024)(key_label)


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
    facts: dict[str, JSON] = field(default_factory=dict[str, JSON])

    async def intent(self, *, durable: bool) -> None:
        """Write what is about to happen. After a durable one the effect may follow at once."""
        with passing().stage("journal.intent"):
            await self.journal.write(self._entry("tool.call", "intent"), durable=durable)
        self.intended, self.effective = True, durable

    async def approved(self, approval: Mapping[str, JSON]) -> None:
        """Write that an approval is used up, on disk, before the effect."""
        self.approval = approval
        with passing().stage("journal.approval"):
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
            said = self._unrecorded(error)
            reply.text, reply.code, reply.is_error = said.text, said.code, True
            reply.structured, reply.image, reply.rows, reply.next = None, None, [], ""

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
            asked = {"approval": dict(error.request)} if error.request else None
            return Reply(str(error), asked, code=error.code)
        hint = " The change may have been made: read it before you repeat it." if unknown else ""
        text = f"{error}{hint} [{error.code}, call {self.call}]"
        return Reply(text, is_error=True, code=error.code)

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
        text = f"internal error; tell your operators [bug, call {self.call}]"
        return Reply(text, is_error=True, code="bug")

    async def _outcome(self, outcome: Outcome, result: dict[str, JSON]) -> None:
        result["ms"] = round((time.monotonic() - self.began) * 1000, 1)
        if self.facts:
            result["facts"] = redact_object(plain(self.facts), {})
        event, phase = ("tool.call", "outcome") if self.intended else ("tool.refused", "single")
        entry = self._entry(event, phase, outcome, result)  # type: ignore[arg-type]
        way = passing()
        way.ended(outcome, str(result.get("code", "")))
        with way.stage("journal.outcome"):
            await self.journal.write(entry, durable=self.effective, reserve=self.intended)

    def _unrecorded(self, error: Unrecorded) -> Reply:
        passing().ended("error", error.code)
        if self.effective:
            text = "The change may have happened, but its outcome could not be written down."
        else:
            text = str(error)
        return Reply(f"{text} [{error.code}, call {self.call}]", is_error=True, code=error.code)

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
