"""Which groups are told first: errors that are new, errors, warnings, then the commonest. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bailiwick_cluster.logs.groups import Group
from bailiwick_cluster.logs.levels import Level

_NEW = 60.0
"""Seconds that a log has to go on before what begins in it is called new."""
_NEW_SHARE = 0.1
_FEW = 3


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a log was read, in seconds since 1970."""

    first: float
    last: float


def is_new(group: Group, spans: Mapping[int, Span]) -> bool:
    """Whether a group began only after its logs had gone on for a while without it."""
    began = [spans[log] for log in group.logs if log in spans and spans[log].first]
    if not began or not group.first:
        return False
    first, last = min(each.first for each in began), max(each.last for each in began)
    return group.first - first > max(_NEW, (last - first) * _NEW_SHARE)


def ordered(groups: Sequence[Group], spans: Mapping[int, Span]) -> list[Group]:
    """Order groups by what an engineer looks for first."""

    def urgency(group: Group) -> tuple[int, bool, int, float]:
        bad = group.level >= Level.WARN
        new = bad and is_new(group, spans)
        return -max(group.level, Level.INFO), not new, -group.count, -group.last

    return sorted(groups, key=urgency)


def shown(groups: Sequence[Group], most: int) -> list[Group]:
    """Choose so many of ordered groups; a few of the commonest are among them, as a background."""
    if len(groups) <= most:
        return list(groups)
    quiet = [group for group in groups if group.level < Level.WARN]
    kept = min(len(quiet), _FEW, most // 4)
    loud = [group for group in groups if group.level >= Level.WARN][: most - kept]
    return [*loud, *quiet[: most - len(loud)]]
