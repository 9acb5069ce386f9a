"""reStructuredText and AsciiDoc."""

from bailiwick_retrieval.models.parsed import Block
from bailiwick_retrieval.parsing.reading import digest
from tests.servers.retrieval.parsing.samples import ASCIIDOC, RST


def rst(text: str) -> tuple[Block, ...]:
    return tuple(b for s in digest(text.encode(), "a.rst").sections for b in s.blocks)


def asciidoc(text: str) -> tuple[Block, ...]:
    return tuple(b for s in digest(text.encode(), "a.adoc").sections for b in s.blocks)


def test_a_whole_rst_file() -> None:
    parsed = digest(RST.encode(), "a.rst")
    assert (parsed.title, parsed.meta.readers) == ("Shop", ("sre",))
    assert [(each.level, each.heading, each.anchor) for each in parsed.sections] == [
        (1, "Shop", "shop"),
        (2, "Steps", "steps"),
    ]
    first, steps = parsed.sections
    assert [each.text for each in first.blocks] == [
        "Text with `code`.",
        "> **Note**\n>\n> Careful.",
    ]
    assert [(each.text, str(each.place)) for each in steps.blocks] == [
        ("- one\n- two", "lines 13-14"),
        ("```sh\nkubectl get pods\n```", "line 19"),
    ]


def test_sphinx_is_read_as_far_as_text_goes() -> None:
    seen = rst(
        "See :ref:`it <x>`, :py:func:`~a.b.run` and :doc:`/c`.\n\n"
        ".. versionadded:: 3.2\n   Something.\n\n.. py:function:: f(a)\n\n   Does.\n\n"
        ".. toctree::\n\n   a\n"
    )
    assert [each.text for each in seen] == [
        "See [it](#x), `run` and /c.",
        "**Added in version 3.2**: Something.",
        "`f(a)`",
        "Does.",
    ]


def test_rst_opens_no_file_and_passes_nothing_through() -> None:
    text = (
        "T\n=\n\n.. include:: /etc/hostname\n\n.. raw:: html\n\n   <b>raw</b>\n\n"
        ".. csv-table::\n   :file: /etc/passwd\n\nEnd.\n"
    )
    parsed = digest(text.encode(), "a.rst")
    assert parsed.sections[0].text == "End."
    assert parsed.notes == ("files that it includes are not read",)


def test_tables_of_rst() -> None:
    (table,) = rst("+---+---+\n| a | b |\n+===+===+\n| c     |\n+---+---+\n")
    assert table.text == "| a | b |\n| --- | --- |\n| c |  |"


def test_a_whole_asciidoc_file() -> None:
    parsed = digest(ASCIIDOC.encode(), "a.adoc")
    assert (parsed.title, parsed.meta.readers) == ("Shop", ("sre",))
    assert [(each.level, each.anchor) for each in parsed.sections] == [(1, "_shop"), (2, "steps")]
    items, code, table, warning = parsed.sections[1].blocks
    assert items.text == "- one\n   - two"
    assert (code.text, str(code.place)) == ("```sh\nkubectl get pods\n```", "lines 13-15")
    assert table.text == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert (warning.kind, warning.text) == ("quote", "> **Warning:** Careful.")


def test_asciidoc_in_a_line() -> None:
    (seen,) = asciidoc(
        "See https://e.example/x[the docs^], <<steps,Steps>> and xref:a.adoc#b[there].\n"
    )
    assert seen.text == (
        "See [the docs](https://e.example/x), [Steps](#steps) and [there](a.adoc#b)."
    )


def test_asciidoc_blocks() -> None:
    seen = asciidoc(
        "[WARNING]\n====\nDo not.\n====\n\nterm:: def\n\n. one\n. two\n\n****\nside\n****\n\n"
        "include::x.adoc[]\n// comment\n[cols=2*]\n|===\n|a\n|b\n|===\n"
    )
    assert [each.text for each in seen] == [
        "> **Warning:**\n> Do not.",
        "- **term**\n  def",
        "1. one\n1. two",
        "side",
        "| a | b |\n| --- | --- |",
    ]


def test_a_block_without_its_end_is_all_the_rest() -> None:
    (seen,) = asciidoc("----\ncode\n\nmore\n")
    assert seen.text == "```\ncode\n\nmore\n\n```"


def test_lines_of_signs_are_read_in_no_time() -> None:
    assert asciidoc("[" + '"' * 5_001)
    assert asciidoc("= " + " " * 100_000 + "x")
