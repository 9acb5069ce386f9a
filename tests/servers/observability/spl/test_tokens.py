"""Tokens keep their place; quotes are read in one way or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.spl.readings import disagree
from bailiwick_observability.spl.tokens import Malformed, render, tokenize


def kinds(text: str) -> str:
    return " ".join(f"{token.kind.value}:{token.text}" for token in tokenize(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("index=a|stats", "word:index operator:= word:a pipe:| word:stats"),
        (r'x="a \"b\" | c"', r'word:x operator:= string:"a \"b\" | c"'),
        ("a!=b c<=1 !d", "word:a operator:!= word:b word:c operator:<= word:1 word:!d"),
        ("don't 'my field' 'a|b'", "word:don't field:'my field' word:'a pipe:| word:b'"),
        ("`m(a, b)` ```x```y", "macro:`m(a, b)` word:y"),
        ("[a](b,c)", "open:[ word:a close:] left:( word:b comma:, word:c right:)"),
        (r"C:\\dir\x a::b", r"word:C:\\dir\x word:a::b"),
        ("-1d@d 10/27/2025:00:00:00", "word:-1d@d word:10/27/2025:00:00:00"),
    ],
)
def test_kinds(text: str, expected: str) -> None:
    assert kinds(text) == expected


def test_places_and_gaps() -> None:
    tokens = tokenize(" a```c```b=c")
    assert [(token.at, token.gap) for token in tokens] == [
        (1, True),
        (9, True),
        (10, False),
        (11, False),
    ]
    assert render(tokens) == " a b=c"


def test_values_have_no_quotes() -> None:
    string, field, word = tokenize(r'"a\"\\n\d" '.strip() + " 'b c' D")
    assert (string.value, field.value, word.lower) == ('a"\\n\\d', "b c", "d")


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        ('a "b', "double quote is never closed", 2),
        ("a `b", "backtick is never closed", 2),
        ("a ```b", "comment is never closed", 2),
        (r"a \"b\"", "backslash", 2),
        (r"a\\| b", "backslash", 3),
        ("a \x00", "control character", 2),
        ("a\ud800", "control character", 1),
        ("a \u00a0b", "U+00A0", 2),
        ("a \u200bb", "invisible", 2),
        ('a"b|c"', "follows a word", 1),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(text: str, said: str, at: int) -> None:
    with pytest.raises(Malformed) as caught:
        tokenize(text)
    assert said in caught.value.sentence
    assert caught.value.at == at


@given(st.text(st.sampled_from("ab \t\n|[]()=!<>,'\"\\`:.-")))
def test_tokens_are_the_text(text: str) -> None:
    try:
        tokens = tokenize(text)
    except Malformed:
        return
    assert all(text[token.at :].startswith(token.text) for token in tokens)
    ends = [token.at + len(token.text) for token in tokens]
    assert all(end <= after.at for end, after in zip(ends, tokens[1:], strict=False))
    assert kinds(render(tokens)) == kinds(text) or "'" in text


@pytest.mark.parametrize(
    ("text", "two_ways"),
    [
        ('a "b | c" d', False),
        ("a don't | b", False),
        ("a 'b c' | d", False),
        (r'a "b \"|\" c"', False),
        (r'a "C:\\" | b', False),
        ("""a '"' | b '"'""", True),
        ("""a d'e "f|g" h'i""", False),
        ("""a d'e " h'i | j'k " l'm""", True),
        (r'a "b\\" "| c \" "', True),
    ],
)
def test_readings(text: str, two_ways: bool) -> None:
    assert disagree(text) is two_ways
