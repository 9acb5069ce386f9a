import base64

import pytest

from bailiwick.shaping import assignments, tokens
from bailiwick.shaping.linear import Pattern
from bailiwick.shaping.marks import is_mark, mark
from bailiwick.shaping.tokens import Rule, decoded

RULES = [*tokens.RULES, *assignments.RULES]


@pytest.mark.parametrize("rule", RULES, ids=[f"{n}-{r.label}" for n, r in enumerate(RULES)])
def test_every_rule_compiles_and_its_label_makes_a_mark(rule: Rule) -> None:
    assert Pattern(rule.trigger).search(b"") is None, "a trigger that always fires filters nothing"
    assert Pattern(rule.pattern).search(b"") is None
    assert is_mark(mark(rule.label))


@pytest.mark.parametrize("raw", [b"a", b"ab", b"abc", b"\xff\xfe:\x00"])
def test_base64_of_either_alphabet(raw: bytes) -> None:
    for text in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        assert decoded(text) == decoded(text.rstrip(b"=")) == raw
    assert decoded(b"no base64!") == b""
