"""From an answer to the text a model reads: redacted, fenced, and within its budget."""

import re
from dataclasses import dataclass, field
from typing import Any, cast, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bailiwick.shaping.answer import Answer, Block, Image, Outside, Table
from bailiwick.shaping.fence import fence, inline
from bailiwick.shaping.marks import marked
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import redact_object, redact_text

_WIDEST = 160
"""Characters of a cell that are shown."""
_LONGEST = 2_048
"""Characters of a cell that is of no use when it is cut."""
_FIELD = 2_000
"""Characters, or bytes from outside, of one field of a structured answer."""
_PLAIN = re.compile(r"(?:[\x20-\x7e]{0,160}[\t\n])*[\x20-\x7e]{0,160}")
_ROOM = 400
"""Bytes kept for the header and the notes when a table or a block is cut."""
_LINK = 1_000
"""Bytes of a link; a longer one would not be copied right by anybody."""


@dataclass(slots=True)
class Reply:
    """What goes back over the wire. `redactions` counts what was taken out, by type.

    For programs: `code` says what failed, `rows` are the lines of the table as they are shown,
    its head first, and `next` is the cursor that continues.
    """

    text: str
    structured: dict[str, Any] | None = None
    is_error: bool = False
    redactions: dict[str, int] = field(default_factory=dict[str, int])
    image: Image | None = None
    code: str = ""
    rows: list[str] = field(default_factory=list[str])
    next: str = ""

    @property
    def size(self) -> int:
        """Bytes of the text in UTF-8, and of the picture."""
        drawn = len(self.image.png) if self.image else 0
        return len(self.text.encode(errors="replace")) + drawn


def shape(result: Answer | BaseModel | str, *, nonce: str, budget: int) -> Reply:
    """Shape whatever a tool returned into a reply of at most about `budget` bytes."""
    reply = Reply("")
    if isinstance(result, Answer):
        reply.text = _answer(result, nonce, budget, reply)
        reply.image = result.image
    elif isinstance(result, BaseModel):
        dumped = result.model_dump(mode="json", exclude_none=True)
        seen = redact_object(dumped, reply.redactions)
        reply.structured = cast("dict[str, Any]", _framed(result, _harmless(seen), nonce))
        reply.text = "\n".join(_line(key, value, nonce) for key, value in reply.structured.items())
    else:
        reply.text = _cut(redact_text(result, reply.redactions), budget)
    _recount(reply)
    return reply


def _recount(reply: Reply) -> None:
    """Count what a tool has taken out itself before it cut or counted: its mark tells."""
    for label, times in marked(reply.text).items():
        reply.redactions[label] = max(reply.redactions.get(label, 0), times)


def _harmless(value: Any) -> Any:
    """Let no string of a structured answer hide or reorder anything, keys included."""
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        return {neutralise(key): _harmless(each) for key, each in known.items()}
    if isinstance(value, list):
        return [_harmless(each) for each in cast("list[Any]", value)]
    return neutralise(value) if isinstance(value, str) else value


def _framed(model: Any, seen: Any, nonce: str) -> Any:
    """Fence the fields that are marked as text from outside, in the model and in its parts."""
    if isinstance(model, list | tuple) and isinstance(seen, list):
        pairs = zip(cast("list[Any]", model), cast("list[Any]", seen), strict=True)
        return [_framed(each, one, nonce) for each, one in pairs]
    if not isinstance(model, BaseModel) or not isinstance(seen, dict):
        return seen
    shown = cast("dict[str, Any]", seen)
    for name, field_ in type(model).model_fields.items():
        if name not in shown:
            continue
        if _outside(field_):
            shown[name] = _fenced(shown[name], name, nonce)
        else:
            shown[name] = _framed(getattr(model, name), shown[name], nonce)
    return shown


def _outside(field_: FieldInfo) -> bool:
    """Say whether a field, or what it is a list of, is marked as text from outside."""
    inner = [getattr(each, "__metadata__", ()) for each in get_args(field_.annotation)]
    marks = [*field_.metadata, *(mark for marks in inner for mark in marks)]
    return any(isinstance(mark, Outside) for mark in marks)


def _fenced(value: Any, source: str, nonce: str) -> Any:
    if isinstance(value, list):
        return [_fenced(each, source, nonce) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        return {key: _fenced(each, source, nonce) for key, each in known.items()}
    return fence(_cut(str(value), _FIELD), source, nonce)


def _line(key: str, value: Any, nonce: str) -> str:
    """Write one field; one that is fenced keeps its lines, so that it is seen where it ends."""
    if isinstance(value, str) and value.startswith(f"<<untrusted {nonce} "):
        return f"{key}:\n{value}"
    return f"{key}: {_plain(value)}"


def _plain(value: Any) -> str:
    """Write one field of a small structured answer on one line."""
    if isinstance(value, list):
        return "; ".join(map(_plain, cast("list[Any]", value)))
    if isinstance(value, dict):
        return ", ".join(f"{k}={_plain(v)}" for k, v in cast("dict[str, Any]", value).items())
    return inline(str(value), _FIELD)


def _answer(answer: Answer, nonce: str, budget: int, reply: Reply) -> str:
    counts = reply.redactions
    says = inline(redact_text(answer.says, counts), 1_000)
    notes = [inline(redact_text(note, counts), 500) for note in answer.notes]
    if link := redact_text(answer.link, counts):
        notes.append(f"open: {inline(link, _LINK)}" if len(link) <= _LINK else "open: (too long)")
    room = max(budget - len(says) - sum(map(len, notes)) - _ROOM, 200)
    body: list[str] = []
    shown: int | None = None
    if answer.table is not None and answer.table.rows:
        lines = reply.rows = _rows(answer.table, room, counts)
        shown = len(lines) - 1
        body.append(fence("\n".join(lines), answer.table.source, nonce))
        room -= len(body[0])
    for block in answer.blocks:
        body.append(_block(block, nonce, max(room, 200), counts))
        room -= len(body[-1])
    reply.next = answer.next(shown or 0) if answer.next is not None else ""
    header = _header(answer, shown, reply.next)
    return "\n".join(part for part in (says, header, *body, *notes) if part)


def _header(answer: Answer, shown: int | None, cursor: str) -> str:
    """Say how much there is, how much this is, what was kept back, and how to go on."""
    facts: list[str] = []
    if answer.total is not None:
        facts.append(f"total={answer.total}")
    if shown is not None:
        facts.append(f"shown={shown}")
    if answer.withheld:
        facts.append(f"withheld={inline(answer.withheld, 200)}")
    if cursor:
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
    for line in plain or (_careful(row, counts, table.whole) for row in every):
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


def _careful(row: tuple[str, ...], counts: dict[str, int], whole: int) -> str:
    return "\t".join(
        inline(redact_text(cell, counts), _WIDEST if number >= whole else _LONGEST)
        for number, cell in enumerate(row)
    )


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
