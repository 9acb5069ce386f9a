"""Source code and configuration: a section for each definition that begins at the margin."""

import re
from collections.abc import Sequence
from itertools import pairwise

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.markup import fenced
from bailiwick_retrieval.settings import ParsingSettings

MOST_LINES = 60
"""Lines of one block; a longer definition is cut at blank lines, or there."""
_DEFINITION = re.compile(
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|unsafe"
    r"|pub(?:\([a-z]+\))?|declare|sealed|data|open|override|virtual|inline|extern)\s+)*"
    r"(?:def|class|func|fn|function|interface|trait|type|struct|enum|impl|mod|module|namespace"
    r"|record|object|protocol|resource|data|variable|output|provider|message|service|rpc"
    r"|create\s+(?:or\s+replace\s+)?(?:table|view|function|procedure|index|trigger))\b"
    r"[^\n({:=;]*[\w>\"]",
    re.IGNORECASE,
)
_LEAD = re.compile(r"\s*(?:#|//|/\*|\*|--|@|\[|<!--|\"\"\"|;)")
_MANIFEST = re.compile(r"^(?:---\s*(?:#.*)?$)", re.MULTILINE)
_KIND = re.compile(r"^kind:\s*[\"']?([\w.-]+)", re.MULTILINE)
_NAMED = re.compile(
    r"^metadata:\s*\n(?:[ \t]+.*\n)*?[ \t]+name:\s*[\"']?([\w.{}$ -]+)", re.MULTILINE
)
_SETTINGS = frozenset({"yaml", "yml"})


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read code in any language; places are lines. The title is the file's name."""
    text, notes = decode(data)
    draft = Draft("code", name, limits)
    for note in notes:
        draft.note(note)
    last = name.replace("\\", "/").rpartition("/")[2]
    ending = last.rpartition(".")[2].lower() if "." in last else ""
    lines = text.split("\n")
    starts = _manifests(lines) if ending in _SETTINGS else _definitions(lines)
    language = ending if ending.isalnum() else ""
    bounds = [*starts, (len(lines), "")]
    _write(draft, lines, 0, bounds[0][0], language)
    for (start, heading), (end, _) in pairwise(bounds):
        draft.heading(1, heading, Place("line", start + 1, start + 1))
        _write(draft, lines, start, end, language)
    return draft.parsed(Meta(title=last))


def _definitions(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Find where definitions begin, with the comments and decorators right above them."""
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        named = _DEFINITION.match(line)
        if not named:
            continue
        start = number
        floor = found[-1][0] if found else -1
        while start - 1 > floor and _LEAD.match(lines[start - 1]):
            start -= 1
        found.append((start, named[0][:200]))
    return found


def _manifests(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Find the documents of a YAML stream that say what they are: `kind name`."""
    found: list[tuple[int, str]] = []
    starts = [0, *(n + 1 for n, line in enumerate(lines) if _MANIFEST.match(line))]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        text = "\n".join(lines[start : min(end, start + 200)])
        kind, named = _KIND.search(text), _NAMED.search(text)
        if kind:
            found.append((start, f"{kind[1]} {named[1].strip() if named else ''}".strip()))
    return found


def _write(draft: Draft, lines: Sequence[str], start: int, end: int, language: str) -> None:
    """Write lines as blocks of at most 60, cut where a blank line is near the end."""
    while start < end and not draft.full:
        while start < end and not lines[start].strip():
            start += 1
        stop = min(end, start + MOST_LINES)
        if stop < end:
            blank = (at for at in range(stop, start + MOST_LINES // 3, -1) if not lines[at].strip())
            stop = next(blank, stop)
        kept = stop
        while kept > start and not lines[kept - 1].strip():
            kept -= 1
        if kept > start:
            text = fenced("\n".join(lines[start:kept]), language)
            draft.add("code", text, Place("line", start + 1, kept))
        start = stop
