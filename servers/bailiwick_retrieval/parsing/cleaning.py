"""What happens to every document before it is kept: secrets go, and what is odd gets a mark."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bailiwick.shaping.fence import flags
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import Counts, redact_text
from bailiwick_retrieval.models.parsed import Block, Meta, Parsed, Place, Section
from bailiwick_retrieval.parsing.anchors import Anchors
from bailiwick_retrieval.parsing.draft import MOST_HEADING, cut

# Zero-width signs that typesetting and scripts need now and then; a run of them carries a message.
_WEAK = "\u00ad\u200b-\u200f\u2060\ufeff"
_LONE = re.compile(rf"(?<![{_WEAK}])[{_WEAK}]{{1,2}}(?![{_WEAK}])")
# Of these, the ones that only say where a word may break: they would keep it from being found.
_BREAKS = re.compile("[\u00ad\u200b\u2060\ufeff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9a\x9c-\x9f\ud800-\udfff]")
_LINES = re.compile("[\x0b\x0c\u2028\u2029]")
_EMBEDDED = re.compile(r"data:[\w.+/-]{0,60}[;,][^\s)\"'>]{120,}")
_HIDDEN = "hidden"


def clean(parsed: Parsed) -> Parsed:
    """Redact every string of a document that is shown, and mark blocks that hide or instruct."""
    counts: Counts = dict(parsed.redactions)
    anchors = Anchors()
    sections = tuple(_section(each, counts, anchors) for each in parsed.sections)
    return replace(
        parsed,
        title=_line(parsed.title, counts),
        sections=sections,
        meta=_meta(parsed.meta, counts),
        notes=tuple(_line(note, counts) for note in parsed.notes),
        redactions=counts,
    )


def _section(section: Section, counts: Counts, anchors: Anchors) -> Section:
    """Clean a section. Redaction may make two anchors one: they are kept apart anew."""
    blocks = (_block(each, counts) for each in section.blocks)
    heading = _line(section.heading, counts)
    return replace(
        section,
        heading=heading or ("…" if section.level else ""),
        anchor=anchors.of("", _line(section.anchor, counts)) if section.level else "",
        place=_place(section.place, counts),
        blocks=tuple(each for each in blocks if each.text.strip()),
    )


def _block(block: Block, counts: Counts) -> Block:
    text = _LINES.sub("\n", block.text)
    marks = set(block.marks) | set(flags(text))
    if hides(text):
        marks.add(_HIDDEN)
    text = redact_text(_bare(text), counts)
    return replace(block, text=text, place=_place(block.place, counts), marks=tuple(sorted(marks)))


def _place(place: Place, counts: Counts) -> Place:
    return replace(place, name=_line(place.name, counts)) if place.name else place


def hides(text: str) -> bool:
    """Whether the text has characters that show nothing, or reorder or steer what is shown."""
    if text.isascii() and "\x1b" not in text:
        return False
    seen = _CONTROLS.sub("", _LONE.sub("", text))
    return neutralise(seen) != seen


def _bare(text: str) -> str:
    """Leave out controls, embedded files, and signs that break words apart."""
    if not text.isascii():
        text = _BREAKS.sub("", text)
    if "data:" in text:
        text = _EMBEDDED.sub("data:…", text)
    return _CONTROLS.sub("", text)


def _line(text: str, counts: Counts) -> str:
    """Clean a string that stands on one line, and cut it."""
    if not text:
        return text
    return cut(redact_text(" ".join(_bare(_LINES.sub(" ", text)).split()), counts), MOST_HEADING)


def _meta(meta: Meta, counts: Counts) -> Meta:
    """Clean what is shown. Readers are compared and never shown, so they stay as they are."""
    return replace(
        meta,
        title=_line(meta.title, counts),
        tags=_lines(meta.tags, counts),
        status=_line(meta.status, counts),
        superseded_by=_line(meta.superseded_by, counts),
        alerts=_lines(meta.alerts, counts),
        language=_line(meta.language, counts),
    )


def _lines(texts: Sequence[str], counts: Counts) -> tuple[str, ...]:
    return tuple(_line(text, counts) for text in texts)
