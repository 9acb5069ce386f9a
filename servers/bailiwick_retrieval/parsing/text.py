"""Plain text: paragraphs between blank lines. What looks like a heading is not taken for one."""

from collections.abc import Iterator

from bailiwick_retrieval.models.parsed import Parsed, Place
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.settings import ParsingSettings

MOST_LINES = 60
"""Lines of one block; longer ones (logs) are cut there."""


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read paragraphs; places are lines."""
    text, notes = decode(data)
    draft = Draft("text", name, limits)
    for note in notes:
        draft.note(note)
    for first, lines in paragraphs(text):
        place = Place("line", first, first + len(lines) - 1)
        draft.add("prose", "\n".join(lines), place)
        if draft.full:
            break
    return draft.parsed()


def paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give runs of lines that are not blank, each with the number of its first, from 1."""
    run: list[str] = []
    number = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and len(run) < MOST_LINES:
            run.append(line)
            continue
        if run:
            yield number - len(run), run
        run = [line] if line.strip() else []
    if run:
        yield number - len(run) + 1, run
