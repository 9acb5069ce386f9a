import pytest

from bailiwick.shaping.marks import TOO_DEEP, Counts, add, count, is_mark, mark


@pytest.mark.parametrize("text", [mark("password"), mark("Secret data", 5)])
def test_a_mark_is_known_again(text: str) -> None:
    assert is_mark(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        TOO_DEEP,
        "[redacted: 4111111111111111]",
        "[redacted: a1]",
        mark("a") + "x",
        "[redacted: ]",
    ],
)
def test_a_mark_carries_nothing_foreign(text: str) -> None:
    assert not is_mark(text)


def test_tallies_add_up() -> None:
    counts: Counts = {"token": 1}
    count(counts, "token", 2)
    add(counts, {"token": 1, "key": 1})
    assert counts == {"token": 4, "key": 1}
