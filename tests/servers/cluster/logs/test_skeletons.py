"""Lines known by the words that never vary."""

from hypothesis import given
from hypothesis import strategies as st

from bailiwick.shaping.templates import Template
from bailiwick_cluster.logs.skeletons import Skeletons, split


def learnt(*lines: str) -> tuple[Skeletons, Template]:
    template = Template([])
    known = Skeletons()
    for line in lines:
        known.learn(split(line), template)
    return known, template


def test_what_varied_may_vary_again_and_nothing_else() -> None:
    known, template = learnt("INFO user ana bought 3 pears", "INFO user bo bought 4 pears")
    assert known.find(split("INFO user eve bought 5 pears")) is template
    assert known.find(split("INFO user eve sold 5 pears")) is None
    assert known.find(split("INFO user eve bought 5 pears today")) is None


def test_a_line_is_not_known_by_too_little() -> None:
    known, _ = learnt("a b c d e f g h", "a b c 1x 2x 3x 4x 5x")
    assert known.find(split("a b c x y z v w")) is None
    few, _ = learnt("bought pears", "bought figs")
    assert few.find(split("bought nuts")) is None


def test_the_same_line_is_known_however_short() -> None:
    known, template = learnt("paid")
    assert known.find(split("paid")) is template
    assert known.find(split("lost")) is None


def test_so_many_of_one_length_and_no_more() -> None:
    known = Skeletons()
    for word in "abcdefghijkl":
        known.learn([word.encode()], Template([]))
    assert known.find([b"h"]) is not None
    assert known.find([b"i"]) is None


@given(st.text())
def test_any_text_can_be_split(text: str) -> None:
    known, template = learnt(text)
    assert known.find(split(text)) is template
