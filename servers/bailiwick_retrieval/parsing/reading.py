"""One file from bytes to a clean document: the format is told, its parser runs, the result cleaned.

A format's parser is imported by the first file that needs it.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import cast

from bailiwick_retrieval.models.parsed import Parsed
from bailiwick_retrieval.parsing.cleaning import clean
from bailiwick_retrieval.parsing.failure import FAULTS, Unparsed
from bailiwick_retrieval.parsing.formats import sniff
from bailiwick_retrieval.settings import ParsingSettings

Parser = Callable[[bytes, str, ParsingSettings], Parsed]
MOST_NAME = 1_000


def digest(
    data: bytes, name: str, media_type: str = "", limits: ParsingSettings | None = None
) -> Parsed:
    """Read a file. Raises Unparsed whatever its bytes are, and nothing else.

    `name` is the file's path or name; `media_type` may be empty.
    """
    limits = limits or ParsingSettings()
    if len(data) > limits.most_mb * 1_000_000:
        raise Unparsed(f"is larger than {limits.most_mb:g} MB")
    kind = sniff(data, name, media_type)
    try:
        parsed = _parser(kind)(data, name[-MOST_NAME:], limits)
    except Unparsed:
        raise
    except MemoryError as error:
        raise Unparsed("needs more memory than one file may have") from error
    except RecursionError as error:
        raise Unparsed("is nested too deeply") from error
    except FAULTS as error:
        raise Unparsed(f"is broken: not read as {kind}", detail=type(error).__name__) from error
    parsed = clean(parsed)
    if not parsed.notes and not any(each.heading or each.blocks for each in parsed.sections):
        parsed = replace(parsed, notes=("it has no text",))
    return parsed


def _parser(kind: str) -> Parser:
    module = import_module(f"bailiwick_retrieval.parsing.{kind}")
    return cast("Parser", module.parse)
