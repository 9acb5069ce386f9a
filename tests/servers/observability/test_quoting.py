"""Text inside double quotes: whatever it is, it stays inside."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_observability.quoting import escaped, labelled


@given(st.text())
def test_what_is_escaped_ends_no_string(text: str) -> None:
    assert re.fullmatch(r'(?:\\[\\"n]|[^"\\\n])*', escaped(text))


def test_only_plain_label_names_stand_bare() -> None:
    assert labelled("service") == "service"
    assert labelled("a:b") == '"a:b"'
    assert labelled('x"} or up{y="') == '"x\\"} or up{y=\\""'
