"""A document as it was parsed: sections of blocks, each with its place in the original."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["line", "page", "slide", "row", "cell", "part"]
Kind = Literal["prose", "list", "table", "code", "quote"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in the original: first and last of a unit, counted from 1.

    `name` is a sheet or a file inside the document, `span` a range inside the unit (`A1:F20`).
    """

    unit: Unit
    first: int
    last: int
    name: str = ""
    span: str = ""

    def __str__(self) -> str:
        """Write it as a person would look for it."""
        within = f"{self.name!r} " if self.name else ""
        if self.span:
            return f"{within}{self.span}"
        many = f"s {self.first}-{self.last}" if self.last > self.first else f" {self.first}"
        return f"{within}{self.unit}{many}"

    def to(self, other: "Place") -> "Place":
        """Reach as far as another place of the same unit and name; else keep this one."""
        if (self.unit, self.name) != (other.unit, other.name):
            return self
        first, last = min(self.first, other.first), max(self.last, other.last)
        return Place(self.unit, first, last, self.name, _joined(self.span, other.span))


def _joined(one: str, other: str) -> str:
    """Join two ranges of one sheet that follow each other: `A1:F9` and `A10:F20`."""
    return f"{one.partition(':')[0]}:{other.rpartition(':')[2]}" if one and other else one or other


@dataclass(frozen=True, slots=True)
class Block:
    """The smallest thing that stays whole where it can: a paragraph, a list, a table, code.

    `text` is Markdown where the original has a structure that Markdown can show. `marks` say what
    is odd about it: `hidden` (a reader of the original would not see it), or a signal that it
    speaks to a model, as `bailiwick.shaping.fence.flags` names them.
    """

    kind: Kind
    text: str
    place: Place
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading of any level.

    `level` is 0 for what stands before the first heading, whose `heading` and `anchor` are empty.
    `anchor` is what a link to the heading carries after `#`, and unique in the document.
    """

    level: int
    heading: str
    anchor: str
    blocks: tuple[Block, ...]
    place: Place

    @property
    def text(self) -> str:
        """The text without the heading."""
        return "\n\n".join(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Meta:
    """What a document says about itself: front matter, properties, headers. All may be absent.

    `readers` is None where it says nothing of readers; an empty tuple lets nobody read it.
    `updated` is in seconds since 1970. `status` is in the document's own words (`draft`).
    """

    title: str = ""
    tags: tuple[str, ...] = ()
    readers: tuple[str, ...] | None = None
    updated: float | None = None
    status: str = ""
    superseded_by: str = ""
    review_by: float | None = None
    alerts: tuple[str, ...] = ()
    """Names of alerts that a runbook is for."""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document that was read. `notes` say what could not be (`pages 3-7 have no text`)."""

    format: str
    title: str
    sections: tuple[Section, ...]
    meta: Meta = Meta()
    notes: tuple[str, ...] = ()
    redactions: dict[str, int] = field(default_factory=dict[str, int])

    def paths(self) -> Iterator[tuple[Section, tuple[str, ...]]]:
        """Give each section with the headings above it, the outermost first, its own last."""
        return headed(self.sections)


def headed(sections: Sequence[Section]) -> Iterator[tuple[Section, tuple[str, ...]]]:
    """Give each section with its heading path."""
    above: list[Section] = []
    for section in sections:
        while above and above[-1].level >= section.level:
            above.pop()
        above.append(section)
        yield section, tuple(each.heading for each in above if each.heading)
