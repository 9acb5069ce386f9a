"""Elements of a marked-up document, whatever it was written in, with the names that HTML has."""

from collections.abc import Iterator
from dataclasses import dataclass, field

DEEPEST = 150
"""Deeper elements hang on the one at this depth, so that walking never meets Python's own limit."""
BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    }
)


@dataclass(slots=True, eq=False)
class Element:
    """An element; `line` and `last` count from 1 in the original, 0 where nobody knows."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict[str, str])
    children: list["Element | str"] = field(default_factory=list["Element | str"])
    line: int = 0
    blocky: bool = False
    """Whether it has elements in it that stand on lines of their own."""
    last: int = 0

    def get(self, name: str) -> str:
        """Read an attribute; an empty string where it is absent."""
        return self.attrs.get(name, "")

    def words(self, name: str) -> frozenset[str]:
        """Read an attribute that lists words, in lower case."""
        return frozenset(self.get(name).lower().split())

    def elements(self) -> Iterator["Element"]:
        """Give the children that are elements."""
        return (child for child in self.children if isinstance(child, Element))

    def walk(self) -> Iterator["Element"]:
        """Give this element and all below it, in the document's order."""
        waiting: list[Element] = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(list(element.elements())))

    def text(self) -> str:
        """All text in it, as written."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    @property
    def is_block(self) -> bool:
        """Whether it, or anything in it, stands on lines of its own."""
        return self.blocky or self.tag in BLOCKS


class Planter:
    """Builds a tree out of starts, ends and texts."""

    def __init__(self, tag: str, deepest: int = DEEPEST) -> None:
        """Begin with a root element."""
        self.root = Element(tag)
        self._open = [self.root]
        self._below = 0
        self._deepest = min(deepest, DEEPEST)

    def start(self, element: Element) -> None:
        """Open an element; one that is too deep is left out, and what it holds is kept."""
        if len(self._open) >= self._deepest:
            self._below += 1
            return
        self._open[-1].children.append(element)
        if element.tag in BLOCKS:
            for above in reversed(self._open):
                if above.blocky:
                    break
                above.blocky = True
        self._open.append(element)

    def end(self) -> None:
        """Close the element that was opened last."""
        if self._below:
            self._below -= 1
        elif len(self._open) > 1:
            self._open.pop()

    def text(self, text: str) -> None:
        """Put text into the open element."""
        self._open[-1].children.append(text)
