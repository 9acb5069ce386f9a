"""Text to words: what is kept of a text is found by what is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_retrieval.ranking.words import (
    STEM,
    STOP,
    phrases,
    plain,
    shingles,
    stem,
    telling,
    terms,
    whole,
    words,
    written,
)

TEXTS = st.text(st.characters(codec=None), max_size=200)
"""Any text: also halves of pairs, emoji, marks, and what is no letter."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Restart the pool.", ["restart", "the", "pool"]),
        ("maxPoolSize", ["max", "pool", "size"]),
        ("HTTPServer", ["http", "server"]),
        ("parseURLFast2", ["parse", "url", "fast2"]),
        ("snake_case_name", ["snake", "case", "name"]),
        ("spring.datasource.hikari", ["spring", "datasource", "hikari"]),
        ("--dry-run", ["dry", "run"]),
        ("ERR_5021", ["err", "5021"]),
        ("C++ and C#", ["c", "and", "c"]),
        ("don\u2019t", ["don", "t"]),
        ("na\u00efve \u00dcber", ["na\u00efve", "\u00fcber"]),
        ("\ufb01le", ["file"]),
        ("\uff26\uff55\uff4c\uff4c", ["full"]),
        ("Stra\u00dfe", ["strasse"]),
        ("\u3053\u3093\u306b", ["\u3053\u3093", "\u3093\u306b"]),
        ("\u5c71", ["\u5c71"]),
        (
            "pod\u304c\u518d\u8d77\u52d5",
            ["pod", "\u304c\u518d", "\u518d\u8d77", "\u8d77\u52d5"],
        ),
        ("\uc7ac\uc2dc\uc791 x", ["\uc7ac\uc2dc", "\uc2dc\uc791", "x"]),
        ("\U0001f525 fire \U0001f525", ["fire"]),
        ("\ud83d lone", ["lone"]),
        ("", []),
        ("... --- !!!", []),
    ],
)
def test_the_words_of_a_text(text: str, found: list[str]) -> None:
    assert plain(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("set maxPoolSize now", ["maxpoolsize"]),
        ("kube-system/web", ["kube-system/web"]),
        ("spring.datasource.url", ["spring.datasource.url"]),
        ("C++", ["c++"]),
        ("don\u2019t", ["don't"]),
        ("plain words here", []),
        ("UPPER lower", []),
        ("x" * 40 + "-" + "y" * 40, []),
        ("\u5c71-\u5ddd", []),
    ],
)
def test_identifiers_count_whole_as_well(text: str, found: list[str]) -> None:
    assert whole(text) == found
    assert list(words(text)) == [*plain(text), *found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("restarting", "restarts"),
        ("connections", "connection"),
        ("failed", "failing"),
        ("policies", "policy"),
    ],
)
def test_forms_of_a_word_share_their_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["\u00fcbers", "p99", "5021", "\u518d\u8d77"])
def test_what_is_not_english_letters_is_its_own_stem(word: str) -> None:
    assert stem(word) == word


def test_a_question_is_its_telling_words_and_their_stems() -> None:
    found = terms("How do I restart the pools?")
    assert found == {"restart": 0.5, "~restart": 0.5, "pools": 0.5, "~pool": 0.5}
    assert written(found) == ["restart", "pools"]
    assert written(["~x", "y"]) == ["y"]


def test_what_is_said_twice_counts_once() -> None:
    assert terms("pool pool POOL") == terms("pool")


def test_a_question_of_function_words_keeps_them() -> None:
    assert set(written(terms("to be or not to be"))) == {"to", "be", "or", "not"}
    assert telling("to be or not to be") == []
    assert terms("???") == {}


def test_a_pasted_page_is_cut_to_so_many_terms() -> None:
    found = terms(" ".join(f"word{n}" for n in range(3_000)))
    assert 0 < len(found) <= 64
    assert next(iter(found)) == "word0"


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ('why "connection refused" here', [("connection", "refused")]),
        ("\u201cconnection refused\u201d", [("connection", "refused")]),
        ("\u201econnection refused\u201d", []),
        ('"maxPoolSize is"', [("max", "pool", "size", "is")]),
        ('""', []),
        ('"..."', []),
        ('an "open quote', []),
        ('"a b" and "c d"', [("a", "b"), ("c", "d")]),
        (f'"{"x " * 150}"', []),
        (" ".join(f'"p{n}"' for n in range(20)), [(f"p{n}",) for n in range(8)]),
    ],
)
def test_phrases_are_what_stands_in_quotes(question: str, found: list[tuple[str, ...]]) -> None:
    assert phrases(question) == found


def test_ten_thousand_characters_of_anything_become_few_terms() -> None:
    for text in ("ab" * 5_000, "a_" * 5_000, '"' * 10_000, "aB" * 5_000, "\u5c71" * 10_000):
        assert len(terms(text)) <= 65
        assert all(len(word) <= 61 for word in terms(text))
        assert len(phrases(text)) <= 8


def test_shingles_tell_how_much_two_texts_share() -> None:
    one = shingles("restart the pool and wait for it to drain")
    assert one == shingles("Restart the pool, and wait for it to drain!")
    assert not one & shingles("look at the disk of the node first")
    assert shingles("pool") == {("pool",)}
    assert len(shingles("a b c d e")) == 2


@given(TEXTS)
def test_any_text_becomes_clean_words(text: str) -> None:
    for word in words(text):
        assert word
        assert word == word.casefold()
        assert not word.startswith(STEM)
        assert not set(word) & set(" \t\n\"'`~") - {"'"}


@given(TEXTS)
def test_what_is_kept_of_a_text_is_asked_by_the_same_text(text: str) -> None:
    asked = terms(text)
    if len(asked) < 60:
        kept = set(words(text)) - STOP or set(words(text))
        assert {term for term in asked if not term.startswith(STEM)} == kept
    assert set(asked.values()) <= {0.5}


@given(TEXTS)
def test_case_and_compatibility_forms_do_not_matter_to_plain_words(text: str) -> None:
    lowered = [word for word in plain(text) if word.isascii()]
    assert [word for word in plain(" ".join(lowered)) if word.isascii()] == lowered
