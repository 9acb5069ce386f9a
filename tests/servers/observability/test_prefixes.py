"""A long list of names as a short tree."""

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.prefixes import tree

WORDS = st.sampled_from(["node", "cpu", "seconds", "total", "kube", "pod", "info", "go", "a"])
NAMES = st.lists(WORDS, min_size=1, max_size=5).map("_".join)


@given(st.lists(NAMES, max_size=120, unique=True), st.integers(1, 30))
def test_every_name_is_counted_once_in_few_rows(names: list[str], rows: int) -> None:
    told = tree(names, rows)
    assert sum(count for _, count, _ in told) == len(names)
    assert len(told) <= rows + 1
    for prefix, count, like in told:
        if prefix.endswith("*"):
            assert sum(name.startswith(prefix[:-1]) for name in names) >= count
            assert prefix[:-1] + like in names
        elif count == 1 and not prefix.startswith("("):
            assert prefix in names


def test_the_largest_are_split_and_stand_first() -> None:
    names = [f"node_cpu_{n}" for n in range(40)] + [f"node_disk_{n}" for n in range(20)] + ["up"]
    assert tree(names, 10) == [
        ("node_cpu_*", 40, "0"),
        ("node_disk_*", 20, "0"),
        ("up", 1, ""),
    ]


def test_what_all_names_begin_with_does_not_hide_the_rest() -> None:
    names = [f"app_shop_{word}_{n}" for word in ("cart", "order") for n in range(20)]
    assert [prefix for prefix, _, _ in tree(names, 10)] == ["app_shop_cart_*", "app_shop_order_*"]


def test_more_beginnings_than_rows() -> None:
    told = tree([f"{letter}_x" for letter in "abcdefgh"], 3)
    assert told[-1] == ("(5 more)", 5, "d_")


def test_no_names_and_one_name() -> None:
    assert tree([], 5) == []
    assert tree(["up"], 5) == [("up", 1, "")]


def test_names_that_are_alike_or_end_with_a_mark() -> None:
    assert tree(["a_", "a_", "a_b"], 5) == [("a_*", 3, "")]
    assert sum(count for _, count, _ in tree(["", "_", "::", "x."], 9)) == 4
