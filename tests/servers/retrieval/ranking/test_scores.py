"""Scores: BM25 against numbers worked out by hand, and what fusion must not depend on."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_retrieval.ranking.scores import (
    PULL,
    WORDS,
    Scored,
    drawn,
    fused,
    normalised,
    rarity,
    saturated,
)

SCORES = st.floats(-100, 100, allow_nan=False, width=32)
IDS = st.sampled_from([f"p{n}" for n in range(12)])
RANKINGS = st.dictionaries(IDS, SCORES, max_size=10).map(
    lambda found: [
        (key, f"s{int(key[1:]) // 2}", score)
        for key, score in sorted(found.items(), key=lambda item: -item[1])
    ]
)
"""Twelve passages, two of each section."""


def test_rarity_is_lucenes() -> None:
    # ln(1 + (10 - 3 + 0.5) / (3 + 0.5)) = ln(3.142857)
    assert rarity(3, 10) == pytest.approx(1.145132, abs=1e-6)
    assert rarity(10, 10) == pytest.approx(0.046520, abs=1e-6)


@given(st.integers(1, 10_000), st.integers(0, 10_000))
def test_a_rarer_word_is_worth_more_and_none_is_worth_nothing(passages: int, more: int) -> None:
    frequency = min(more, passages)
    assert rarity(frequency, passages) > 0
    if frequency:
        assert rarity(frequency - 1, passages) > rarity(frequency, passages)


def test_saturation_by_hand() -> None:
    count, length = np.array([1, 2, 2], np.float32), np.array([10, 10, 20], np.float32)
    # mean 10: slow = 1.2 * (0.25 + 0.75 * length / 10) = 1.2, 1.2, 2.1
    # 1 * 2.2 / 2.2; 2 * 2.2 / 3.2; 2 * 2.2 / 4.1
    assert saturated(count, length, 10.0).tolist() == pytest.approx([1.0, 1.375, 1.0731707])


def test_nothing_is_divided_by_nothing() -> None:
    none = np.zeros(0, np.float32)
    assert saturated(none, none, 0.0).tolist() == []
    one = np.ones(1, np.float32)
    assert np.isfinite(saturated(one, np.zeros(1, np.float32), 0.0)).all()


@given(st.integers(1, 50), st.integers(1, 500))
def test_more_of_a_word_says_more_and_never_more_than_so_much(count: int, length: int) -> None:
    counts = np.array([count, count + 1], np.float32)
    found = saturated(counts, np.full(2, length, np.float32), 40.0)
    assert found[0] < found[1] < 2.2


def test_scores_are_stretched() -> None:
    assert normalised([]) == []
    assert normalised([5.0]) == [1.0]
    assert normalised([3.0, 3.0]) == [1.0, 1.0]
    assert normalised([6.0, 4.0, 2.0]) == [1.0, 0.5, 0.0]


def test_fusion_by_hand() -> None:
    by_words: list[Scored] = [("a", "s1", 8.0), ("b", "s2", 6.0), ("c", "s3", 4.0)]
    by_meaning: list[Scored] = [("b", "s2", 0.9), ("c", "s3", 0.8), ("d", "s4", 0.5)]
    # words 1, .5, 0; meaning 1, .75, 0; each counts a half
    assert fused(by_words, by_meaning) == pytest.approx({"b": 0.75, "a": 0.5, "c": 0.375, "d": 0.0})
    assert list(fused(by_words, by_meaning)) == ["b", "a", "c", "d"]


def test_of_a_section_the_best_by_words_and_the_best_by_meaning_count() -> None:
    by_words: list[Scored] = [("a", "s1", 8.0), ("c", "s2", 4.0)]
    by_meaning: list[Scored] = [("b", "s1", 0.9), ("c", "s2", 0.5)]
    found = fused(by_words, by_meaning)
    assert found == {"a": 1.0, "c": 0.0}  # one passage stands for its section, the first of two


def test_with_one_ranking_alone_it_counts_whole() -> None:
    one: list[Scored] = [("a", "s1", 8.0), ("b", "s2", 4.0)]
    assert fused(one, []) == fused([], one) == {"a": 1.0, "b": 0.0}
    assert fused([], []) == {}


def test_ties_go_by_id() -> None:
    tied: list[Scored] = [("b", "s2", 1.0), ("a", "s1", 1.0), ("c", "s3", 1.0)]
    assert list(fused(tied, [])) == ["a", "b", "c"]


@given(RANKINGS, RANKINGS, st.randoms(use_true_random=False))
def test_the_order_in_which_equals_come_does_not_matter(
    one: list[Scored], other: list[Scored], chance: "np.random.Generator"
) -> None:
    first = list(fused(one, other).items())
    mixed = [list(one), list(other)]
    for ranking in mixed:
        chance.shuffle(ranking)  # pyright: ignore[reportArgumentType]
    again = list(fused(*mixed).items())
    assert [key for key, _ in first] == [key for key, _ in again]
    assert [score for _, score in first] == pytest.approx([score for _, score in again])


@given(RANKINGS, RANKINGS)
def test_one_passage_a_section_best_first_and_within_bounds(
    one: list[Scored], other: list[Scored]
) -> None:
    found = fused(one, other)
    sections = {key: section for key, section, _ in [*one, *other]}
    assert {sections[key] for key in found} == set(sections.values())
    assert len({sections[key] for key in found}) == len(found)
    scores = list(found.values())
    assert scores == sorted(scores, reverse=True)
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in scores)


@given(RANKINGS, RANKINGS, IDS)
def test_who_leads_by_words_and_by_meaning_leads(
    one: list[Scored], other: list[Scored], key: str
) -> None:
    best: Scored = (key, f"s{int(key[1:]) // 2}", 101.0)
    rest = [[each for each in ranking if each[0] != key] for ranking in (one, other)]
    found = fused([best, *rest[0]], [best, *rest[1]])
    assert found[key] == pytest.approx(1.0)
    assert next(iter(found)) == key


@given(RANKINGS, RANKINGS, st.integers(0, 9))
def test_a_better_score_never_costs_a_section_its_place(
    one: list[Scored], other: list[Scored], which: int
) -> None:
    # Among the middle ones: the best and the last set the scale.
    if len(one) < 3:
        return
    at = 1 + which % (len(one) - 2)
    key, section, score = one[at]
    better = [*one]
    better[at] = (key, section, (score + one[at - 1][2]) / 2)

    def place(found: dict[str, float]) -> float:
        sections = {each: spot for each, spot, _ in [*one, *other]}
        return next(score for each, score in found.items() if sections[each] == section)

    assert place(fused(better, other)) >= place(fused(one, other)) - 1e-9


def test_feedback_draws_the_question_to_what_was_found() -> None:
    moved = drawn([1.0, 0.0], [[0.0, 1.0], [0.0, 1.0]])
    length = math.hypot(1.0, PULL)
    assert moved == pytest.approx([1 / length, PULL / length])
    assert drawn([0.6, 0.8], []) == pytest.approx([0.6, 0.8])
    assert drawn([0.0, 0.0], [[0.0, 0.0]]) == [0.0, 0.0]


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3).filter(any),
    st.lists(st.lists(st.floats(-1, 1, width=32), min_size=3, max_size=3), min_size=1, max_size=4),
)
def test_feedback_keeps_the_length_and_ignores_the_order(
    question: list[float], best: list[list[float]]
) -> None:
    moved = drawn(question, best)
    length = float(np.linalg.norm(moved))
    assert length == pytest.approx(1, abs=1e-3) or length < 1
    assert drawn(question, best[::-1]) == pytest.approx(moved, abs=1e-5)


def test_half_the_score_is_words() -> None:
    assert WORDS == 0.5
