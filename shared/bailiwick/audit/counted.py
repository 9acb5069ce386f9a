"""A journal that counts what passes, for the metrics: what is written down is what is counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bailiwick.audit.journal import Journal
from bailiwick.audit.record import JSON, Entry
from bailiwick.audit.writer import Writer
from bailiwick.errors import Unrecorded

if TYPE_CHECKING:
    from bailiwick.telemetry.meter import Meter

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Counted:
    """A journal with a meter beside it."""

    journal: Journal
    meter: "Meter"

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        """Write, then count."""
        try:
            await self.journal.write(entry, durable=durable, reserve=reserve)
        except Unrecorded:
            self.meter.unrecorded.inc()
            raise
        self.meter.records.inc()
        if entry.event == "door.refused":
            self.meter.refusals.labels("yes").inc()
        elif entry.event in ("tool.call", "tool.refused"):
            self._call(entry)
        elif entry.event == "approval.used":
            self._approval(_part(entry, "action"), "used")

    def _call(self, entry: Entry) -> None:
        """Count an intent's redactions, and everything of an outcome."""
        action = _part(entry, "action")
        server = str(action.get("server"))
        if "redacted" in action:
            self.meter.redacted(server, "arguments", action["redacted"])
        if entry.phase == "intent":
            return
        result = _part(entry, "result")
        tool, milliseconds = str(action.get("tool")), float(result.get("ms", 0))
        self.meter.count(server, tool, str(action.get("risk")), entry.outcome, milliseconds)
        if "redactions" in result:
            self.meter.redacted(server, "answer", result["redactions"])
        if code := result.get("code"):
            self.meter.failures.labels(server, code).inc()
        if entry.outcome == "denied":
            self.meter.denials.labels(server, tool, _rule(entry)).inc()
        if "approval" in result:
            self._approval(action, "asked")

    def _approval(self, action: Mapping[str, Any], event: str) -> None:
        self.meter.approvals.labels(str(action.get("server")), event).inc()

    def ready(self) -> str:
        """Ask the journal."""
        return self.journal.ready()


def counted(journal: Writer, meter: "Meter | None") -> Journal:
    """Put a meter beside a journal, where there is one."""
    if meter is None:
        return journal
    journal.synced = meter.synced
    return Counted(journal, meter)


def _part(entry: Entry, name: str) -> Mapping[str, Any]:
    found: JSON = entry.data.get(name)
    return found if isinstance(found, dict) else _NOTHING


def _rule(entry: Entry) -> str:
    """Name what said no: a rule, the scopes of a token, or somebody who was to approve."""
    judged = _part(entry, "policy")
    if entry.phase == "outcome":
        return "approval"
    because = judged.get("because")
    return str(because[0]) if because else "scopes"
