"""Find and replace secrets in text.

All rules look at the text as it came; what they found is merged, so two rules that
meet the same secret make one mark. A range that only covers marks is dropped.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from bailiwick.shaping import assignments, tokens
from bailiwick.shaping.linear import Hit, Pattern, Sieve, Span, to_bytes, to_text
from bailiwick.shaping.marks import SHAPE, Counts, count, mark
from bailiwick.shaping.tokens import Rule

_PRIVATE_KEY = "PRIVATE KEY"
_RULES: tuple[Rule, ...] = (*assignments.RULES, *tokens.RULES)
_PATTERNS = tuple(Pattern(rule.pattern) for rule in _RULES)

TRIGGERS: tuple[str, ...] = (*(rule.trigger for rule in _RULES), _PRIVATE_KEY)
"""What must occur in a text before a rule is tried; the last one stands for PEM."""

_SIEVE = Sieve(TRIGGERS)
_BEGIN = Pattern(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_END = Pattern(r"-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
# A key cut before its end: base64 in lines or with `\n` for them, perhaps behind a stamp.
_CUT_TAIL = Pattern(
    r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+(?:Z|[+-][0-9:]+)?[ \t]+(?:std(?:out|err) [FP] )?"
    r"|(?:Proc-Type|DEK-Info|Comment|Version):[^\n\\]*|\s|\\[nrt]|[A-Za-z0-9+/=])*",
)
_CUT_HEAD = Pattern(r"(?:[A-Za-z0-9+/=]+(?:\s|\\[nr])+)*-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----")
_MARKS = re.compile(SHAPE.encode("ascii"))

_LONGEST_KEY = 1 << 14

Found = tuple[Span, str]


def redact_secrets(text: str, counts: Counts) -> str:
    """Replace every secret of a known form in `text`; add to `counts` by type."""
    data = to_bytes(text)
    hits = _SIEVE.hits(data)
    return _replace(text, data, hits, counts) if hits else text


def _replace(text: str, data: bytes, hits: list[int], counts: Counts) -> str:
    marks = _marks(data)
    found = _outside(marks, data, _merged(_found(data, hits, marks)))
    if not found:
        return text
    pieces: list[bytes] = []
    at = 0
    for span, label in found:
        pieces += (data[at : span.start], mark(label).encode("ascii"))
        at = span.end
        count(counts, label)
    return to_text(b"".join((*pieces, data[at:])))


def _marks(data: bytes) -> list[Span]:
    if b"[redacted: " not in data:
        return []
    return [Span(*match.span()) for match in _MARKS.finditer(data)]


def _found(data: bytes, hits: list[int], marks: list[Span]) -> Iterator[Found]:
    for number in hits:
        if number == len(_RULES):
            yield from ((span, "private key") for span in _pem(data))
        else:
            yield from _ruled(data, number, marks)


def _ruled(data: bytes, number: int, marks: list[Span]) -> Iterator[Found]:
    rule, pattern = _RULES[number], _PATTERNS[number]
    at = 0
    while (hit := pattern.search(data, at)) is not None:
        secret = _secret_part(hit)
        # The words of a mark announce nothing.
        verdict = not _mark_at(marks, hit.whole.start + 1) and _verdict(rule, data, hit)
        if verdict:
            yield secret, verdict if isinstance(verdict, str) else rule.label
        # What stands within a declined value may be the next find.
        resume = secret.end if verdict or not hit.groups else secret.start
        at = max(resume, at + 1)


def _verdict(rule: Rule, data: bytes, hit: Hit) -> bool | str:
    return rule.judge is None or rule.judge(_values(data, hit))


def _secret_part(hit: Hit) -> Span:
    return next((span for span in reversed(hit.groups) if span.start >= 0), hit.whole)


def _values(data: bytes, hit: Hit) -> tuple[bytes, ...]:
    spans = hit.groups or (hit.whole,)
    return tuple(data[span.start : span.end] if span.start >= 0 else b"" for span in spans)


def _pem(data: bytes) -> Iterator[Span]:
    """Private keys in PEM, also those of which a cut left only one end."""
    ends = [hit.whole.end for hit in _END.finditer(data)]
    at = 0
    while (begin := _BEGIN.search(data, at)) is not None:
        after = bisect_right(ends, begin.whole.end)
        at = ends[after] if after < len(ends) else _cut_end(data, begin.whole.end)
        yield Span(begin.whole.start, at)
    yield from (hit.whole for hit in _CUT_HEAD.finditer(data))


def _cut_end(data: bytes, start: int) -> int:
    hit = _CUT_TAIL.search(data[start : start + _LONGEST_KEY])
    return start + (hit.whole.end if hit else 0)


def _merged(found: Iterable[Found]) -> list[Found]:
    """Join ranges that overlap; the longest one names them."""
    merged: list[Found] = []
    for span, label in sorted(found, key=lambda item: (item[0].start, -item[0].end)):
        if merged and span.start < merged[-1][0].end:
            last, name = merged[-1]
            merged[-1] = (Span(last.start, max(last.end, span.end)), name)
        elif span.end > span.start:
            merged.append((span, label))
    return merged


def _outside(marks: list[Span], data: bytes, found: list[Found]) -> list[Found]:
    """Trim marks off the edges of each range and drop what is then empty."""
    if not marks:
        return found
    trimmed = ((_trimmed(span, marks), label) for span, label in found)
    return [(span, label) for span, label in trimmed if data[span.start : span.end].strip()]


def _trimmed(span: Span, marks: list[Span]) -> Span:
    start, end = span
    first, last = _mark_at(marks, start), _mark_at(marks, end - 1)
    if first:
        start = min(first.end, end)
    if last:
        end = max(last.start, start)
    return Span(start, end)


def _mark_at(marks: list[Span], at: int) -> Span | None:
    number = bisect_right(marks, at, key=lambda taken: taken.start) - 1
    return marks[number] if number >= 0 and marks[number].end > at else None
