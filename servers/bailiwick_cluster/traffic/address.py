"""Ranges of IP addresses, and how much of one a number of blocks covers. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import ip_network


class Share(IntEnum):
    """How much of what was asked about something holds for."""

    NONE = 0
    SOME = 1
    ALL = 2


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """All addresses of one version (4 or 6) from `first` to `last`, as numbers."""

    version: int
    first: int
    last: int


def span(said: str) -> Span | None:
    """Read `10.0.0.0/8` or one address; None of what is neither."""
    try:
        found = ip_network(said, strict=False)
    except ValueError:
        return None
    return Span(found.version, int(found.network_address), int(found.broadcast_address))


@dataclass(frozen=True, slots=True)
class Block:
    """An ipBlock of a NetworkPolicy: a range without the ranges it excepts, and as it is said."""

    whole: Span
    holes: Sequence[Span] = ()
    said: str = ""

    def spans(self) -> list[Span]:
        """Return what is left of it, in order."""
        left = [self.whole]
        for hole in self.holes:
            left = [part for each in left for part in _without(each, hole)]
        return left


def share(asked: Span, blocks: Iterable[Block]) -> Share:
    """Say how much of a range some blocks cover together."""
    at, touched = asked.first, False
    for part in sorted(part for block in blocks for part in block.spans()):
        if part.version != asked.version or part.last < asked.first or part.first > asked.last:
            continue
        touched = True
        if part.first > at:
            return Share.SOME
        at = max(at, part.last + 1)
    return Share.ALL if at > asked.last else Share.SOME if touched else Share.NONE


def _without(whole: Span, hole: Span) -> list[Span]:
    if hole.version != whole.version or hole.last < whole.first or hole.first > whole.last:
        return [whole]
    parts: list[Span] = []
    if hole.first > whole.first:
        parts.append(Span(whole.version, whole.first, hole.first - 1))
    if hole.last < whole.last:
        parts.append(Span(whole.version, hole.last + 1, whole.last))
    return parts
