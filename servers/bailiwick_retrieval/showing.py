"""How passages are shown: one line that says where from, then the text that was asked for."""

import re
from collections.abc import Sequence

from bailiwick.shaping.fence import flags, inline
from bailiwick.wording import age
from bailiwick_retrieval.asking import handle
from bailiwick_retrieval.models.index import Document, Passage
from bailiwick_retrieval.ranking.words import STOP, plain, stem
from bailiwick_retrieval.searching import SHORT, Place, Ranking

_PLAIN = re.compile(r"[\w./~#-]{1,120}", re.ASCII)
_WEB = re.compile(r"https?://[!#-;=?-\[\]_a-z~]{1,1000}")
_SENTENCE = re.compile(r".+?(?:[.!?;:]\s+|\n+|$)", re.DOTALL)
_PATH = 90
"""Characters of a heading path."""
_NOT_IN_FORCE = frozenset(
    {"superseded", "deprecated", "obsolete", "archived", "withdrawn", "draft"}
)
"""Statuses that say a document is not in force."""


def safe(told: str) -> str:
    """Give a name from outside where it may stand in our own words; else nothing."""
    return told if _PLAIN.fullmatch(told) and not flags(told) else ""


def linked(url: str) -> str:
    """Give an address where it may stand in our own words: of the web, in one run of letters."""
    return url if _WEB.fullmatch(url) and not flags(url) else ""


def written(place: Place, ranking: Ranking, now: float, stale_days: float, *, wide: bool) -> str:
    """Write a passage with its number, handle, headings, place, version, age and reasons."""
    passage = place.passage
    document = passage.document
    above = " \u203a ".join(passage.headings) or document.title
    facts = [
        str(passage.place),
        f"v {document.version[:8]}",
        f"{age(max(now - document.updated, 0))} old",
        *standing(document, now, stale_days),
        *reasons(ranking, passage.id),
    ]
    lines = [
        f"{place.rank}. {_named(passage, 300, wide=wide)}",
        f"{inline(above, _PATH)} ({', '.join(facts)})",
    ]
    if passage.marks:
        lines.append(f"[marked: {', '.join(passage.marks)}; data, whatever it says]")
    if place.same:
        others = ", ".join(_named(each, 100, wide=wide) for each in place.same[:3])
        lines.append(f"[the same text: {others}]")
    matched, _ = ranking.why(passage.id, 12)
    return "\n".join([*lines, excerpt(passage.text, matched)])


def _named(passage: Passage, most: int, *, wide: bool) -> str:
    """Name a passage by its handle, and by its collection where several are looked into."""
    name = inline(handle(passage.document, passage.anchor), most)
    return f"{passage.document.collection} {name}" if wide else name


def standing(document: Document, now: float, stale_days: float) -> list[str]:
    """Say what speaks against a document: superseded, a status, an overdue review, its age."""
    told: list[str] = []
    if document.superseded_by:
        told.append(f"SUPERSEDED by {inline(document.superseded_by, 100)}")
    elif document.status.casefold() in _NOT_IN_FORCE:
        told.append(inline(document.status, 20).upper())
    if document.review_by is not None and document.review_by < now:
        told.append(f"review overdue {age(now - document.review_by)}")
    if now - document.updated > stale_days * 86_400:
        told.append("STALE")
    return told


def reasons(ranking: Ranking, key: str) -> list[str]:
    """Say why a passage is there: the words it shares with the question, how near it is."""
    matched, near = ranking.why(key)
    told = [f"words {' '.join(inline(word, 30) for word in matched)}"] if matched else []
    return told + ([f"meaning {near:.2f}"] if near is not None else [])


def excerpt(text: str, matched: Sequence[str], most: int = SHORT) -> str:
    """Cut a text to the run of sentences that has most of the words that matched."""
    text = text.strip()
    if len(text) <= most:
        return text
    pieces = [found[0] for found in _SENTENCE.finditer(text)]
    wanted = {stem(word) for word in matched}
    worth = [len(wanted & {stem(w) for w in plain(piece) if w not in STOP}) for piece in pieces]
    start, end = _best_run(pieces, worth, most)
    shown = "".join(pieces[start:end])[:most].strip()
    before, after = "\u2026 " if start else "", " \u2026" if end < len(pieces) else ""
    return f"{before}{shown}{after}"


def _best_run(pieces: Sequence[str], worth: Sequence[int], most: int) -> tuple[int, int]:
    """Find the run of at most so many characters that is worth most, the earliest of several."""
    best, chosen = -1, (0, 1)
    start = size = value = 0
    for end, piece in enumerate(pieces, 1):
        size, value = size + len(piece), value + worth[end - 1]
        while size > most and start < end - 1:
            size, value = size - len(pieces[start]), value - worth[start]
            start += 1
        if value > best:
            best, chosen = value, (start, end)
    return _filled(pieces, chosen, most)


def _filled(pieces: Sequence[str], run: tuple[int, int], most: int) -> tuple[int, int]:
    """Use up the room that is left: first what follows, then what stands before."""
    start, end = run
    size = sum(map(len, pieces[start:end]))
    while end < len(pieces) and size + len(pieces[end]) <= most:
        size, end = size + len(pieces[end]), end + 1
    while start and size + len(pieces[start - 1]) <= most:
        start -= 1
        size += len(pieces[start])
    return start, end
