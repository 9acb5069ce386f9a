"""The parts of AsciiDoc: its head, what stands in a line, items of lists, cells of tables."""

import csv
import re
from collections.abc import Mapping, Sequence
from io import StringIO

from bailiwick_retrieval.parsing.markup import fenced

Attributes = Mapping[str, str]
_ATTRIBUTE = re.compile(r":([\w-]+):\s*(.*)")
_REVISION = re.compile(r"(?:v?[\w.]+,\s*)?(\d{4}-\d{2}-\d{2})\b.*")
_REFERENCE = re.compile(r"\{([\w-]+)\}")
_CROSS = re.compile(r"<<([^,>\s]+)(?:,\s*([^>]*))?>>")
_XREF = re.compile(r"xref:([^\s\[\]]+)\[([^\]]*)\]")
_LINK = re.compile(
    r"(?:link:)?((?:https?://|mailto:)[^\s\[\]<>]+|(?<=link:)[^\s\[\]]+)\[([^\]]*)\]"
)
_IMAGE = re.compile(r"image::?([^\s\[\]]+)\[([^\],]*)[^\]]*\]")
_KEYS = re.compile(r"(?:kbd|btn|menu):(?:[^\s\[\]]*)\[([^\]]*)\]")
_ITEM = re.compile(r"\s*(\*{1,5}|-|\.{1,5}|\d+\.)\s+(\S.*)|\s*(\S.*?)(:{2,4}|;;)(?:\s+(.*))?")
_FENCE = re.compile(r"(-{4,}|\.{4,}|```\w*)\s*")
_CHECK = re.compile(r"\[([ xX*])\]\s+")
_COLUMNS = re.compile(r"cols\s*=\s*\"([^\"]*)\"|cols\s*=\s*(\d+)")
_CELL = re.compile(r"(?:(?<=\s)|^)(?:(\d+)\*)?(?:[\d.]*\+)?[<^>.]*[aehlmsdv]?(?<!\\)[|!]")
_MOST_COLUMNS = 100


def head(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """Read the attributes up to the first blank line behind the title; give where the body begins.

    A document that does not begin with a title has no head.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith((":", "//"))):
        _take(found, lines[at])
        at += 1
    if at >= len(lines) or not re.match(r"[=#]\s+\S", lines[at][:1_000]):
        return found, 0
    at += 1
    while at < len(lines) and lines[at].strip():
        _take(found, lines[at])
        at += 1
    return found, at


def _take(found: dict[str, str], line: str) -> None:
    named = _ATTRIBUTE.fullmatch(line.rstrip())
    revised = _REVISION.fullmatch(line.strip())
    if named:
        found[named[1].lower()] = named[2]
    elif revised:
        found["revdate"] = revised[1]


def spoken(text: str, attributes: Attributes) -> str:
    """Write links and images as Markdown, and values for the names of attributes."""
    text = _REFERENCE.sub(lambda each: attributes.get(each[1].lower(), each[0]), text)
    text = _IMAGE.sub(lambda each: f"![{each[2] or each[1]}]({each[1]})", text)
    text = _XREF.sub(lambda each: f"[{each[2] or each[1]}]({each[1]})", text)
    text = _CROSS.sub(lambda each: f"[{each[2] or each[1]}](#{each[1].lstrip('#')})", text)
    text = _LINK.sub(lambda each: f"[{each[2].rstrip('^') or each[1]}]({each[1]})", text)
    text = _KEYS.sub(lambda each: each[1], text)
    return re.sub(r" \+$", "", text, flags=re.MULTILINE)


def is_item(line: str) -> bool:
    """Tell a line that begins an item of a list."""
    return bool(_ITEM.fullmatch(line)) and not line.strip().startswith("//")


def items(lines: Sequence[str], at: int, end: int, attributes: Attributes) -> tuple[int, str]:
    """Read a list; give the line behind it and the list as Markdown."""
    made: list[str] = []
    marks: set[str] = set()
    pad = ""
    while at < end:
        line = lines[at]
        fence = _FENCE.fullmatch(line)
        if fence and made and lines[at - 1].strip().startswith(("+", "[")):
            at, code = _code(lines, at, end, fence[1])
            made += [f"{pad}{each}".rstrip() for each in code.split("\n")]
            continue
        if not line.strip():
            if at + 1 >= end or _mark(lines[at + 1]) not in marks:
                break
        elif is_item(line):
            marks.add(_mark(line))
            pad, told = _told(line, attributes)
            made.append(told)
        elif line.strip() != "+" and not re.fullmatch(r"\[[^\]]*\]", line.strip()):
            made.append(f"{pad}{spoken(line.strip(), attributes)}")
        at += 1
    return at, "\n".join(made)


def _mark(line: str) -> str:
    """Tell the kind of an item; behind a blank line only items of the same kind go on."""
    found = _ITEM.fullmatch(line)
    if not found or line.strip().startswith("//"):
        return ""
    return (
        (found[1] or found[4])[0].replace(".", "1") if not (found[1] or "")[:1].isdigit() else "1"
    )


def _code(lines: Sequence[str], at: int, end: int, mark: str) -> tuple[int, str]:
    closing = "```" if mark.startswith("```") else mark
    last = next((n for n in range(at + 1, end) if lines[n].rstrip() == closing), end)
    return last + 1, fenced("\n".join(lines[at + 1 : last]))


def _told(line: str, attributes: Attributes) -> tuple[str, str]:
    """Write an item as Markdown; give the indent of what belongs to it, and the line."""
    found = _ITEM.fullmatch(line)
    if found is None:
        return "", line
    if found[3] is not None:
        rest = f"\n  {spoken(found[5], attributes)}" if found[5] else ""
        return "  ", f"- **{spoken(found[3], attributes)}**{rest}"
    mark, text = found[1], spoken(found[2], attributes)
    depth = len(mark) - 1 if mark[0] in "*." else 0
    bullet = "1. " if mark[0] == "." or mark[0].isdigit() else "- "
    text = _CHECK.sub(lambda box: "[ ] " if box[1] == " " else "[x] ", text, count=1)
    pad = "   " * depth
    return pad + " " * len(bullet), f"{pad}{bullet}{text}"


def columns(style: str) -> int:
    """Count the columns that a table's style names; 0 where it names none."""
    found = _COLUMNS.search(style)
    if not found:
        return 0
    if found[2]:
        return min(int(found[2][:4]), _MOST_COLUMNS)
    count = 0
    for part in found[1].replace(";", ",").split(","):
        times = re.match(r"\s*(\d{1,3})\*", part)
        count += int(times[1]) if times else 1
    return min(count, _MOST_COLUMNS)


def table_rows(text: str, mark: str, width: int, attributes: Attributes) -> list[list[str]]:
    """Read a table's rows: cells begin with `|`, or are separated by commas or colons."""
    if mark in ",:":
        return list(csv.reader(StringIO(text), delimiter=mark))
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return []
    cells = [spoken(each.strip(), attributes) for each in _CELL.split(text)[2::2]]
    width = width or max(1, len(_CELL.findall(lines[0])))
    return [cells[at : at + width] for at in range(0, len(cells), width)]
