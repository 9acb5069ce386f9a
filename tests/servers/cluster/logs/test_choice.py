"""What is told first."""

from bailiwick_cluster.logs.choice import Span, is_new, ordered, shown
from bailiwick_cluster.logs.groups import Group
from bailiwick_cluster.logs.levels import Level

SPANS = {0: Span(1_000, 2_000), 1: Span(1_500, 2_000)}


def group(level: Level, count: int, first: float = 1_000, log: int = 0) -> Group:
    made = Group(level, True, f"{level.word} {count}")
    made.add(log, count, first, 2_000)
    return made


def test_new_is_what_began_after_its_logs_had_gone_on() -> None:
    assert is_new(group(Level.ERROR, 1, 1_500), SPANS)
    assert not is_new(group(Level.ERROR, 1, 1_050), SPANS)
    assert not is_new(group(Level.ERROR, 1, 1_510, log=1), SPANS)  # that log began then
    assert not is_new(group(Level.ERROR, 1, 0), SPANS)
    assert not is_new(group(Level.ERROR, 1, 1_500, log=9), SPANS)


def test_new_errors_then_errors_then_warnings_then_the_commonest() -> None:
    groups = [
        group(Level.DEBUG, 900),
        group(Level.INFO, 500),
        group(Level.WARN, 50),
        group(Level.ERROR, 40),
        group(Level.ERROR, 70),
        group(Level.ERROR, 2, 1_800),
    ]
    assert [each.count for each in ordered(groups, SPANS)] == [2, 70, 40, 50, 900, 500]


def test_a_few_of_the_commonest_are_shown_beside_many_errors() -> None:
    errors = [group(Level.ERROR, 99 - n) for n in range(30)]
    quiet = [group(Level.INFO, 500 - n) for n in range(9)]
    picked = shown(ordered([*errors, *quiet], SPANS), 12)
    assert len(picked) == 12
    assert [each.count for each in picked if each.level is Level.INFO] == [500, 499, 498]
    assert shown(quiet, 20) == quiet
    assert len(shown(quiet, 5)) == 5
