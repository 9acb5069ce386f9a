import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.shaping.neutral import is_odd, neutralise, plain


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("a\r\nb", "a\nb"),
        ("a\rb\x00\x07\x7f", "a<U+000D>b<U+0000><U+0007><U+007F>"),
        ("\x85\x87", "<U+0085><U+0087>"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;open\nnext line", "\nnext line"),
        ("\x1bPdcs\x1b\\x\x1b7y\x1b(Bz", "xyz"),
        ("\x1b\x1b[31m[31m", "<U+001B>[31m"),
        ("a\u202eb\u2066c", "a<U+202E>b<U+2066>c"),
        ("pay\u200bpal\ufeff", "pay<U+200B>pal<U+FEFF>"),
        ("\U000e0041\U000e0042", "<U+E0041><U+E0042>"),
        ("\u200b" * 500, "<U+200B x500>"),
        ("x\ud800y\uffff\ufdd0", "x<U+D800>y<U+FFFF><U+FDD0>"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("❤\ufe0f\ufe0e", "❤\ufe0f<U+FE0E>"),
        ("a\ufe0f", "a<U+FE0F>"),
        ("a\u2028b\u2029", "a<U+2028>b<U+2029>"),
        ("\u3164\u2800", "<U+3164><U+2800>"),
        ("Müller 日本語 ελ \u0440\u0430ypal", "Müller 日本語 ελ \u0440\u0430ypal"),
    ],
)
def test_spelt_out(text: str, want: str) -> None:
    assert neutralise(text) == want


def test_keep_decides_about_lines_and_tabs() -> None:
    assert neutralise("a\tb\nc", keep="\t") == "a\tb<U+000A>c"
    assert neutralise("a\tb\nc", keep="") == "a<U+0009>b<U+000A>c"


@given(st.text(st.characters(), max_size=200) | st.text("\x1b[]31m;\x07\n\u202e\ufe0f❤a\x9b\x9d"))
def test_laws(text: str) -> None:
    once = neutralise(text)
    assert neutralise(once) == once
    assert len(once) <= 10 * len(text)
    assert not [char for char in once if unicodedata.category(char) in {"Cc", "Cs", "Cf"}
                and char not in "\n\t"]  # fmt: skip


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_clean_ascii_is_untouched(text: str) -> None:
    assert neutralise(text) is text
    assert plain(text) is text
    assert not is_odd(text)


def test_plain_reads_what_was_hidden() -> None:
    assert plain("p\u200ba\x1b[1mss") == "pass"
    assert plain("\uff50\uff41\uff53\uff53") == "pass"
