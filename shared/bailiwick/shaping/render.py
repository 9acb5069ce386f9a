"""From an answer to the text a model reads: redacted, fenced, and within its budget."""

import re
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import BaseModel

from bailiwick.shaping.answer import Answer, Block, Image, Table
from bailiwick.shaping.fence import fence, inline
from bailiwick.shaping.redaction import redact_object, redact_text

_WIDEST = 160
"""Characters of a cell that are shown."""
_PLAIN = re.compile(r"(?:[\x20-\x7e]{0,160}[\t\n])*[\x20-\x7e]{0,160}")
_ROOM = 400
"""Bytes kept for the header and the notes when a table or a block is cut."""
_LINK = 1_000
"""Bytes of a link; a longer one would not be copied right by anybody."""


@dataclass(slots=True)
class Reply:
    """What goes back over the wire. `redactions` counts what was taken out, by type."""

    text: str
    structured: dict[str, Any] | None = None
    is_error: bool = False
    redactions: dict[str, int] = field(default_factory=dict[str, int])
    image: Image | None = None

    @property
    def size(self) -> int:
        """Bytes of the text in UTF-8, and of the picture."""
        drawn = len(self.image.png) if self.image else 0
        return len(self.text.encode(errors="replace")) + drawn


def shape(result: Answer | BaseModel | str, *, nonce: str, budget: int) -> Reply:
    """Shape whatever a tool returned into a reply of at most about `budget` bytes."""
    reply = Reply("")
    if isinstance(result, Answer):
        reply.text = _answer(result, nonce, budget, reply.redactions)
        reply.image = result.image
    elif isinstance(result, BaseModel):
        dumped = result.model_dump(mode="json", exclude_none=True)
        seen = cast("dict[str, Any]", redact_object(dumped, reply.redactions))
        reply.structured = seen
        reply.text = "\n".join(f"{key}: {_plain(value)}" for key, value in seen.items())
    else:
        reply.text = _cut(redact_text(result, reply.redactions), budget)
    return reply


def _plain(value: Any) -> str:
    """Write one field of a small structured answer on one line."""
    if isinstance(value, list):
        return "; ".join(map(_plain, cast("list[Any]", value)))
    if isinstance(value, dict):
        return ", ".join(f"{k}={_plain(v)}" for k, v in cast("dict[str, Any]", value).items())
    return inline(str(value), 2_000)


def _answer(answer: Answer, nonce: str, budget: int, counts: dict[str, int]) -> str:
    says = inline(redact_text(answer.says, counts), 1_000)
    notes = [inline(redact_text(note, counts), 500) for note in answer.notes]
    if link := redact_text(answer.link, counts):
        notes.append(f"open: {inline(link, _LINK)}" if len(link) <= _LINK else "open: (too long)")
    room = max(budget - len(says) - sum(map(len, notes)) - _ROOM, 200)
    body: list[str] = []
    shown: int | None = None
    if answer.table is not None and answer.table.rows:
        lines = _rows(answer.table, room, counts)
        shown = len(lines) - 1
        body.append(fence("\n".join(lines), answer.table.source, nonce))
        room -= len(body[0])
    for block in answer.blocks:
        body.append(_block(block, nonce, max(room, 200), counts))
        room -= len(body[-1])
    header = _header(answer, shown)
    return "\n".join(part for part in (says, header, *body, *notes) if part)


def _header(answer: Answer, shown: int | None) -> str:
    """Say how much there is, how much this is, what was kept back, and how to go on."""
    facts: list[str] = []
    if answer.total is not None:
        facts.append(f"total={answer.total}")
    if shown is not None:
        facts.append(f"shown={shown}")
    if answer.withheld:
        facts.append(f"withheld={inline(answer.withheld, 200)}")
    if answer.next is not None and (cursor := answer.next(shown or 0)):
        facts.append(f"next={cursor}")
    return " ".join(facts)


def _rows(table: Table, room: int, counts: dict[str, int]) -> list[str]:
    """Write the head and as many whole rows as fit; one row always does."""
    every = [table.columns, *table.rows]
    plain = _unremarkable(every)
    if sum(map(len, plain)) + len(plain) <= room and plain:
        return plain
    lines: list[str] = []
    used = 0
    for line in plain or (_careful(row, counts) for row in every):
        used += len(line.encode(errors="replace")) + 1
        if used > room and len(lines) > 1:
            break
        lines.append(line)
    return lines


def _unremarkable(rows: list[tuple[str, ...]]) -> list[str]:
    """Write all rows at once when nothing in them needs care; empty when something may.

    Most tables are plain, and one look at the whole costs a hundredth of a look at each cell.
    """
    text = "\n".join(["\t".join(row) for row in rows])
    whole = text.count("\n") == len(rows) - 1
    whole = whole and text.count("\t") == len(rows) * (len(rows[0]) - 1)
    if not whole or not _PLAIN.fullmatch(text) or redact_text(text, {}) is not text:
        return []
    return text.split("\n")


def _careful(row: tuple[str, ...], counts: dict[str, int]) -> str:
    return "\t".join(inline(redact_text(cell, counts), _WIDEST) for cell in row)


def _block(block: Block, nonce: str, room: int, counts: dict[str, int]) -> str:
    text = redact_text(block.text, counts).strip("\n")
    return fence(_cut(text, room), block.source, nonce)


def _cut(text: str, most: int) -> str:
    """Cut at the end of a line and say how much is missing."""
    raw = text.encode(errors="replace")
    if len(raw) <= most:
        return text
    kept = raw[:most].decode(errors="ignore")
    kept = kept[: kept.rfind("\n")] if "\n" in kept else kept
    return f"{kept}\n… {len(raw) - len(kept.encode())} more bytes; narrow the question to see them"
