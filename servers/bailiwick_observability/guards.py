"""What a question may cost: judged before it is run, by guards that are data."""

from dataclasses import dataclass
from typing import Any, Literal

from bailiwick.errors import TooCostly
from bailiwick_observability.figures import figure
from bailiwick_observability.settings import Guards

Kind = Literal["range_hours", "samples", "series", "scanned_gb", "run_seconds"]
_WORDS: dict[str, str] = {
    "range_hours": "hours of range",
    "samples": "samples",
    "series": "series",
    "scanned_gb": "GB scanned",
    "run_seconds": "seconds of run time",
}


@dataclass(frozen=True, slots=True)
class Guarding:
    """The guards of one source in one call; each look at one is a fact of the record."""

    guards: Guards
    facts: dict[str, Any]

    def most(self, kind: Kind) -> float:
        """Say where a guard draws the line, infinity where it does not."""
        guard = getattr(self.guards, kind)
        return guard.most if guard.mode == "enforce" else float("inf")

    def check(self, kind: Kind, asked: float, cheaper: str) -> None:
        """Refuse what costs more than a guard allows, and say what would be cheaper."""
        guard = getattr(self.guards, kind)
        if guard.mode == "off":
            return
        over = asked > guard.most
        said = self.facts.setdefault("guards", {})
        before = said.get(kind)
        # Of the many evaluations of one call the record keeps the one that asked for most.
        if before is None or asked / guard.most >= before["asked"] / before["most"]:
            said[kind] = {
                "asked": round(asked, 3),
                "most": guard.most,
                "mode": guard.mode,
                "over": over,
            }
        if over and guard.mode == "enforce":
            raise TooCostly(
                f"not run: about {figure(asked)} {_WORDS[kind]}, and at most"
                f" {figure(guard.most)} are allowed. {cheaper}"
            )
