"""A prepared document as rows: cut, put into words and packed before the index is locked."""

import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

import orjson
from pydantic import TypeAdapter

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.ranking.scores import TITLE
from bailiwick_retrieval.ranking.words import STOP, plain, whole
from bailiwick_retrieval.splitting import Piece, context, pieces

_PARSED: TypeAdapter[Parsed] = TypeAdapter(Parsed)
_PLACE: TypeAdapter[Place] = TypeAdapter(Place)


@dataclass(frozen=True, slots=True)
class Row:
    """A passage as the index keeps it. `title`, `body` and `whole` are words with blanks between.

    `length` counts the telling words, those of the heading as often as they weigh. `print` is a
    hash of what is embedded: passages with the same one share a vector.
    """

    piece: Piece
    title: str
    body: str
    whole: str
    length: float
    print: bytes


def rows(parsed: Parsed) -> Iterator[Row]:
    """Cut a document into passages, and those into words.

    The alerts that a document is for count as its title: who has the alert has its name.
    """
    named = " ".join(parsed.meta.alerts)
    for piece in pieces(parsed):
        above = f"{context(parsed.title, piece.headings)} {named}"
        title, body = plain(above), plain(piece.text)
        joined = [*whole(above), *whole(piece.text)]
        length = TITLE * _telling(title) + _telling(body) + len(joined)
        seal = blake2b(f"{above}\n{piece.text}".encode(errors="replace"), digest_size=16).digest()
        yield Row(piece, " ".join(title), " ".join(body), " ".join(joined), length, seal)


def _telling(found: list[str]) -> int:
    return sum(word not in STOP for word in found)


def packed(parsed: Parsed) -> bytes:
    """Pack a document's sections for the shelf of versions."""
    return zlib.compress(orjson.dumps(asdict(parsed)), 3)


def unpacked(blob: bytes) -> Parsed:
    """Read what `packed` wrote."""
    return _PARSED.validate_json(zlib.decompress(blob))


def place(text: str) -> Place:
    """Read a place that was kept as JSON."""
    return _PLACE.validate_json(text)


def facts(meta: Meta, notes: tuple[str, ...]) -> str:
    """Write what a document says of itself, as far as answers show it."""
    told: dict[str, Any] = {
        "status": meta.status,
        "superseded_by": meta.superseded_by,
        "review_by": meta.review_by,
        "alerts": meta.alerts,
        "tags": meta.tags,
        "notes": notes,
    }
    return dumped({name: each for name, each in told.items() if each})


def dumped(told: Any) -> str:
    """Write JSON as text, lone surrogates replaced."""
    return orjson.dumps(told).decode()
