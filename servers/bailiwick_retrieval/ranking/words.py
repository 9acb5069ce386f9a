"""Text to words, the same way for what is kept and what is asked.

A word is kept as it is written (lower case, compatibility forms folded) and, with `~` before it, as
its stem (Snowball's English stemmer leaves other languages' words mostly alone). Identifiers count
whole and in parts: `maxPoolSize` is also `max`, `pool`, `size`. Scripts without blanks are cut into
pairs of letters. Words that questions are made of say nothing about a subject and are left out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

STEM = "~"
_FUNCTION_WORDS = """
    a about above after again against all also am an and any are as at be because been before
    being below between both but by can cannot could did do does doing down during each few for from
    further had has have having he her here hers him his how i if in into is it its itself just me
    more most my no nor not of off on once only or other our out over own same shall she should so
    some such than that the their them then there these they this those through to too under until
    up upon very was we were what when where which while who whom whose why will with would you your
    s t ve re ll d m"""
STOP = frozenset(_FUNCTION_WORDS.split())
"""Function words of English, and the words that ask."""
_LONGEST = 60
"""Characters of a word; what is longer is no word."""
_MOST_TERMS = 64
"""Terms of one question; the rest of a pasted page would say little more."""
_WORD = re.compile(r"[^\W_]+(?:[._:/@'\u2019+#-]+[^\W_]+)*[+#]{0,2}|[^\W_]+", re.UNICODE)
_PART = re.compile(r"[^\W_]+", re.UNICODE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_BLANKS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7af\uf900-\ufaff]+"
)
_PHRASE = re.compile('["\u201c\u201d]([^"\u201c\u201d]{1,200})["\u201c\u201d]')


@cache
def _english() -> Any:
    """Make the stemmer; its package brings thirty languages along, and no start needs one."""
    return import_module("snowballstemmer").stemmer("english")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Cut a word down to what its forms share."""
    return str(_english().stemWord(word)) if word.isascii() and word.isalpha() else word


def plain(text: str) -> list[str]:
    """Give the words of a text in order, identifiers in parts."""
    return [part for token in _tokens(text) for part in _parts(token)]


def whole(text: str) -> list[str]:
    """Give the identifiers of a text that have parts, each as a whole."""
    return [token.replace("\u2019", "'").casefold() for token in _tokens(text) if _is_joined(token)]


def words(text: str) -> Iterator[str]:
    """Give the words of a text: of an identifier its parts and the whole."""
    yield from plain(text)
    yield from whole(text)


def _tokens(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text))


def _is_joined(token: str) -> bool:
    parts = not token.isalnum() or (not token.islower() and _CAMEL.search(token) is not None)
    return parts and len(token) <= _LONGEST and not _NO_BLANKS.search(token)


def _parts(token: str) -> Iterator[str]:
    for piece in _PART.findall(token):
        for part in _CAMEL.split(piece) if not piece.islower() else (piece,):
            for run in _runs(part):
                yield run.casefold()[:_LONGEST]


def _runs(part: str) -> Iterator[str]:
    """Cut writing without blanks into pairs of letters; leave other letters together."""
    at = 0
    for found in _NO_BLANKS.finditer(part):
        if found.start() > at:
            yield part[at : found.start()]
        run = found[0]
        if len(run) == 1:
            yield run
        for number in range(len(run) - 1):
            yield run[number : number + 2]
        at = found.end()
    if at < len(part):
        yield part[at:]


def telling(text: str) -> list[str]:
    """Give the words of a text that say what it is about."""
    return [word for word in words(text) if word not in STOP]


def phrases(question: str) -> list[tuple[str, ...]]:
    """Find what stands in quotation marks: word for word, in that order."""
    found = (tuple(plain(match[1])) for match in _PHRASE.finditer(question))
    return [phrase for phrase in found if phrase][:8]


def terms(question: str) -> dict[str, float]:
    """Turn a question into terms with weights: each word as it is written, and its stem.

    Each counts once however often it was said. A question of nothing but function words keeps
    them, so that `"to be or not to be"` finds something.
    """
    told = telling(question) or list(words(question))
    found: dict[str, float] = {}
    for word in told:
        found.setdefault(word, 0.5)
        found.setdefault(STEM + stem(word), 0.5)
        if len(found) >= _MOST_TERMS:
            break
    return found


def written(terms: Mapping[str, float] | Iterable[str]) -> list[str]:
    """Give the terms that a person would recognise: no stems."""
    return [term for term in terms if not term.startswith(STEM)]


def shingles(text: str, size: int = 4) -> frozenset[tuple[str, ...]]:
    """Give the runs of words of a text, to tell how much two texts share."""
    told = plain(text)
    last = max(len(told) - size, 0)
    return frozenset(tuple(told[at : at + size]) for at in range(last + 1))
