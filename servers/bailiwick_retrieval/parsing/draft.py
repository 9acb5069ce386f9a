"""A document while it is read: headings and blocks come in their order, and find their section."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bailiwick_retrieval.models.parsed import Block, Kind, Meta, Parsed, Place, Section
from bailiwick_retrieval.parsing.anchors import Anchors
from bailiwick_retrieval.settings import ParsingSettings

MOST_SECTIONS = 20_000
MOST_BLOCKS = 200_000
MOST_NOTES = 50
MOST_HEADING = 200
"""Longest heading, in characters."""


@dataclass(slots=True)
class _Open:
    level: int
    heading: str
    anchor: str
    place: Place
    blocks: list[Block] = field(default_factory=list[Block])


class Draft:
    """What a parser writes into. It stops taking text where a document is too long, and says so."""

    def __init__(self, kind: str, name: str, limits: ParsingSettings) -> None:
        """Begin a document of a format (`kind`); `name` is the file's."""
        self._format = kind
        self._name = name
        self._limits = limits
        self._sections: list[_Open] = []
        self._notes: list[str] = []
        self._anchors = Anchors()
        self._left = limits.most_characters
        self._blocks = 0
        self.full = False

    def heading(self, level: int, text: str, place: Place, anchor: str = "") -> None:
        """Begin a section. `level` is at least 1; without an `anchor` one is made of the text."""
        text = " ".join(text.split())
        if not text or self.full:
            return
        if len(self._sections) >= MOST_SECTIONS:
            self._stop(f"cut after {MOST_SECTIONS} sections")
            return
        self._left -= len(text)
        anchor = self._anchors.of(text, anchor)
        self._sections.append(_Open(max(1, level), cut(text, MOST_HEADING), anchor, place))

    def add(self, kind: Kind, text: str, place: Place, marks: Sequence[str] = ()) -> None:
        """Put a block under the last heading; blank ones are left out."""
        text = text.strip("\n").rstrip()
        if not text or text.isspace() or self.full:
            return
        if not self._sections:
            self._sections.append(_Open(0, "", "", place))
        if len(text) > self._left:
            self._stop(f"cut after {self._limits.most_characters} characters")
            text = text[: max(0, self._left)]
        self._left -= len(text)
        self._blocks += 1
        if self._blocks >= MOST_BLOCKS:
            self._stop(f"cut after {MOST_BLOCKS} paragraphs")
        if text:
            self._sections[-1].blocks.append(Block(kind, text, place, tuple(marks)))

    def _stop(self, why: str) -> None:
        self.full = True
        self.note(why)

    def note(self, text: str) -> None:
        """Say once what could not be read."""
        if text not in self._notes and len(self._notes) < MOST_NOTES:
            self._notes.append(text)

    def parsed(self, meta: Meta | None = None, second: str = "") -> Parsed:
        """Close the document.

        Its title is the one in `meta`, else the only heading of level 1, else `second` (what its
        properties say), else the first of several, else the file's name without its ending.
        """
        meta = meta or Meta()
        tops = [each.heading for each in self._sections if each.level == 1]
        only = tops[0] if len(tops) == 1 else ""
        first = tops[0] if tops else ""
        title = meta.title or only or second.strip() or first or stem(self._name)
        title = cut(" ".join(title.split()), MOST_HEADING)
        sections = tuple(_closed(each) for each in self._sections)
        return Parsed(self._format, title, sections, replace(meta, title=title), tuple(self._notes))


def _closed(each: _Open) -> Section:
    place = each.place
    if each.blocks:
        place = place.to(each.blocks[0].place).to(each.blocks[-1].place)
    return Section(each.level, each.heading, each.anchor, tuple(each.blocks), place)


def cut(text: str, most: int) -> str:
    """Cut a text to `most` characters, the last of them an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def stem(name: str) -> str:
    """Name a file without its folders and its ending."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return last.rpartition(".")[0] or last
