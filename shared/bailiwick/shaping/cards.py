"""Find and mask card numbers (PAN), in the spellings people and logs use.

A find needs three things: digits in groups as cards are printed, an issuer's range
with one of its lengths, and the Luhn check digit. What remains is the first six and
the last four digits (PCI DSS 3.4.1).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from bailiwick.shaping.linear import Pattern, Sieve, Span
from bailiwick.shaping.marks import Counts, count

# Issuer, lowest and highest prefix, lengths.
_ISSUERS: tuple[tuple[str, int, int, range], ...] = (
    ("visa", 4, 4, range(13, 20, 3)),
    ("mastercard", 51, 55, range(16, 17)),
    ("mastercard", 2221, 2720, range(16, 17)),
    ("amex", 34, 34, range(15, 16)),
    ("amex", 37, 37, range(15, 16)),
    ("discover", 6011, 6011, range(16, 20)),
    ("discover", 644, 649, range(16, 20)),
    ("discover", 65, 65, range(16, 20)),
    ("diners", 300, 305, range(14, 20)),
    ("diners", 3095, 3095, range(14, 20)),
    ("diners", 36, 36, range(14, 20)),
    ("diners", 38, 39, range(14, 20)),
    ("jcb", 3528, 3589, range(16, 20)),
    ("unionpay", 62, 62, range(16, 20)),
    ("maestro", 5018, 5018, range(12, 20)),
    ("maestro", 5020, 5020, range(12, 20)),
    ("maestro", 5038, 5038, range(12, 20)),
    ("maestro", 5893, 5893, range(12, 20)),
    ("maestro", 6304, 6304, range(12, 20)),
    ("maestro", 6759, 6763, range(12, 20)),
    ("mir", 2200, 2204, range(16, 20)),
    ("rupay", 508, 508, range(16, 17)),
    ("rupay", 6069, 6085, range(16, 17)),
    ("rupay", 81, 82, range(16, 17)),
    ("troy", 9792, 9792, range(16, 17)),
)
_BY_PREFIX: dict[str, range] = {
    str(prefix): lengths for _, low, high, lengths in _ISSUERS for prefix in range(low, high + 1)
}

# One separator between digits; \x00 stands for a character that shows nothing.
_BETWEEN = r"\x00*(?:[ \t./_-]|\r?\n|[ ]-[ ])?\x00*"
TRIGGER = r"[0-9](?:[\x00 \t./_\r\n-]{0,3}[0-9]){11}"
"""Occurs in every ASCII text that may hold a card number; bounded, for a sieve."""

_SIEVE = Sieve([TRIGGER])
_RUN = Pattern(rf"[0-9](?:{_BETWEEN}[0-9]){{11,}}")
_GROUP = re.compile(r"[0-9]+(?:\x00+[0-9]+)*")
_UUID = re.compile(r"(?i)(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LAST_WORD = re.compile(r"[A-Za-z]{1,12}\Z")
# A word may touch the number only if it says what follows.
_CARD_WORDS = frozenset(
    ("pan", "card", "cardno", "cardnumber", "cc", "ccn", "no", "nr", "visa", "mastercard", "amex"),
)
_MOST_GROUPS = 8  # a longer row of groups between blanks is a table of numbers


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def mask_cards(text: str, counts: Counts) -> str:
    """Mask every card number in `text`; add to `counts` under "card number"."""
    if text.isascii():
        data = text.encode("ascii")
        return _mask(text, text, data, counts) if _SIEVE.hits(data) else text
    flat = _NOT_ASCII.sub(lambda found: _plain(found[0]), text)
    return _mask(text, flat, flat.encode("ascii"), counts)


def is_card(digits: str) -> bool:
    """Whether the digits have an issuer's range and length, and a right check digit."""
    lengths = next(
        (_BY_PREFIX[digits[:size]] for size in range(1, 5) if digits[:size] in _BY_PREFIX),
        range(0),
    )
    return len(digits) in lengths and _luhn(digits)


def masked(digits: str) -> str:
    """Keep the first six and the last four digits."""
    return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"


def _luhn(digits: str) -> bool:
    odd = sum(map(int, digits[-1::-2]))
    return (odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])) % 10 == 0


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    """One ASCII character for one that is not: digit, blank, dash, nothing or a wall."""
    digit = unicodedata.digit(char, -1)
    if digit >= 0:
        return str(digit)
    kind = unicodedata.category(char)
    known = {"Zs": " ", "Zl": "\n", "Zp": "\n", "Pd": "-", "Cf": "\x00", "Mn": "\x00", "Me": "\x00"}
    also = {
        "\u2212": "-",
        "\u00b7": ".",
        "\u2022": ".",
        "\u2219": ".",
        "\u2044": "/",
        "\uff0f": "/",
    }
    return also.get(char) or known.get(kind, "\x01")


def _mask(text: str, flat: str, data: bytes, counts: Counts) -> str:
    pieces: list[str] = []
    at = 0
    for span, digits in _found(flat, data):
        pieces += (text[at : span.start], masked(digits))
        at = span.end
        count(counts, "card number")
    return "".join((*pieces, text[at:])) if pieces else text


def _found(flat: str, data: bytes) -> Iterator[tuple[Span, str]]:
    for hit in _RUN.finditer(data):
        cards = list(_in_run(flat, hit.whole))
        if cards and not _touches_uuid(flat, hit.whole):
            yield from cards


def _touches_uuid(flat: str, run: Span) -> bool:
    start = max(0, run.start - 36)
    near = flat[start : run.end + 36]
    return any(
        found.start() + start < run.end and run.start < found.end() + start
        for found in _UUID.finditer(near)
    )


def _in_run(flat: str, run: Span) -> Iterator[tuple[Span, str]]:
    groups = [
        _Group(found.start(), found.end(), found[0].replace("\x00", ""))
        for found in _GROUP.finditer(flat, run.start, run.end)
    ]
    # A long row can hold no card in pieces; sparing it keeps the walk linear.
    widest = 1 if len(groups) > 2 * _MOST_GROUPS + 3 else 19
    first = 0
    while first < len(groups):
        begins = groups[first].digits[0] not in "01"  # no issuer's range does
        last = _card_from(flat, groups, first, widest) if begins else 0
        if last:
            taken = groups[first:last]
            yield Span(taken[0].start, taken[-1].end), "".join(group.digits for group in taken)
        first = last or first + 1


def _card_from(flat: str, groups: list[_Group], first: int, widest: int) -> int:
    """Where the card that begins with group `first` ends, or 0; the longest wins."""
    digits = ""
    best = 0
    for last in range(first, min(len(groups), first + widest)):
        digits += groups[last].digits
        if len(digits) > 19:
            break
        if len(digits) >= 12 and _is_window(flat, groups, first, last + 1) and is_card(digits):
            best = last + 1
    return best


def _is_window(flat: str, groups: list[_Group], first: int, last: int) -> bool:
    sizes = [len(group.digits) for group in groups[first:last]]
    whole = last - first == len(groups)
    if not _is_printed(sizes, whole=whole):
        return False
    if len(groups) > _MOST_GROUPS and not whole and len(sizes) > 1:
        return False
    return _stands_alone(flat, groups[first].start, groups[last - 1].end)


def _is_printed(sizes: list[int], *, whole: bool) -> bool:
    """Accept groups as on a card: one, or some of three and more, or all alike and nothing else."""
    if len(sizes) == 1 or min(sizes) >= 3:
        return True
    if whole and len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0] <= 2:
        return True
    return set(sizes[:-1]) == {4} and len(sizes) == 5


def _stands_alone(flat: str, start: int, end: int) -> bool:
    """Not the tail of a word, a piece of a hex string or one side of a decimal point."""
    before, after = flat[max(0, start - 12) : start], flat[end : end + 2]
    word = _LAST_WORD.search(before)
    if word and word[0].lower() not in _CARD_WORDS and not before.endswith(("%B", "%b")):
        return False
    if after[:1].isalpha() or before[-1:] in {"@", "~"}:
        return False
    return not (before[-2:-1].isdigit() and before[-1:] == ".") and not _continues(after)


def _continues(after: str) -> bool:
    return after[:1] == "." and after[1:].isdigit()
