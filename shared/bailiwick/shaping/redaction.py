"""The front of redaction: one filter for replies, logs, spans, errors and records.

Text: Secret manifests, then secrets by pattern, then card numbers. Objects: what their
shape tells, then every string as text. Both are idempotent, never raise, and count
what they replaced.
"""

from collections.abc import Callable

from bailiwick.shaping import cards, manifests, objects, secrets
from bailiwick.shaping.linear import Sieve, to_bytes
from bailiwick.shaping.marks import JSON, Counts, add
from bailiwick.shaping.neutral import is_odd, plain

__all__ = ["JSON", "Counts", "redact_object", "redact_text"]

_SIEVE = Sieve((*secrets.TRIGGERS, manifests.TRIGGER, cards.TRIGGER))
_MANIFESTS = Sieve((manifests.TRIGGER,))
# Replacing may bring together what was apart; each pass leaves less to find.
_MOST_PASSES = 8


def redact_text(text: str, counts: Counts) -> str:
    """Replace secrets and mask card numbers in `text`; add to `counts` by type."""
    if _is_clean(text):
        return text
    return _settled(_document, text, counts)


def redact_object(obj: JSON, counts: Counts, *, env: objects.Env = "suspicious") -> JSON:
    """Return a copy of `obj` without secrets, keys included; add to `counts` by type.

    `env="all"` masks every environment value, not just the suspicious ones.
    """
    return objects.redact(obj, counts, _text, env=env)


def _text(text: str, counts: Counts) -> str:
    return text if _is_clean(text) else _settled(_once, text, counts)


def _is_clean(text: str) -> bool:
    """Whether nothing in the text calls for a closer look; this is the common case."""
    if _SIEVE.hits(to_bytes(text)):
        return False
    return text.isascii() and not is_odd(text) and "\\u00" not in text


def _settled(step: Callable[[str, Counts], str], text: str, counts: Counts) -> str:
    for _ in range(_MOST_PASSES):
        shown = step(text, counts)
        if shown == text:
            break
        text = shown
    return text


def _document(text: str, counts: Counts) -> str:
    return _once(objects.redact_embedded(text, counts, _text), counts)


def _once(text: str, counts: Counts) -> str:
    """Redact as written; if a reading copy shows more, let the copy take its place."""
    shown = _patterns(text, counts)
    if not is_odd(shown):
        return shown
    hidden: Counts = {}
    read = _patterns(plain(shown), hidden)
    add(counts, hidden)
    return read if hidden else shown


def _patterns(text: str, counts: Counts) -> str:
    if _MANIFESTS.hits(to_bytes(text)):
        text = manifests.mask_manifests(text, counts)
    return cards.mask_cards(secrets.redact_secrets(text, counts), counts)
