"""A document as it is read: its outline, a section, a range, or what changed, in portions."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bailiwick.errors import BadRequest
from bailiwick_retrieval.models.parsed import Block, Parsed, Section, headed

PORTION = 6_000
"""Characters of one portion."""
_RANGE = re.compile(r"(?:[a-z]+\s*)?(\d{1,7})(?:\s*(?:-|\u2013|to)\s*(\d{1,7}))?")
_CONTEXT = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of an outline."""

    anchor: str
    heading: str
    place: str
    characters: int


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of a text, where it stands, and where the next part begins (None: nowhere)."""

    text: str
    place: str
    next: int | None
    marks: tuple[str, ...] = ()


def outline(parsed: Parsed) -> list[Line]:
    """List the sections, indented as they are nested."""
    return [
        Line(
            section.anchor,
            f"{'  ' * max(len(path) - 1, 0)}{section.heading or '(beginning)'}",
            str(section.place),
            len(section.text),
        )
        for section, path in headed(parsed.sections)
    ]


def span(parsed: Parsed, anchor: str, *, neighbours: bool = False) -> tuple[int, int] | None:
    """Find a section and what is nested in it, or also the ones before and behind it."""
    sections = parsed.sections
    start = next((n for n, each in enumerate(sections) if each.anchor == anchor), None)
    if start is None:
        return None
    end = start + 1
    while end < len(sections) and sections[end].level > sections[start].level:
        end += 1
    return (max(start - 1, 0), min(end + 1, len(sections))) if neighbours else (start, end)


def within(parsed: Parsed, said: str) -> list[Section]:
    """Choose the blocks that stand in a range of lines, pages, slides or rows."""
    found = _RANGE.fullmatch(said.strip().casefold())
    if found is None:
        raise BadRequest(
            "`lines` is written 10-40: lines, pages, slides or rows, as the search says"
        )
    first = int(found[1])
    last = int(found[2] or found[1])
    if last < first:
        raise BadRequest("the range ends before it starts")
    chosen: list[Section] = []
    for section in parsed.sections:
        blocks = tuple(b for b in section.blocks if b.place.first <= last and b.place.last >= first)
        if blocks:
            place = blocks[0].place.to(blocks[-1].place)
            chosen.append(Section(section.level, section.heading, section.anchor, blocks, place))
    return chosen


def portion(sections: Sequence[Section], skip: int) -> Portion:
    """Write as many blocks as fit, behind those that were read."""
    pairs = [(section, block) for section in sections for block in _blocks(section)]
    text: list[str] = []
    size, number = 0, skip
    marks: set[str] = set()
    while number < len(pairs) and (not text or size + len(pairs[number][1].text) <= PORTION):
        block = pairs[number][1]
        text.append(block.text)
        marks |= set(block.marks)
        size += len(block.text)
        number += 1
    if not text:
        return Portion("", "", None)
    place = pairs[skip][1].place.to(pairs[number - 1][1].place)
    more = number if number < len(pairs) else None
    return Portion("\n\n".join(text), str(place), more, tuple(sorted(marks)))


def _blocks(section: Section) -> list[Block]:
    """Give a section's heading, as Markdown writes it, and its blocks."""
    if not section.heading:
        return list(section.blocks)
    sign = "#" * min(max(section.level, 1), 6)
    return [Block("prose", f"{sign} {section.heading}", section.place), *section.blocks]


def difference(old: Parsed, new: Parsed) -> tuple[str, int, int]:
    """Write what changed as a unified difference; count lines that are new and that are gone."""
    lines = list(
        difflib.unified_diff(_lines(old), _lines(new), "before", "now", lineterm="", n=_CONTEXT)
    )[2:]
    more = sum(line.startswith("+") for line in lines)
    less = sum(line.startswith("-") for line in lines)
    return "\n".join(lines), more, less


def _lines(parsed: Parsed) -> list[str]:
    return [
        line
        for section in parsed.sections
        for block in _blocks(section)
        for line in (*block.text.split("\n"), "")
    ]
