"""Why a search is refused, whichever language it is in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it is refused, and what to do instead; `at` is a character's place, from 0.

    Where macros were put in, the place is in the search with them.
    """

    sentence: str
    at: int = 0
    command: str = ""

    def __str__(self) -> str:
        """Return one line: `at character 12, in delete: ...`."""
        where = f", in {self.command}" if self.command else ""
        return f"at character {self.at + 1}{where}: {self.sentence}"
