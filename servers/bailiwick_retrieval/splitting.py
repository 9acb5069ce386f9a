"""Sections to passages: the unit that is found. Tables and code stay whole where they can."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bailiwick_retrieval.models.parsed import Block, Parsed, Place, headed

EDITION = "1"
"""Of parsing and splitting: with another one, every document is read anew."""
AIM = 900
"""Characters that a passage is filled up to."""
_MOST = 3_000
"""Characters of a table or of code that stays whole."""
_SENTENCE = re.compile(r"(?<=[.!?:;\u3002\uff01\uff1f])\s+|\n+")
_PUNCTUATED = 120
"""Headings beyond this many characters say too much to repeat in each passage."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it is kept."""

    section: int
    part: int
    parts: int
    headings: tuple[str, ...]
    anchor: str
    text: str
    place: Place
    marks: tuple[str, ...] = ()


def pieces(parsed: Parsed) -> Iterator[Piece]:
    """Cut a document into passages. A section without text is found by its heading."""
    for number, (section, path) in enumerate(headed(parsed.sections)):
        cut = list(_filled(section.blocks))
        if not cut and section.heading:
            cut = [("", section.place, ())]
        for part, (text, place, marks) in enumerate(cut):
            yield Piece(number, part, len(cut), path, section.anchor, text, place, marks)


def context(title: str, headings: Sequence[str]) -> str:
    """Give the line that stands over a passage: what words and vectors both know it by."""
    above = [each[:_PUNCTUATED] for each in headings]
    if not above or title.casefold() != above[0].casefold():
        above.insert(0, title[:_PUNCTUATED])
    return " \u203a ".join(each for each in above if each)


Cut = tuple[str, Place, tuple[str, ...]]


def _filled(blocks: Sequence[Block]) -> Iterator[Cut]:
    """Fill passages with whole blocks, one after the other."""
    kept: list[Block] = []
    for block in (part for whole in blocks for part in _small(whole)):
        size = sum(len(each.text) for each in kept)
        if kept and size + len(block.text) > AIM:
            yield _joined(kept)
            kept = []
        kept.append(block)
    if kept:
        yield _joined(kept)


def _joined(blocks: Sequence[Block]) -> Cut:
    place = blocks[0].place
    for block in blocks[1:]:
        place = place.to(block.place)
    marks = tuple(sorted({mark for block in blocks for mark in block.marks}))
    return "\n\n".join(block.text for block in blocks), place, marks


def _small(block: Block) -> Iterator[Block]:
    """Cut a block that is too long: prose at sentences, the rest at lines, with a table's head."""
    whole = block.kind in ("table", "code")
    if len(block.text) <= (_MOST if whole else AIM):
        yield block
        return
    lined = whole or block.kind in ("list", "quote")
    lines = block.text.split("\n") if lined else list(_sentences(block.text))
    if not whole and lined:  # an item stays one line, but for one that is too long
        lines = [part for line in lines for part in _shortened(line)]
    head = _head(block, lines)
    joint = "\n" if lined else " "
    for start, end in _runs(lines, len(head)):
        text = joint.join(lines[start:end])
        again = head if start and head else ""
        place = _within(block, start, end) if whole else block.place
        yield Block(block.kind, again + text, place, block.marks)


def _sentences(text: str) -> Iterator[str]:
    """Cut prose at sentences, and what goes on without an end at a blank, or anywhere."""
    for sentence in _SENTENCE.split(text):
        rest = sentence
        while len(rest) > AIM:
            cut = rest.rfind(" ", AIM // 2, AIM)
            cut = cut if cut > 0 else AIM
            yield rest[:cut]
            rest = rest[cut:].lstrip()
        if rest:
            yield rest


def _shortened(line: str) -> Iterator[str]:
    """Leave a line as it is, or cut it at sentences where it is too long."""
    if len(line) <= AIM:
        yield line
    else:
        yield from _sentences(line)


def _head(block: Block, lines: Sequence[str]) -> str:
    """Give the head of a Markdown table, which every part of it repeats."""
    is_table = block.kind == "table" and len(lines) > 2 and set(lines[1]) <= set("|-: ")
    return "\n".join(lines[:2]) + "\n" if is_table else ""


def _runs(lines: Sequence[str], extra: int) -> Iterator[tuple[int, int]]:
    """Give runs of lines, each about as long as a passage; a line longer than that stands alone."""
    start, size = 0, extra
    for number, line in enumerate(lines):
        if number > start and size + len(line) > AIM:
            yield start, number
            start, size = number, extra
        size += len(line) + 1
    yield start, len(lines)


def _within(block: Block, start: int, end: int) -> Place:
    """Narrow the place of a block to some of its lines, where it is counted in lines."""
    place = block.place
    if place.unit != "line" or place.span:
        return place
    first = min(place.first + start, place.last)
    return Place("line", first, min(place.first + end - 1, place.last), place.name)
