"""Rows as Splunk writes them, piece by piece: JSON, XML, CSV or the raw text."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

import orjson

from practice.splunk.atom import clean
from practice.splunk.spl.context import Message
from practice.splunk.spl.values import Row, Value, iso, many, text

Moment = Callable[[float], str]
KINDS = {
    "json": "application/json; charset=UTF-8",
    "json_rows": "application/json; charset=UTF-8",
    "xml": "text/xml; charset=UTF-8",
    "csv": "text/csv; charset=UTF-8",
    "raw": "text/plain; charset=UTF-8",
}
BLOCK = 65_536


@dataclass(frozen=True)
class Page:
    """Some rows of an answer and what is said beside them."""

    rows: Iterable[Row]
    fields: Sequence[str]
    messages: Sequence[Message] = ()
    offset: int = 0
    preview: bool = False


def shown(row: Row, moment: Moment = iso) -> dict[str, str | list[str]]:
    """Write a row's values as text."""
    out: dict[str, str | list[str]] = {}
    for name, value in row.items():
        if isinstance(value, list) and len(value) > 1:
            out[name] = value
        elif value is not None:
            out[name] = written(name, value, moment)
    return out


def written(name: str, value: Value, moment: Moment) -> str:
    """Write one value as text; only the time has a form of its own."""
    return moment(value) if name == "_time" and isinstance(value, float) else text(value)


def page(told: Page, mode: str) -> Iterator[bytes]:
    """Write a page in blocks."""
    return _blocks(WRITERS[mode](told))


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def _json(told: Page) -> Iterator[bytes]:
    head = {
        "preview": told.preview,
        "init_offset": told.offset,
        "messages": [{"type": each.kind, "text": each.text} for each in told.messages],
        "fields": [{"name": name} for name in told.fields],
    }
    yield orjson.dumps(head)[:-1] + b',"results":['
    comma = b""
    for row in told.rows:
        yield comma + orjson.dumps(shown(row))
        comma = b","
    yield b'],"highlighted":{}}'


def _json_rows(told: Page) -> Iterator[bytes]:
    head = {
        "preview": told.preview,
        "init_offset": told.offset,
        "messages": [{"type": each.kind, "text": each.text} for each in told.messages],
        "fields": list(told.fields),
    }
    yield orjson.dumps(head)[:-1] + b',"rows":['
    comma = b""
    for row in told.rows:
        found = shown(row)
        yield comma + orjson.dumps([found.get(name) for name in told.fields])
        comma = b","
    yield b"]}"


def _xml(told: Page) -> Iterator[bytes]:
    yield b"<?xml version='1.0' encoding='UTF-8'?>\n"
    yield from results(told)


def results(told: Page, moment: Moment = iso) -> Iterator[bytes]:
    """Write one element `results`; an export has many of them."""
    yield f"<results preview='{int(told.preview)}'>\n<meta>\n<fieldOrder>\n".encode()
    for name in told.fields:
        yield f"<field>{clean(name)}</field>\n".encode()
    yield b"</fieldOrder>\n</meta>\n"
    if told.messages:
        yield b"<messages>\n"
        for each in told.messages:
            yield f'  <msg type="{each.kind}">{clean(each.text)}</msg>\n'.encode()
        yield b"</messages>\n"
    for place, row in enumerate(told.rows, told.offset):
        yield _result(row, place, moment)
    yield b"</results>\n"


def _result(row: Row, place: int, moment: Moment) -> bytes:
    lines = [f"\t<result offset='{place}'>\n"]
    for name, value in row.items():
        if name == "_raw":
            raw = f"<v xml:space='preserve' trunc='0'>{clean(text(value))}</v>"
            lines.append(f"\t\t<field k='_raw'>{raw}</field>\n")
            continue
        inner = "".join(
            f"\t\t\t<value><text>{clean(each)}</text></value>\n"
            for each in (value if isinstance(value, list) else [written(name, value, moment)])
        )
        lines.append(f"\t\t<field k={quoteattr(name)}>\n{inner}\t\t</field>\n")
    return "".join([*lines, "\t</result>\n"]).encode()


def _csv(told: Page) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(told.fields)
    for row in told.rows:
        found = shown(row)
        writer.writerow(["\n".join(many(found.get(name))) for name in told.fields])
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def _raw(told: Page) -> Iterator[bytes]:
    for row in told.rows:
        yield text(row.get("_raw")).encode() + b"\n"


WRITERS: dict[str, Callable[[Page], Iterator[bytes]]] = {
    "json": _json,
    "json_rows": _json_rows,
    "xml": _xml,
    "csv": _csv,
    "raw": _raw,
}
