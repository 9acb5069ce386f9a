"""What a tool answers, before it is shaped: facts in order, never a finished text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text from outside, worst first; every row as long as `columns`.

    The cells of the first `whole` columns are not cut: addresses, which are of no use in part.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    source: str = "upstream"
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Outside:
    """Marks a field of a structured answer whose text is from outside, so that it is fenced."""


Untrusted = Annotated[str, Outside()]
"""Such a field, in the model itself, in a part of it, or in a list of parts."""


@dataclass(frozen=True, slots=True)
class Block:
    """Free text from outside. It is fenced, whatever it says."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that we drew: PNG, RFC 2083."""

    png: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in text. `says` is its first line, and should be all that most callers need.

    `total` counts what matched, shown or not; `withheld` names what the policy kept back, and
    `notes` what was not looked at and what to do next. `link` opens the
    same in the vendor's own page. `next` makes the cursor that continues
    after so many rows of the table; empty at the end.
    """

    says: str
    table: Table | None = None
    blocks: tuple[Block, ...] = ()
    total: int | None = None
    withheld: str = ""
    notes: tuple[str, ...] = ()
    next: Callable[[int], str] | None = None
    link: str = ""
    image: Image | None = None
