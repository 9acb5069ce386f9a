"""What is dangerous is refused, what only sounds dangerous passes."""

import pytest

from bailiwick_observability.spl.commands import ALLOWED, REFUSED
from bailiwick_observability.spl.guard import Rules, judge
from tests.servers.observability.spl.bad import BAD, MEASURED, TRICKS
from tests.servers.observability.spl.harmless import HARMLESS


@pytest.mark.parametrize("search", BAD.values(), ids=BAD)
def test_the_bad_is_refused(search: str) -> None:
    verdict = judge(search)
    assert not verdict.allowed
    assert verdict.reasons
    assert verdict.canonical == ""


@pytest.mark.parametrize("search", [*MEASURED.values(), *TRICKS.values()], ids=[*MEASURED, *TRICKS])
def test_the_bad_is_refused_whatever_index_and_time_it_may_read(search: str) -> None:
    wide = judge(search, Rules(need_index=False))
    expected = {MEASURED["all indexes"], TRICKS["map unbounded"]}
    assert wide.allowed == (search in expected)


@pytest.mark.parametrize(("search", "indexes"), HARMLESS.values(), ids=HARMLESS)
def test_the_harmless_passes(search: str, indexes: set[str]) -> None:
    verdict = judge(search)
    assert [str(reason) for reason in verdict.reasons] == []
    assert verdict.allowed
    assert verdict.indexes == indexes
    assert not verdict.unbounded_index
    again = judge(verdict.canonical)
    assert again == verdict


def test_every_command_is_in_one_list() -> None:
    assert not ALLOWED & REFUSED.keys()
    assert all(name == name.lower() for name in [*ALLOWED, *REFUSED])


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_reason_says_what_to_do_instead(name: str) -> None:
    if name in ("savedsearch", "savedsplunk"):
        return
    (reason,) = judge(f"index=web | {name} x").reasons
    assert (reason.at, reason.command) == (12, name)
    assert ": " in reason.sentence
    assert str(reason).startswith(f"at character 13, in {name}: ")
