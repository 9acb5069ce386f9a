"""Which lines of a PDF are headings: those that bookmarks name, else those in larger letters."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bailiwick_retrieval.parsing.pdflines import Line

LARGER = 1.12
"""How much larger than the text's letters a heading's are."""
_MOST_SHARE = 0.2
"""Share of all characters above which large letters are no sign of a heading."""
_MOST_LEVELS = 4
_LONGEST = 150
_MOST_TITLE_LINES = 2
_NUMBER = re.compile(r"^(?:chapter\s+)?(?:\d+|[A-Z])(?:\.\d+)*\.?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the document's own table of contents; `page` counts from 1."""

    level: int
    title: str
    page: int


class Headings:
    """Judges lines. Bookmarks are believed where their titles are found on their pages."""

    def __init__(self, pages: Sequence[Sequence[Line]], bookmarks: Sequence[Bookmark]) -> None:
        """Look at all lines once."""
        self._levels = _sizes(pages)
        self._marks: dict[tuple[int, str], int] = {}
        lines = {(line.page, _key(line.text)) for page in pages for line in page}
        for mark in bookmarks:
            for page in (mark.page, mark.page + 1):
                if (page, _key(mark.title)) in lines:
                    self._marks[page, _key(mark.title)] = mark.level
                    break
        self._by_marks = len(bookmarks) >= 2 and len(self._marks) >= len(bookmarks) / 2

    def level(self, line: Line) -> int:
        """Give the heading's level, 0 for a line that is none."""
        if line.hidden:
            return 0
        if self._by_marks:
            return self._marks.get((line.page, _key(line.text)), 0)
        if line.fixed or not 2 <= len(line.text) <= _LONGEST or not _has_letters(line.text):
            return 0
        return self._levels.get(line.size, 0)

    def title(self, pages: Sequence[Sequence[Line]]) -> str:
        """Give the largest letters of the first page, where they are larger than the text's."""
        first = [line for line in (pages[0] if pages else ()) if self._is_large(line)]
        largest = max((line.size for line in first), default=0.0)
        lines = [line.text for line in first if line.size == largest]
        return " ".join(lines)[:_LONGEST] if len(lines) <= _MOST_TITLE_LINES else ""

    def _is_large(self, line: Line) -> bool:
        return line.size in self._levels and not line.hidden and _has_letters(line.text)


def _has_letters(text: str) -> bool:
    return sum(1 for char in text if char.isalpha()) >= 2


def _key(text: str) -> str:
    """Make a title comparable: bookmarks leave out numbers and blanks, or add them."""
    return re.sub(r"\W+", "", _NUMBER.sub("", text)).lower()


def _counts(pages: Sequence[Sequence[Line]]) -> Counter[float]:
    """Count characters of each size."""
    counts: Counter[float] = Counter()
    for page in pages:
        for line in page:
            if not line.hidden:
                counts[line.size] += len(line.text)
    return counts


def usual_size(pages: Sequence[Sequence[Line]]) -> float:
    """Give the size, in points, that most of the text has; 0 where there is none."""
    common = _counts(pages).most_common(1)
    return common[0][0] if common else 0.0


def _sizes(pages: Sequence[Sequence[Line]]) -> dict[float, int]:
    """Give each size of heading its level; none where sizes tell nothing."""
    counts = _counts(pages)
    body = usual_size(pages)
    large = sorted((size for size in counts if size > body * LARGER), reverse=True)
    if sum(counts[size] for size in large) > _MOST_SHARE * counts.total():
        # A page of little text: only letters much larger than the rest are sure to be headings.
        large = [size for size in large if size > body * 1.4]
    return {size: min(place, _MOST_LEVELS) for place, size in enumerate(large, 1)}
