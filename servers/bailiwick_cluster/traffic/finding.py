"""What was found on the way: each a row of the answer, the worst first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How much something matters to the answer."""

    STOPS = 0
    PARTLY = 1
    ODD = 2
    FINE = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its row is text from outside, `says` is ours and may open the answer."""

    level: Level
    check: str
    result: str
    detail: str = ""
    says: str = ""


def head(found: Sequence[Finding]) -> str:
    """Say yes, partly or no: whatever stops it stops all."""
    level = min((each.level for each in found), default=Level.FINE)
    return {Level.STOPS: "no", Level.PARTLY: "partly"}.get(level, "yes")
