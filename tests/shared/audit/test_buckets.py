from hypothesis import given
from hypothesis import strategies as st

from bailiwick.audit import Buckets

SECOND = 10**9


def test_a_thousand_knocks_are_one_record() -> None:
    buckets = Buckets()
    for n in range(1000):
        buckets.add("10.0.0.1", "no token", n * 1000)
    (entry,) = buckets.drain()
    assert entry.event == "door.refused"
    assert entry.data == {
        "source": {"ip": "10.0.0.1"},
        "reason": "no token",
        "count": 1000,
        "first": "1970-01-01T00:00:00.000000Z",
        "last": "1970-01-01T00:00:00.000999Z",
    }
    assert not list(buckets.drain())


def test_a_window_begins_with_its_first_knock_and_lasts_ten_seconds() -> None:
    buckets = Buckets()
    assert not buckets.due(99 * SECOND)
    buckets.add("a", "r", 100 * SECOND)
    assert not buckets.due(109 * SECOND)
    assert buckets.due(110 * SECOND)
    assert buckets.due(99 * SECOND)  # the clock went back: better early than never


@given(st.lists(st.tuples(st.integers(0, 3000), st.sampled_from("ab"))))
def test_nothing_is_lost_and_there_are_few_records(knocks: list[tuple[int, str]]) -> None:
    buckets = Buckets(largest=5)
    for address, reason in knocks:
        buckets.add(str(address), reason, 0)
    counts = [entry.data["count"] for entry in buckets.drain()]
    assert sum(int(str(count)) for count in counts) == len(knocks)
    assert len(counts) <= 6
