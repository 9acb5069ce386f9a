"""Who may read: what rules say, what they say when they are broken, and what a caller holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.policy.question import Principal
from bailiwick_retrieval import readers, rules
from bailiwick_retrieval.readers import NOBODY, Unclear, both, decided, names
from bailiwick_retrieval.rules import CLOSED, Ruled, rule

NAMES = st.sampled_from(["sre", "lead", "board", "*", "user:corp/ana", "user:corp/bo"])
SETS = st.frozensets(NAMES)


def principal(*groups: str) -> Principal:
    return Principal("corp", "ana", "agent", frozenset(groups))


def readable(held: frozenset[str], allowed: frozenset[str]) -> bool:
    return bool(held & allowed)


def test_a_caller_holds_groups_name_and_everybody() -> None:
    assert readers.tokens(principal("sre")) == {"sre", "user:corp/ana", "*"}


def test_a_group_that_is_called_like_a_user_or_everybody_counts_for_nothing() -> None:
    held = readers.tokens(principal("user:corp/bo", "*", "", "user:", "users"))
    assert held == {"users", "user:corp/ana", "*"}


@given(st.frozensets(st.text(max_size=20)))
def test_no_group_makes_another_user(groups: frozenset[str]) -> None:
    held = readers.tokens(principal(*groups))
    assert {each for each in held if each.startswith("user:")} == {"user:corp/ana"}


@pytest.mark.parametrize(
    ("own", "ruled", "may_own", "expected"),
    [
        (None, None, True, {"all"}),
        (None, {"rule"}, True, {"rule"}),
        (None, set[str](), True, set[str]()),
        (("own",), {"rule"}, True, {"own"}),
        ((), {"rule"}, True, set[str]()),
        (("own",), {"rule"}, False, {"rule"}),
        (("own",), None, False, {"all"}),
        (("user:ana",), {"rule"}, True, set[str]()),
        (("",), None, True, set[str]()),
    ],
)
def test_what_says_more_about_one_document_goes_first(
    own: tuple[str, ...] | None, ruled: set[str] | None, may_own: bool, expected: set[str]
) -> None:
    listed = None if ruled is None else frozenset(ruled)
    assert decided(own, listed, ("all",), may_own=may_own) == expected


BROKEN = [
    *(
        b"",
        b"null",
        b"[]",
        b"readers: sre",
        b"readers: {sre: 1}",
        b"readers: [on]",
        b"readers: [7]",
    ),
    *(
        b"readers: [2026-02-31]",
        b"readers: [*]",
        b"readers: ['']",
        b"readers: [' sre']",
        b"\xff\xfe",
    ),
    *(b"readres: [sre]", b"readers: [sre]\nreaders: ['*']", b"readers: [sre", b"\treaders: [sre]"),
    *(
        b"files: {}",
        b"files: [a]",
        b"files: {'a/[': [sre]}",
        b"files: {a: sre}",
        b"files: {1: [a]}",
    ),
    *(
        b"readers: ['user:ana']",
        b"readers: ['user:/ana']",
        b"readers: ['user:corp/']",
        b"[" * 60_000,
    ),
    *(b"readers: [a]\nfiles: {../x: [b]}", b"!!python/object/apply:os.system [id]", b"readers:"),
    *(b"readers: [ok]\n---\nreaders: ['*']", b"readers: ['" + b"x" * 300 + b"']", b"&a [*a]"),
    *(b'readers: ["a\\nb"]', b"x" * 70_000, b"readers: [~]"),
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_rule_that_cannot_be_read_lets_nobody_read(data: bytes) -> None:
    with pytest.raises(Unclear):
        rule(data)
    assert rules.readable(data)[0] is CLOSED
    assert rules.readable(data)[1]


@pytest.mark.parametrize("data", [b"", b"readers: sre", b"files: {a: [b]}", b"readers: [a]\nx: 1"])
def test_a_sidecar_names_readers_and_nothing_else(data: bytes) -> None:
    with pytest.raises(Unclear):
        rules.sidecar(data)
    assert rules.sidecar(b"\xef\xbb\xbfreaders: [sre, 'user:corp/ana']") == {
        "sre",
        "user:corp/ana",
    }


def test_an_empty_list_is_nobody() -> None:
    assert rule(b"readers: []").of("x") == NOBODY
    assert rules.sidecar(b"readers: []") == NOBODY


def test_a_rule_may_speak_of_some_files_only() -> None:
    above = Ruled("", rule(b"readers: [sre]"))
    below = Ruled("docs", rule(b"files: {'secret-*': [board], 'x/**': []}"), above)
    assert below.of("docs/secret-plan.md") == {"board"}
    assert below.of("docs/x/y/z.md") == NOBODY
    assert below.of("docs/plan.md") == {"sre"}
    assert Ruled("docs", below.rule).of("docs/plan.md") is None


def test_where_several_globs_match_all_must_allow() -> None:
    found = rule(b"readers: [sre]\nfiles: {'*.md': [sre, lead], 'secret*': [board, lead]}")
    assert found.of("secret.md") == {"lead"}
    assert found.of("secret.txt") == {"board", "lead"}
    assert found.of("plain.txt") == {"sre"}


def test_the_nearest_rule_decides_also_a_broken_one() -> None:
    top = Ruled("", rule(b"readers: ['*']"))
    broken = Ruled("a", rules.readable(b"readers: ?")[0], top)
    mended = Ruled("a/b", rule(b"readers: [sre]"), broken)
    assert broken.of("a/x.md") == NOBODY
    assert mended.of("a/b/x.md") == {"sre"}


@given(SETS, SETS, st.frozensets(NAMES.filter(lambda each: each != "*")))
def test_both_never_allows_whom_one_does_not(
    one: frozenset[str], other: frozenset[str], groups: frozenset[str]
) -> None:
    held = readers.tokens(principal(*groups))
    if readable(held, both(one, other)):
        assert readable(held, one)
        assert readable(held, other)
    assert both(one, other) == both(other, one)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_rule_or_unclear(data: bytes) -> None:
    found, why = rules.readable(data)
    assert (found is CLOSED) == bool(why)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), max_size=5))
def test_names_are_taken_as_they_are_or_not_at_all(said: list[str]) -> None:
    try:
        assert names(said) == frozenset(said)
    except Unclear:
        assert said
