"""The lines of a PDF page, with their size and place; what nobody would see is apart."""

import ctypes
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw  # pyright: ignore[reportMissingTypeStubs]

_RAW: Any = pypdfium2.raw
_INVISIBLE = 3  # text render mode: neither filled nor stroked
_CLIPPED = 7
_TINY = 2.0
"""Points; smaller letters are not read by anybody."""
_BREAK = frozenset({10, 13})
_HYPHENS = frozenset({2, 0xAD, 0xFFFE})  # how PDFium writes a hyphen at the end of a line
_MONOSPACED = (
    "courier",
    "mono",
    "consol",
    "menlo",
    "typewriter",
    "lettergothic",
    "cmtt",
    "nimbusmonl",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line: text, size of its letters and place on the page, in points from below and left."""

    text: str
    page: int
    size: float
    left: float
    right: float
    base: float
    fixed: bool
    """Whether its font has one width for all letters."""
    hidden: bool
    hyphen: bool
    """Whether it ends inside a word."""


def page_lines(page: Any, number: int) -> list[Line]:
    """Read the lines of a page, in the order that PDFium finds."""
    text = page.get_textpage()
    try:
        reader = _Reader(text, number, page.get_size())
        return reader.lines()
    finally:
        text.close()


class _Reader:
    def __init__(self, text: Any, number: int, size: tuple[float, float]) -> None:
        self._text = text.raw
        self._number = number
        self._size = size
        count = max(0, _RAW.FPDFText_CountChars(self._text))
        get = _RAW.FPDFText_GetUnicode
        self._codes: list[int] = [get(self._text, at) for at in range(count)]
        self._modes: dict[int, bool] = {}

    def lines(self) -> list[Line]:
        found: list[Line] = []
        first = 0
        for at, code in enumerate((*self._codes, 10)):
            if code in _BREAK:
                found += self._split(first, at)
                first = at + 1
        return found

    def _split(self, first: int, last: int) -> list[Line]:
        """Cut a line where words that are seen meet words that are not."""
        found: list[Line] = []
        start, hidden = first, None
        for at in range(first, last):
            begins = self._is_ink(at) and (at == first or not self._is_ink(at - 1))
            if not begins:
                continue
            unseen = self._is_unseen(at)
            if hidden is not None and unseen != hidden:
                found.append(self._line(start, at, hidden=hidden))
                start = at
            hidden = unseen
        if hidden is not None:
            found.append(self._line(start, last, hidden=hidden))
        return found

    def _is_ink(self, at: int) -> bool:
        code = self._codes[at]
        return code > 32 and code != 0xA0

    def _line(self, first: int, last: int, *, hidden: bool) -> Line:
        codes = self._codes[first:last]
        hyphen = bool(codes) and codes[-1] in _HYPHENS
        text = _written(codes)
        inked = [at for at in range(first, last) if self._is_ink(at)]
        left, base = self._box(inked[0])[0:2]
        right = self._box(inked[-1])[2]
        size = self._height(inked[len(inked) // 2])
        fixed = self._is_fixed(inked[0]) and self._is_fixed(inked[-1])
        return Line(text, self._number, size, left, right, base, fixed, hidden, hyphen)

    def _box(self, at: int) -> tuple[float, float, float]:
        """Give left, base line and right of a character."""
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        refs = (ctypes.byref(each) for each in (left, right, bottom, top))
        _RAW.FPDFText_GetCharBox(self._text, at, *refs)
        x, y = ctypes.c_double(), ctypes.c_double()
        _RAW.FPDFText_GetCharOrigin(self._text, at, ctypes.byref(x), ctypes.byref(y))
        return left.value, y.value, right.value

    def _height(self, at: int) -> float:
        """Give the size of a letter in points, to the half: its font's, times the matrix."""
        size = float(_RAW.FPDFText_GetFontSize(self._text, at))
        matrix = _RAW.FS_MATRIX()
        if _RAW.FPDFText_GetMatrix(self._text, at, ctypes.byref(matrix)):
            size *= float((matrix.c**2 + matrix.d**2) ** 0.5)
        return round(size * 2) / 2

    def _is_fixed(self, at: int) -> bool:
        name = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        _RAW.FPDFText_GetFontInfo(self._text, at, name, 128, ctypes.byref(flags))
        written = name.value.decode("latin-1").lower().replace(" ", "").replace("-", "")
        return any(each in written for each in _MONOSPACED)

    def _is_unseen(self, at: int) -> bool:
        return self._is_unpainted(at) or self._height(at) < _TINY or self._is_outside(at)

    def _is_outside(self, at: int) -> bool:
        left, base, right = self._box(at)
        width, height = self._size
        return right < 0 or left > width or base < -height * 0.05 or base > height * 1.05

    def _is_unpainted(self, at: int) -> bool:
        """Tell by the text's object: invisible mode, or white, or transparent."""
        item = _RAW.FPDFText_GetTextObject(self._text, at)
        if not item:
            return False
        key = ctypes.addressof(item.contents)
        if key not in self._modes:
            mode = int(_RAW.FPDFTextObj_GetTextRenderMode(item))
            self._modes[key] = mode in {_INVISIBLE, _CLIPPED} or self._is_white(at)
        return self._modes[key]

    def _is_white(self, at: int) -> bool:
        parts = [ctypes.c_uint() for _ in range(4)]
        if not _RAW.FPDFText_GetFillColor(self._text, at, *map(ctypes.byref, parts)):
            return False
        red, green, blue, alpha = (part.value for part in parts)
        return min(red, green, blue) >= 250 or alpha < 8


def _written(codes: list[int]) -> str:
    kept = [code for code in codes if code not in _HYPHENS]
    text = "".join(map(chr, kept))
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
