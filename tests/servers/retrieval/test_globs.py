"""Globs: against a matcher that is slow and plain, and against what people write."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_retrieval.globs import Selection, expression, matcher

PIECES = st.sampled_from(["a", "b", ".a", "*", "?", "a*", "*b", "[ab]", "[!a]", "**", "ä"])
GLOBS = st.lists(PIECES, min_size=1, max_size=5).map("/".join)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", ".a", "ä", "aab"]), min_size=1, max_size=5)


def plain(glob: list[str], path: list[str]) -> bool:
    """Match name by name."""
    if not glob:
        return not path
    if glob[0] == "**":
        if len(glob) == 1:
            return bool(path)
        return any(plain(glob[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and one(glob[0], path[0]) and plain(glob[1:], path[1:])


def one(glob: str, name: str) -> bool:
    written = re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
    written = written.replace(r"\[", "[").replace(r"\]", "]").replace("[!", "[^")
    return re.fullmatch(written, name) is not None


def squeezed(glob: str) -> list[str]:
    names = glob.split("/")
    return [each for at, each in enumerate(names) if each != "**" or names[at - 1 : at] != ["**"]]


@given(GLOBS, PATHS)
def test_as_the_plain_matcher(glob: str, path: list[str]) -> None:
    assert matcher(glob)("/".join(path)) == plain(squeezed(glob), path)


@given(st.lists(GLOBS, max_size=3), st.lists(GLOBS, max_size=3), PATHS)
def test_no_document_that_is_taken_lies_in_a_folder_that_is_passed_by(
    include: list[str], exclude: list[str], path: list[str]
) -> None:
    selection = Selection.of(include, exclude)
    if selection.takes("/".join(path)):
        assert all(selection.enters("/".join(path[:at])) for at in range(1, len(path)))


@given(st.text(max_size=30))
def test_any_text_is_a_glob_or_a_value_error(glob: str) -> None:
    try:
        matcher(glob)
    except ValueError:
        return


@given(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12))
def test_a_quoted_name_is_itself(name: str) -> None:
    import unicodedata  # noqa: PLC0415 - for this one

    name = unicodedata.normalize("NFC", name)
    if name in (".", "..", "**") or "/" in name:
        return
    quoted = "".join(f"\\{each}" if each in "*?[\\" else each for each in name)
    assert matcher(quoted)(name)
    assert not matcher(quoted)(f"{name}x")


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("**", "a", True),
        ("**", "a/b/c", True),
        ("docs/**/*.md", "docs/a.md", True),
        ("docs/**/*.md", "docs/a/b/c.md", True),
        ("docs/**/*.md", "docs/a.md/b", False),
        ("docs/", "docs/a/b", True),
        ("docs/", "docs", False),
        ("/docs/*", "docs/a", True),
        ("*.md", "a/b.md", False),
        ("*", ".hidden", True),
        ("a**b", "axxb", True),
        ("a**b", "ax/b", False),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[!a]b", "/b", False),
        ("a[!x]b", "a/b", False),
        ("a[+-0]b", "a/b", False),
        ("a[+-0]b", "a.b", True),
        ("[]]", "]", True),
        ("[a-]", "-", True),
        ("a.b", "axb", False),
        ("a(b|c)+$", "a(b|c)+$", True),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("a\nb", "a\nb", True),
        ("caf\u0065\u0301", "caf\u00e9", True),
    ],
)
def test_what_people_write(glob: str, path: str, expected: bool) -> None:
    assert matcher(glob)(path) == expected


@pytest.mark.parametrize("glob", ["", "a//b", "../a", "a/./b", "a[", "[z-a]", "a\\", "x" * 600])
def test_what_is_no_glob(glob: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        expression(glob)


def test_a_glob_made_to_backtrack_ends() -> None:
    glob = "/".join(["**"] + ["*a*a*a*a*b", "**"] * 15)
    assert not matcher(glob)("a" * 500 + "/" + "/".join(["a" * 50] * 50))


def test_selection_leaves_a_folder_out_with_all_below() -> None:
    selection = Selection.of(["docs/**", "README.md"], ["**/.*", "docs/old", "docs/tmp/"])
    taken = ["README.md", "docs/a.md", "docs/b/c.md"]
    left = ["a.md", "docs/.x/a", "docs/old/a.md", "docs/tmp/a/b", ".git/config"]
    assert [each for each in taken + left if selection.takes(each)] == taken
    assert [
        each
        for each in ("docs", "docs/b", "docs/old", "docs/tmp", ".git", "src")
        if selection.enters(each)
    ] == ["docs", "docs/b"]
