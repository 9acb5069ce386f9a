"""Lines of PDF pages as paragraphs, lists and code under headings."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from bailiwick_retrieval.models.parsed import Kind, Place
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.markup import fenced
from bailiwick_retrieval.parsing.pdfheadings import LARGER, Headings, usual_size
from bailiwick_retrieval.parsing.pdflines import Line

_BULLET = re.compile(r"^[•◦▪▸►‣∙●○■□\u2013*\uf0b7-]\s+(?=\S)")
_NUMBERED = re.compile(r"^(?:\d{1,2}|[a-z])[.)]\s+(?=\S)")
_ENDED = re.compile(r"[.!?:;…。\uff01\uff1f)\]\"”]$")
_LEADERS = re.compile(r"(?:\s?[.·…]){4,}\s*[\divxlc]+$")
_PAGE_NUMBERS = (
    re.compile(r"(?P<words>(?:.*\D)?)(?P<number>\d{1,4})"),
    re.compile(r"(?P<number>\d{1,4})(?P<words>\D.*)"),
)
_EDGE = 2
"""Lines at the top and bottom of a page that may be its header and footer."""
_FRAMED_FROM = 3
"""Pages on which a line stands at least that is taken for a header or footer."""
_GAP = 1.45
"""How many times the usual distance of lines parts paragraphs."""
_FULL = 0.8
"""Share of the text's width that a line fills which goes on in the next."""


def without_frames(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Leave out what is no text: headers and footers, page numbers, dotted tables of contents."""
    counts: Counter[str] = Counter()
    running: Counter[tuple[str, int]] = Counter()
    largest = usual_size(pages) * LARGER
    for page in pages:
        edges = _edges(page, largest)
        counts.update({_frame(line) for line in edges})
        running.update({key for line in edges for key in _running(line)})
    least = max(_FRAMED_FROM, sum(1 for page in pages if page) / 2)
    usual = {text for text, count in counts.items() if count >= least}
    counted = {key for key, count in running.items() if count > 1}
    return [_unframed(page, _edges(page, largest), usual, counted) for page in pages]


def _unframed(
    page: Sequence[Line], edges: Sequence[Line], usual: set[str], counted: set[tuple[str, int]]
) -> list[Line]:
    odd = {
        id(line)
        for line in edges
        if _frame(line) in usual or not counted.isdisjoint(_running(line))
    }
    return [line for line in page if id(line) not in odd and not _LEADERS.search(line.text)]


def _edges(page: Sequence[Line], largest: float) -> list[Line]:
    """Give the outermost lines; one in large letters is a heading wherever it stands."""
    by_height = sorted(page, key=lambda line: line.base)
    outer = [*by_height[:_EDGE], *by_height[-_EDGE:]]
    return [line for line in outer if line.size <= largest]


def _running(line: Line) -> Iterator[tuple[str, int]]:
    """Give a line's words, and how far its number is from the page's: the same for all its kind."""
    for pattern in _PAGE_NUMBERS:
        found = pattern.fullmatch(line.text)
        if found:
            yield found["words"], int(found["number"]) - line.page


def _frame(line: Line) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text)


class _Joiner:
    """Writes groups of lines into a draft; neighbours that are items, or code, are one block."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._kind: Kind = "prose"
        self._texts: list[str] = []
        self._place: Place | None = None

    def add(self, kind: Kind, text: str, place: Place, *, hidden: bool) -> None:
        """Take a block; only items and code wait for what follows them."""
        if kind != self._kind or kind == "prose":
            self.flush()
        if kind == "prose":
            self._draft.add("prose", text, place, ("hidden",) if hidden else ())
            return
        self._kind = kind
        self._texts.append(text)
        self._place = self._place.to(place) if self._place else place

    def flush(self) -> None:
        """Write what waits."""
        if self._place is not None:
            joined = ("\n\n" if self._kind == "code" else "\n").join(self._texts)
            text = fenced(joined) if self._kind == "code" else joined
            self._draft.add(self._kind, text, self._place)
        self._texts, self._place, self._kind = [], None, "prose"


def compose(draft: Draft, pages: Sequence[Sequence[Line]], headings: Headings) -> None:
    """Write all pages into a draft."""
    joiner = _Joiner(draft)
    for group in _groups(pages, headings):
        level = headings.level(group[0])
        place, kind = _place(group), _kind(group)
        if level:
            joiner.flush()
            draft.heading(level, _joined(group).replace("\n", " "), place)
        elif kind == "code":
            joiner.add(kind, _code(group), place, hidden=group[0].hidden)
        else:
            text = _joined(group) if kind == "prose" else _item(_joined(group))
            joiner.add(kind, text, place, hidden=group[0].hidden)
    joiner.flush()


def _item(text: str) -> str:
    return "\n  ".join(_BULLET.sub("- ", text).split("\n"))


def _place(group: Sequence[Line]) -> Place:
    return Place("page", group[0].page, group[-1].page)


def _kind(group: Sequence[Line]) -> Kind:
    first = group[0]
    if first.hidden:
        return "prose"
    if all(line.fixed for line in group):
        return "code"
    return "list" if _BULLET.match(first.text) or _NUMBERED.match(first.text) else "prose"


def _groups(pages: Sequence[Sequence[Line]], headings: Headings) -> Iterator[list[Line]]:
    """Give runs of lines that belong together, across pages where a sentence goes on."""
    group: list[Line] = []
    for page in pages:
        shape = _Shape(page)
        for line in page:
            if group and not shape.parts(group[-1], line, headings):
                group.append(line)
                continue
            if group:
                yield group
            group = [line]
    if group:
        yield group


class _Shape:
    """How a page is set: the usual distance of its lines."""

    def __init__(self, page: Sequence[Line]) -> None:
        gaps = [one.base - two.base for one, two in pairwise(page)]
        near = [gap for gap in gaps if 2 < gap < 60]
        # The lower quartile would be torn by code; the median by pages of headings only.
        self._gap = median(sorted(near)[: max(1, len(near) * 2 // 3)]) if near else 14.0

    def parts(self, one: Line, two: Line, headings: Headings) -> bool:
        """Whether a new paragraph begins with the second of two lines."""
        if (one.hidden, one.fixed) != (two.hidden, two.fixed):
            return True
        level = headings.level(two)
        if level or headings.level(one):
            return level != headings.level(one) or one.page != two.page or self._is_apart(one, two)
        if one.page != two.page or two.base > one.base + 2:
            return not _goes_on(one, two)
        if abs(one.base - two.base) <= 2:
            return False
        if _BULLET.match(two.text) or _NUMBERED.match(two.text):
            return True
        return abs(one.size - two.size) > 1 or self._is_apart(one, two)

    def _is_apart(self, one: Line, two: Line) -> bool:
        return one.base - two.base > self._gap * _GAP or two.base > one.base + 2


def _goes_on(one: Line, two: Line) -> bool:
    """Whether a sentence goes on after a page or column ended."""
    if one.fixed or abs(one.size - two.size) > 0.5:
        return False
    return one.hyphen or (not _ENDED.search(one.text) and two.text[:1].islower())


def _joined(group: Sequence[Line]) -> str:
    """Join lines: with a blank where they fill the width, else they are kept apart."""
    left = min(line.left for line in group)
    width = max(line.right for line in group) - left
    text = group[0].text
    for one, two in pairwise(group):
        if one.hyphen:
            text += two.text
        elif _is_broken(text, two.text):
            text = text[:-1] + two.text
        elif abs(one.base - two.base) <= 2 or one.right - left >= _FULL * width:
            text += f" {two.text}"
        else:
            text += f"\n{two.text}"
    return text


def _is_broken(text: str, following: str) -> bool:
    """Tell a hyphen that only ends a line: between small letters."""
    return (
        len(text) > 2 and text[-1] in "-\u2010" and text[-2].islower() and following[:1].islower()
    )


def _code(group: Sequence[Line]) -> str:
    """Write code with the indents that its place on the page tells."""
    left = min(line.left for line in group)
    lines: list[str] = []
    for number, line in enumerate(group):
        if number and abs(group[number - 1].base - line.base) <= 2:
            lines[-1] += f" {line.text}"
            continue
        indent = round((line.left - left) / max(1.0, line.size * 0.6))
        lines.append(" " * min(indent, 60) + line.text)
    return "\n".join(lines)
