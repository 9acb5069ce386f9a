"""How long to wait before the next try."""

from collections.abc import Callable
from dataclasses import dataclass

_MOST_TRIES = 16


@dataclass(slots=True)
class Pace:
    """Twice as long after each failure, in seconds, and never the same for everybody.

    `jitter` gives random numbers from 0 to 1: a server that is back is not to be met by all its
    clients at once.
    """

    jitter: Callable[[], float]
    first: float = 1.0
    most: float = 60.0
    _tries: int = 0

    def next(self) -> float:
        """Return the seconds to wait: between a half and all of what this try may cost."""
        longest = min(self.first * 2**self._tries, self.most)
        self._tries = min(self._tries + 1, _MOST_TRIES)
        return longest * (0.5 + self.jitter() / 2)

    def well(self) -> None:
        """Begin anew: it went well."""
        self._tries = 0
