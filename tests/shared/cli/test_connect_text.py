"""JSON of others, edited in place: what is not ours stays to the byte."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.cli.connect_text import put, take
from bailiwick.errors import BadConfig

KEY, NAME = "mcpServers", "bailiwick-cluster"
ENTRY = {"command": "/opt/bailiwick/bin/bailiwick-cluster"}
WRITTEN = '"bailiwick-cluster": {\n      "command": "/opt/bailiwick/bin/bailiwick-cluster"\n    }'
COMMENTED = """\
// what I use
{
  "mcpServers": {
    // of the team
    "other": { "command": "x" }, // keep
    /* and this */ "more": {}, // the last
  },
  "theme": "dark", // mine
}
"""


def test_a_new_file() -> None:
    assert orjson.loads(put("", KEY, NAME, ENTRY)) == {KEY: {NAME: ENTRY}}


def test_an_object_of_others_gets_one_more_member() -> None:
    before = '{\n  "theme": "dark",\n  "mcpServers": {\n    "other": {}\n  }\n}\n'
    after = (
        f'{{\n  "theme": "dark",\n  "mcpServers": {{\n    "other": {{}},\n    {WRITTEN}\n  }}\n}}\n'
    )
    assert put(before, KEY, NAME, ENTRY) == after
    assert take(after, KEY, NAME) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "mcpServers": {\n    "a": 1\n  }\n}'),
        ('{"b": 2}', '{"b": 2, "mcpServers": {"a": 1}}'),
        ('{"mcpServers":{}}', '{"mcpServers":{\n    "a": 1\n  }}'),
        ('{"mcpServers":{"b":2}}', '{"mcpServers":{"b":2, "a": 1}}'),
        ('{\n\t"mcpServers": {}\n}', '{\n\t"mcpServers": {\n\t\t"a": 1\n\t}\n}'),
        ('{\r\n  "b": 2\r\n}', '{\r\n  "b": 2,\r\n  "mcpServers": {\r\n    "a": 1\r\n  }\r\n}'),
        (
            '{"b": "\\ud83d", "mcpServers": {}}',
            '{"b": "\\ud83d", "mcpServers": {\n    "a": 1\n  }}',
        ),
        ('\ufeff{"mcpServers":{"b":2}}', '\ufeff{"mcpServers":{"b":2, "a": 1}}'),
    ],
)
def test_it_is_written_as_the_file_is(before: str, after: str) -> None:
    assert put(before, KEY, "a", 1) == after


def test_comments_and_trailing_commas_stay() -> None:
    after = put(COMMENTED, KEY, NAME, ENTRY)
    assert "// the last\n    " + WRITTEN + ",\n  }," in after
    assert take(after, KEY, NAME) == COMMENTED


def test_what_stands_there_already_is_not_written_again() -> None:
    text = '{"mcpServers": {"bailiwick-cluster":   {"command"  : "x"} } }'
    assert put(text, KEY, NAME, {"command": "x"}) == text
    changed = put(text, KEY, NAME, {"command": "y"})
    assert changed == '{"mcpServers": {"bailiwick-cluster":   {\n      "command": "y"\n    } } }'


def test_one_in_the_middle_and_the_last_one_are_taken_out() -> None:
    text = '{"mcpServers": {"b": 1, "a": {"x": [1, {}]}, "c": 2}}'
    assert take(text, KEY, "a") == '{"mcpServers": {"b": 1, "c": 2}}'
    assert take(text, KEY, "c") == '{"mcpServers": {"b": 1, "a": {"x": [1, {}]}}}'
    assert take(text, KEY, "b") == '{"mcpServers": { "a": {"x": [1, {}]}, "c": 2}}'
    assert take('{"mcpServers": {"a": 1}}', KEY, "a") == '{"mcpServers": {}}'


@pytest.mark.parametrize("text", ["", "{}", '{"mcpServers": {}}', '{"mcpServers": 3}', "[]"])
def test_there_is_nothing_to_take(text: str) -> None:
    if text == "[]":
        with pytest.raises(BadConfig, match="no object"):
            take(text, KEY, NAME)
    else:
        assert take(text, KEY, NAME) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1', "line 1, column 8"),
        ('{\n  "a": tru\n}', "line 2, column 8"),
        ('{"a": 1}}', "line 1, column 9"),
        ('{"a" 1}', "line 1, column 6"),
        ('{"a": 01}', "line 1, column 8"),
        ('{"a": 1,, "b": 2}', "line 1, column 9"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": "\n"}', "line 1, column 7"),
        ("{/* }", "line 1, column 2"),
        ("[1]", "no object"),
        ('{"mcpServers": []}', "`mcpServers` is no object"),
        ('{"mcpServers": {}, "mcpServers": {}}', "`mcpServers` stands there twice"),
        ('{"mcpServers": {"a": 1, "\\u0061": 2}}', "`a` stands there twice"),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", "line 1"),
    ],
)
def test_what_is_broken_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(BadConfig, match=why) as caught:
        put(text, KEY, "a", 1)
    assert "nothing was changed" in str(caught.value)


plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
names = st.text(max_size=8).filter(lambda name: name != NAME)
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)


@given(
    others=st.dictionaries(names.filter(lambda n: n != KEY), values, max_size=3),
    servers=st.dictionaries(names, values, max_size=3),
    indent=st.sampled_from([None, 2, 4, "\t"]),
    ascii_only=st.booleans(),
)
def test_put_and_take_leave_no_trace(
    others: dict[str, Any], servers: dict[str, Any], indent: int | str | None, ascii_only: bool
) -> None:
    document = {**others, KEY: servers}
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    with_ours = put(text, KEY, NAME, ENTRY)
    decoded = json.JSONDecoder().decode(with_ours)
    assert decoded == {**others, KEY: {**servers, NAME: ENTRY}}
    assert put(with_ours, KEY, NAME, ENTRY) == with_ours
    assert take(with_ours, KEY, NAME) == text
