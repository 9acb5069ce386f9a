"""Length-prefixed frames between the server and a parsing process.

A request is two frames, a JSON object and the file's bytes; an answer is one, a JSON object with
`parsed` or `unparsed`. A frame is four bytes of length, big-endian, and that many bytes.
"""

from dataclasses import dataclass

from pydantic import TypeAdapter

from bailiwick_retrieval.models.parsed import Parsed
from bailiwick_retrieval.settings import ParsingSettings

HEAD = 4
MOST_REQUEST = 2_000_000_000
MOST_MESSAGE = 300
"""Longest reason, in characters."""


@dataclass(frozen=True, slots=True)
class Request:
    """What goes before the bytes."""

    name: str
    media_type: str
    limits: ParsingSettings


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back: one of the two; `worn` says that the child ends now."""

    parsed: Parsed | None = None
    unparsed: str = ""
    worn: bool = False


REQUEST: TypeAdapter[Request] = TypeAdapter(Request)
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)


def framed(body: bytes) -> bytes:
    """Put the length before a body."""
    return len(body).to_bytes(HEAD, "big") + body


def most_answer(limits: ParsingSettings) -> int:
    """Bytes of the longest answer that is believed: all characters escaped, and their frame."""
    return 64_000_000 + 8 * limits.most_characters
