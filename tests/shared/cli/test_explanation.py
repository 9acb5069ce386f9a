"""The words of a policy, cut out of its text."""

import pytest

from bailiwick.cli.explanation import source

TEXT = """
@id("a;b") // first; really
permit (principal, action, resource)
when { context.x == "not; \\" the end;" }; @id("c") forbid (principal, action, resource);
"""


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [("a;b", '@id("a;b")', 'the end;" };'), ("c", '@id("c") forbid', "resource);")],
)
def test_a_policy_ends_at_its_own_semicolon(name: str, start: str, end: str) -> None:
    found = source(TEXT, name)
    assert found.startswith(start)
    assert found.endswith(end)


def test_what_has_no_id_has_no_words() -> None:
    assert source(TEXT, "policy0") == ""


def test_a_long_policy_is_cut_and_counted() -> None:
    text = '@id("long")\n' + "\n" * 20 + "permit (principal, action, resource);"
    assert source(text, "long").endswith("… 8 more lines")
