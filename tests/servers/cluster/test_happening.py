from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.happening import Event, events, grouped, slim

AT = "2026-11-24T10:00:00Z"


def raw(name: str, message: str, **more: Any) -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "shop", "name": name}
    told = {"type": "Warning", "reason": "Failed", "count": 2, "lastTimestamp": AT}
    return {"involvedObject": about, "message": message, **told, **more}


def read(*found: dict[str, Any]) -> list[Event]:
    return events(kept for each in found if (kept := slim(each)) is not None)


def test_a_hundred_pods_that_say_the_same_are_one_group() -> None:
    found = read(*(raw(f"web-{n}", f'secret "db" not found for web-{n}') for n in range(100)))
    groups = grouped(found)
    assert [(group.count, len(group.objects)) for group in groups] == [(200, 100)]
    assert groups[0].message.startswith('secret "db" not found for web-')


def test_warnings_come_first_then_the_newest_then_the_commonest() -> None:
    old = {"lastTimestamp": "2026-11-24T08:00:00Z"}
    found = read(
        raw("a", "pulled", type="Normal", reason="Pulled", count=900),
        raw("b", "probe failed", reason="Unhealthy", **old),
        raw("c", "no room", reason="FailedScheduling", count=1),
        raw("d", "crashed", reason="BackOff", count=5),
    )
    assert [g.reason for g in grouped(found)] == [
        "BackOff",
        "FailedScheduling",
        "Unhealthy",
        "Pulled",
    ]


def test_events_of_both_apis_are_read_alike() -> None:
    series = {"count": 7, "lastObservedTime": "2026-11-24T10:05:00Z"}
    about = {"kind": "Pod", "namespace": "shop", "name": "web"}
    new = {"regarding": about, "note": "hello", "eventTime": AT, "series": series, "type": "Normal"}
    (one,) = read(new)
    assert (one.message, one.count, one.last - one.first) == ("hello", 7, 300)


def test_what_is_missing_or_no_time_counts_as_nothing() -> None:
    (one,) = read({"involvedObject": None, "count": "many", "lastTimestamp": "soon", "message": 3})
    assert one == Event("", "", "", "", "", "", 1, 0.0, 0.0)


def test_a_long_message_is_cut_before_it_is_kept() -> None:
    (one,) = read(raw("a", "x" * 1_000_000))
    assert len(one.message) == 1_000


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=30), st.integers(1, 50))))
def test_no_event_is_lost_by_grouping(said: list[tuple[str, str, int]]) -> None:
    found = read(*(raw(name, text, count=count) for name, text, count in said))
    assert sum(group.count for group in grouped(found)) == sum(count for _, _, count in said)
