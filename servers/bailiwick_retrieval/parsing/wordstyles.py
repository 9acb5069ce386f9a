"""What a Word paragraph is: a heading, an item of a list, code, by its style and numbering."""

import re
from dataclasses import dataclass
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|标题)\s*(\d)")
_KINDS = (
    (re.compile(r"^(?:toc|table of (?:figures|contents)|inhaltsverzeichnis)\b"), "contents"),
    (re.compile(r"code|source|preformatted|macro text|listing"), "code"),
    (re.compile(r"quote"), "quote"),
    (re.compile(r"^list (?:bullet|number)|^list paragraph$"), "list"),
)
_MOST_ABOVE = 20


@dataclass(frozen=True, slots=True)
class Style:
    """What a paragraph is; `level` is that of a heading, `bullet` what an item begins with."""

    level: int = 0
    kind: str = ""
    bullet: str = ""
    number: Any = None
    """The numbering that a style brings with it."""


_PLAIN = Style()


class Styles:
    """The styles and numberings of one document."""

    def __init__(self, document: Any) -> None:
        """Read them once; paragraphs name them by id."""
        self._styles = {
            each.get(f"{_W}styleId"): each for each in document.styles.element.iter(f"{_W}style")
        }
        self._known: dict[str, Style] = {"": _PLAIN}
        self._counts: dict[tuple[str, int], int] = {}
        self._formats = _formats(document)

    def of(self, paragraph: Any) -> Style:
        """Tell what a paragraph is, and count it where it is a numbered item."""
        shape = paragraph.find(f"{_W}pPr")
        if shape is None:
            return _PLAIN
        style = self._named(_value(shape, "pStyle"))
        outline = _value(shape, "outlineLvl")
        if not style.level and outline in set("012345"):
            return Style(int(outline) + 1)
        number = shape.find(f"{_W}numPr")
        if style.level or style.kind in {"code", "contents"}:
            return style
        number = style.number if number is None else number
        if number is not None and _value(number, "numId") not in {"", "0"}:
            return Style(kind="list", bullet=self._bullet(number))
        return Style(kind="list", bullet="- ") if style.bullet else style

    def _named(self, name: str) -> Style:
        if name not in self._known:
            self._known[name] = self._judged(name)
        return self._known[name]

    def _judged(self, name: str) -> Style:
        """Judge a style by its own name, else by the styles that it is based on."""
        for _ in range(_MOST_ABOVE):
            style = self._styles.get(name)
            if style is None:
                break
            found = _by_name(_value(style, "name").lower(), style)
            if found != _PLAIN:
                return found
            name = _value(style, "basedOn")
        return _PLAIN

    def _bullet(self, number: Any) -> str:
        named = _value(number, "numId")
        level = _value(number, "ilvl")
        depth = min(int(level), 8) if level.isdecimal() else 0
        pad = "   " * depth
        if self._formats.get((named, depth), "bullet") in {"bullet", "none"}:
            return f"{pad}- "
        for key in [each for each in self._counts if each[0] == named and each[1] > depth]:
            del self._counts[key]
        count = self._counts.get((named, depth), 0) + 1
        self._counts[named, depth] = count
        return f"{pad}{count}. "


def _by_name(name: str, style: Any) -> Style:
    heading = _HEADING.match(name)
    if heading and heading[1] in set("123456789"):
        return Style(min(6, int(heading[1])))
    if name == "title":
        return Style(1)
    outline = _value(style.find(f"{_W}pPr"), "outlineLvl")
    if outline in set("012345"):
        return Style(int(outline) + 1)
    kind = next((kind for pattern, kind in _KINDS if pattern.search(name)), "")
    if kind == "list":
        shape = style.find(f"{_W}pPr/{_W}numPr")
        return Style(bullet="- ", number=shape) if name != "list paragraph" else _PLAIN
    return Style(kind=kind)


def _formats(document: Any) -> dict[tuple[str, int], str]:
    """Read how each level of each numbering counts: `bullet`, `decimal`, and others."""
    part = next(
        (each.target_part for each in document.part.rels.values() if _is_numbering(each)), None
    )
    if part is None:
        return {}
    root = part.element
    shapes = {each.get(f"{_W}abstractNumId"): each for each in root.iter(f"{_W}abstractNum")}
    found: dict[tuple[str, int], str] = {}
    for each in root.iter(f"{_W}num"):
        shape = shapes.get(_value(each, "abstractNumId"))
        for level in () if shape is None else shape.iter(f"{_W}lvl"):
            depth = level.get(f"{_W}ilvl", "0")
            if depth.isdecimal():
                found[each.get(f"{_W}numId"), int(depth)] = _value(level, "numFmt")
    return found


def _is_numbering(relation: Any) -> bool:
    return not relation.is_external and relation.reltype.endswith("/numbering")


def _value(element: Any, name: str) -> str:
    found = None if element is None else element.find(f"{_W}{name}")
    return "" if found is None else found.get(f"{_W}val", "")
