"""How far the clock of an API is from ours, by the Date of its answers (RFC 9110, 6.6.1). Pure."""

from datetime import UTC
from email.utils import parsedate_to_datetime

from bailiwick.wording import age
from bailiwick_cluster.upstream import Kubernetes

_GRAIN = 1.0
"""Seconds: a Date has no fractions of them."""
_LEAST = 2.0
"""Seconds up to which two clocks count as one."""
TOLD = 60.0
"""Seconds from which it is told that two clocks are apart: ages are written in minutes by then."""


def apart(date: str, sent: float, received: float) -> float | None:
    """Return the seconds that whoever wrote a Date is ahead of us; None where it cannot be read.

    `sent` and `received` are ours, around the moment it was written in: never more than is sure.
    """
    try:
        read = parsedate_to_datetime(date)
        written = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    ahead = written - received if written > received else min(written + _GRAIN - sent, 0.0)
    return ahead if abs(ahead) >= _LEAST else 0.0


def notes(kubernetes: Kubernetes) -> tuple[str, ...]:
    """Say that our clock is not the cluster's, where that is worth a word."""
    told = difference(kubernetes.apart)
    if not told:
        return ()
    return (f"the clock of {kubernetes.name} is {told} this server's: ages go by the cluster's",)


def difference(ahead: float) -> str:
    """Write by how much a clock is `ahead of` or `behind` ours; nothing where that is little."""
    if abs(ahead) < TOLD:
        return ""
    return f"{age(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'}"
