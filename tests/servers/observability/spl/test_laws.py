"""Laws of the guard, over searches that are put together from parts."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailiwick_observability.spl.guard import Rules, judge
from bailiwick_observability.spl.tokens import tokenize
from tests.servers.observability.spl.bad import BAD, MEASURED, TRICKS
from tests.servers.observability.spl.harmless import HARMLESS

PIECES = [
    *("index=web", "index", "=", "!=", "secret", "|", "[", "]", "(", ")", '"', "'", "`", "```"),
    *("\\", " ", "\n", "\t", ",", "::", "delete", "search", "map search=", "stats count", "NOT"),
    *("OR", "AND", "IN", "where", "tstats", "by", "eval x=", "$x$", "earliest=", "0", "-1d", "*"),
    *("append", "savedsearch", "from", "lookup", "return", "format", "\u00a0", "\x00", "\ud800"),
]
SOUPS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
REFUSED = st.sampled_from([*MEASURED.values(), *TRICKS.values()])
ALL = st.sampled_from([*BAD.values(), *(search for search, _ in HARMLESS.values())])
PASSING = st.sampled_from([search for search, _ in HARMLESS.values()])
BLANKS = st.sampled_from([" ", "\n", "\t", "  \r\n", "```x```", "``` | delete ```", " ```'\"``` "])
DATA = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="`")
)


@given(st.one_of(SOUPS, st.text()))
def test_never_raises_and_runs_only_what_it_allows(text: str) -> None:
    verdict = judge(text)
    assert verdict.allowed == (not verdict.reasons)
    assert bool(verdict.canonical) == verdict.allowed


@given(st.one_of(SOUPS, ALL), st.booleans())
def test_what_runs_is_judged_the_same(text: str, need_index: bool) -> None:
    rules = Rules(need_index=need_index)
    verdict = judge(text, rules)
    again = judge(verdict.canonical, rules)
    assert again == verdict if verdict.allowed else not again.allowed


@given(SOUPS)
def test_what_runs_has_nothing_left_to_expand(text: str) -> None:
    runs = judge(text, Rules(need_index=False)).canonical
    assert "`" not in runs
    assert not re.search(r"[^\S ]", re.sub(r'"[^"\\]*(?:\\.[^"\\]*)*"|\'[^\']*\'', "", runs))


@given(ALL, BLANKS, st.data())
def test_blanks_and_comments_change_no_refusal(
    search: str, blank: str, data: st.DataObject
) -> None:
    """Between tokens only: inside one they are another search."""
    try:
        places = [token.at for token in tokenize(search)]
    except ValueError:
        return
    place = data.draw(st.sampled_from(places))
    if not judge(search).allowed:
        changed = judge(search[:place] + blank + search[place:])
        # What was one value is two words then, and a new search: it may run only as it is read.
        assert not changed.allowed or _reads_other(search, place)


def _reads_other(search: str, place: int) -> bool:
    """Tell whether a blank at a place parts what belonged together: the value of index=a"b"."""
    return place > 0 and not search[place - 1].isspace() and search[place - 1] not in "|[]"


@given(ALL, st.sampled_from([str.upper, str.title, str.swapcase]))
def test_a_commands_case_changes_no_refusal(search: str, change: Callable[[str], str]) -> None:
    changed = re.sub(r"(?<=\|)(\s*)(\w+)", lambda m: m[1] + change(m[2]), search)
    assert not judge(changed).allowed or judge(search).allowed


@pytest.mark.parametrize("search", [*MEASURED.values(), *TRICKS.values()], ids=[*MEASURED, *TRICKS])
@pytest.mark.parametrize(
    "around",
    [
        "index=web | append [{}]",
        "index=web | join x [{}]",
        "index=web | appendcols [{}]",
        "index=web | where x=[{} | return x]",
        "index=web [{} | fields x]",
        "index=web | append [search index=b | append [{}]]",
        "| union [search index=a] [{}]",
        "| multisearch [search index=a] [{}]",
    ],
)
def test_what_is_refused_stays_refused_in_brackets(search: str, around: str) -> None:
    explicit = search if search.startswith(("|", "search ")) else f"search {search}"
    assert not judge(around.format(explicit)).allowed


@pytest.mark.parametrize("search", [*MEASURED.values(), *TRICKS.values()], ids=[*MEASURED, *TRICKS])
def test_what_is_refused_stays_refused_in_map(search: str) -> None:
    explicit = search if search.startswith(("|", "search ")) else f"search {search}"
    escaped = explicit.replace('"', '\\"')
    assert not judge(f'index=web | map search="{escaped}"').allowed


@given(st.sampled_from(sorted(BAD)))
def test_a_bad_command_stays_refused_in_appendpipe(name: str) -> None:
    _, pipe, commands = BAD[name].partition("|")
    if pipe and commands.strip()[:1] != "|" and not judge(f"index=web |{commands}").allowed:
        assert not judge(f"index=web | appendpipe [{commands}]").allowed


@given(DATA, st.sampled_from(["index=web x={}", "index=web {}", "index=web | eval x={}"]))
@settings(max_examples=300)
def test_quoted_text_is_data(text: str, search: str) -> None:
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    verdict = judge(search.format(quoted))
    assert [str(reason) for reason in verdict.reasons] == []
    assert verdict.indexes == {"web"}
    assert quoted in verdict.canonical


@given(PASSING, PASSING)
def test_a_compound_names_what_its_parts_name(one: str, other: str) -> None:
    first, second = judge(one), judge(other)
    verdict = judge(f"{first.canonical} | append [{second.canonical}]")
    # Each alone has quotes that can be read in one way only; together they may not.
    assert all("in two ways" in reason.sentence for reason in verdict.reasons)
    assert verdict.indexes >= first.indexes | second.indexes
    assert {*verdict.times} >= {*first.times, *second.times}
    assert verdict.lookups >= first.lookups | second.lookups


@given(ALL, ALL)
def test_a_pipe_hides_nothing(one: str, other: str) -> None:
    both = judge(f"{one} | append [search {other}]", Rules(need_index=False))
    if both.allowed and (part := judge(one, Rules(need_index=False))).allowed:
        assert both.indexes >= part.indexes
