"""Groups of records, within bounds."""

from bailiwick_cluster.logs.groups import Group, Grouping, Trace, kept
from bailiwick_cluster.logs.levels import Level


def grouped(grouping: Grouping, line: bytes) -> Group:
    group = grouping.group(grouping.shape(hash(line), line), line)
    group.add(0, 1, 1.0, 1.0)
    return group


def test_lines_of_one_template_and_level_are_one_group() -> None:
    grouping = Grouping()
    first = grouped(grouping, b"INFO user ana bought five pears in shop north")
    second = grouped(grouping, b"INFO user bo bought six pears in shop south")
    third = grouped(grouping, b"WARN user bo bought six pears in shop south")
    assert first is second
    assert third is not first
    assert [group.count for group in grouping.groups] == [2, 1]


def test_what_nothing_was_counted_in_is_no_group() -> None:
    grouping = Grouping()
    line = b"INFO x"
    grouping.group(grouping.shape(1, line), line)
    assert grouping.groups == []


def test_where_nothing_is_like_anything_there_is_an_end() -> None:
    grouping = Grouping()
    for n in range(3_000):
        letters = "".join(chr(97 + (n * k) % 26) for k in range(3, 9))
        grouped(grouping, f"INFO {letters}{n:x}q {letters[::-1]}{n:x}z".encode())
    assert len(grouping.groups) <= 2_001
    assert sum(group.count for group in grouping.groups) == 3_000
    assert any(group.other for group in grouping.groups)


def test_a_group_counts_by_log_and_time() -> None:
    group = Group(Level.ERROR, True, "x")
    group.add(0, 2, 20.0, 30.0)
    group.add(1, 1, 10.0, 25.0)
    group.add(1, 1, 0.0, 0.0)
    assert (group.count, group.first, group.last, group.logs) == (4, 10.0, 30.0, {0: 2, 1: 2})


def test_causes_are_bounded() -> None:
    group = Group(Level.ERROR, True, "x")
    for n in range(1_000):
        group.caused(f"E{n % 200}")
    assert len(group.causes) == 50
    assert group.causes["E0"] == 5


def test_a_trace_inside_a_json_line_is_kept() -> None:
    line = b'{"level":"error","msg":"x","stack":"a: no\\n  at b\\n  at c"}'
    trace = grouped(Grouping(), line).trace
    assert trace is not None
    assert trace.lines == ["a: no", "  at b", "  at c"]


def test_secrets_are_out_before_a_text_is_cut() -> None:
    assert "4111 1111" not in kept("card 4111 1111 1111 1111", 15)
    trace = Trace()
    trace.add("password=hunter2-and-more")
    assert "hunter2" not in trace.lines[0]
