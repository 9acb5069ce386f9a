"""The head of a text file: YAML between `---`, or TOML between `+++`."""

import re
import tomllib
from typing import Any, cast

import yaml

from bailiwick_retrieval.models.parsed import Meta
from bailiwick_retrieval.parsing.meta import from_mapping, nobody

_YAML = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_SPEAKS = re.compile(r"^\s*[\"']?readers\b", re.IGNORECASE | re.MULTILINE)
_MOST = 65_536
BROKEN = "its front matter cannot be read: nobody may read it"


def split(text: str) -> tuple[str, Meta, tuple[str, ...]]:
    """Take the head off: the text with blank lines in its place, what it says, notes.

    A head that cannot be read lets nobody read the document; two rules around prose are no head.
    """
    if not text.startswith(("---", "+++")):
        return text, Meta(), ()
    dashes = text.startswith("---")
    found = (_YAML if dashes else _TOML).match(text, 0, _MOST)
    if not found:
        return _unclosed(text)
    head = found[1]
    raw = _loaded(head, dashes=dashes)
    if isinstance(raw, dict):
        meta, notes = from_mapping(cast("dict[Any, Any]", raw))
    elif raw is None and not head.strip():
        meta, notes = Meta(), ()
    elif isinstance(raw, str) and not _SPEAKS.search(head):
        return text, Meta(), ()
    else:
        meta, notes = nobody(), (BROKEN,)
    end = found.end()
    return "\n" * text.count("\n", 0, end) + text[end:], meta, notes


def _unclosed(text: str) -> tuple[str, Meta, tuple[str, ...]]:
    """Judge a head without an end: one that speaks of readers is broken, else it is a rule."""
    if _SPEAKS.search(text[:_MOST].partition("\n\n")[0]):
        return text, nobody(), (BROKEN,)
    return text, Meta(), ()


def _loaded(head: str, *, dashes: bool) -> Any:
    """Read a head; False where that fails, which is neither a mapping nor prose."""
    try:
        return yaml.safe_load(head) if dashes else tomllib.loads(head)
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
        ArithmeticError,
        LookupError,
        TypeError,
        AttributeError,
    ):
        return False
