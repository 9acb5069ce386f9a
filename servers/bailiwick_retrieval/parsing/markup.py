"""A tree of elements as blocks of Markdown under headings: what all marked-up formats share."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bailiwick_retrieval.models.parsed import Kind, Place
from bailiwick_retrieval.parsing import grid
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.inline import DROPPED, Inline, plain
from bailiwick_retrieval.parsing.tree import Element
from bailiwick_retrieval.parsing.visibility import is_hidden

_HEADING = re.compile(r"h([1-6])")
_LANGUAGE = re.compile(
    r"\b(?:(?:language|lang|highlight(?:-source)?|source)-|brush:\s*)(\w[\w+#.-]*)"
)
_NO_LANGUAGE = frozenset({"default", "none", "notranslate", "plain", "plaintext", "text"})
_CONTAINERS = frozenset({"section", "article", "div", "main"})
HIDDEN = ("hidden",)


@dataclass(frozen=True, slots=True)
class Piece:
    """A heading (`level` above 0) or a block."""

    kind: Kind
    text: str
    element: Element
    level: int = 0
    anchor: str = ""
    marks: tuple[str, ...] = ()


class Walker:
    """Takes a tree apart. `place` says where the n-th piece, which begins at an element, stands."""

    def __init__(self, draft: Draft, place: Callable[[Element, int], Place]) -> None:
        """Write into a draft."""
        self._draft = draft
        self._place = place
        self._count = 0
        self._waiting = ""
        self._around = ""
        self._kinds: dict[str, Callable[[Element], Iterator[Piece]]] = {
            "pre": self._code,
            "table": self._table,
            "ul": self._list,
            "ol": self._list,
            "dl": self._terms,
            "blockquote": self._quote,
            "hr": self._nothing,
            "summary": self._summary,
            "figcaption": self._summary,
            "caption": self._summary,
        }

    def walk(self, root: Element) -> None:
        """Write everything below `root`."""
        for piece in self._pieces(root):
            self._count += 1
            place = self._place(piece.element, self._count)
            if piece.level:
                self._draft.heading(piece.level, piece.text, place, piece.anchor)
            else:
                self._draft.add(piece.kind, piece.text, place, piece.marks)
            if self._draft.full:
                break

    def _pieces(self, element: Element) -> Iterator[Piece]:
        """Give what is in an element; a run of what is not a block is a paragraph."""
        run: list[Element | str] = []
        for child in element.children:
            if isinstance(child, str) or not child.is_block:
                self._remember(child)
                run.append(child)
                continue
            yield from self._paragraph(run, element)
            run = []
            yield from self._block(child)
        yield from self._paragraph(run, element)

    def _remember(self, child: Element | str) -> None:
        """Keep the id of an empty anchor for the heading that follows it."""
        if isinstance(child, str):
            self._waiting = self._waiting if not child.strip() else ""
        elif child.tag in {"a", "span"} and not child.text().strip():
            self._waiting = child.get("id") or child.get("name") or self._waiting
        elif child.text().strip():
            self._waiting = ""

    def _paragraph(self, run: Sequence[Element | str], near: Element) -> Iterator[Piece]:
        if not run:
            return
        inline = Inline()
        at = next((each for each in run if isinstance(each, Element) and each.line), near)
        text = inline.write(run)
        if text:
            yield Piece("prose", text, at)
        for aside in inline.hidden:
            yield Piece("prose", aside, at, marks=HIDDEN)

    def _block(self, element: Element) -> Iterator[Piece]:
        if element.tag in DROPPED:
            return
        if is_hidden(element):
            yield from (_concealed(each) for each in self._seen(element))
        else:
            yield from self._seen(element)

    def _seen(self, element: Element) -> Iterator[Piece]:
        heading = _HEADING.fullmatch(element.tag)
        if heading:
            yield self._heading(element, int(heading[1]))
            return
        if element.tag in _CONTAINERS and element.get("id") and element.tag != "main":
            self._contain(element)
        make = self._kinds.get(element.tag, self._pieces)
        around = self._around
        self._around = _language(element) or around
        for piece in make(element):
            if not piece.level:
                self._waiting = ""
            yield piece
        self._around = around

    def _contain(self, element: Element) -> None:
        if element.tag == "section" or "section" in element.words("class"):
            self._waiting = element.get("id")

    def _heading(self, element: Element, level: int) -> Piece:
        inner = (
            each.get("id") or each.get("name") for each in element.walk() if each.tag in "a span"
        )
        anchor = element.get("id") or self._waiting or next(filter(None, inner), "")
        self._waiting = ""
        return Piece("prose", plain(element.children), element, level, anchor)

    def _nothing(self, element: Element) -> Iterator[Piece]:
        return iter(())

    def _summary(self, element: Element) -> Iterator[Piece]:
        for piece in self._paragraph(element.children, element):
            bold = piece.marks or "**" in piece.text or "\n" in piece.text
            yield piece if bold else Piece("prose", f"**{piece.text}**", element)

    def _code(self, element: Element) -> Iterator[Piece]:
        text = code_text(element).strip("\n")
        if text.strip():
            yield Piece("code", fenced(text, self._spoken(element)), element)

    def _spoken(self, element: Element) -> str:
        inner = filter(None, map(_language, element.elements()))
        return _language(element) or next(inner, "") or self._around

    def _quote(self, element: Element) -> Iterator[Piece]:
        seen, aside = self._nested(element)
        text = "\n\n".join(seen)
        if text:
            yield Piece(
                "quote", "\n".join(f"> {line}".rstrip() for line in text.split("\n")), element
            )
        yield from aside

    def _list(self, element: Element) -> Iterator[Piece]:
        lines: list[str] = []
        hidden: list[Piece] = []
        number = _start(element)
        for item in element.elements():
            if item.tag in DROPPED:
                continue
            seen, aside = self._nested(item)
            hidden += [*aside]
            if is_hidden(item):
                hidden += [Piece("list", text, item, marks=HIDDEN) for text in seen]
                continue
            bullet = f"{number}. " if element.tag == "ol" else "- "
            if seen:
                lines.append(hung(bullet, seen))
                number += 1
        if lines:
            yield Piece("list", "\n".join(lines), element)
        yield from hidden

    def _terms(self, element: Element) -> Iterator[Piece]:
        lines: list[str] = []
        hidden: list[Piece] = []
        for item in _entries(element):
            seen, aside = self._nested(item)
            hidden += aside
            if item.tag == "dt":
                lines += [f"- **{text}**" if "**" not in text else f"- {text}" for text in seen]
            elif seen:
                lines.append("\n".join(_indented(text, "  ") for text in seen))
        if lines:
            yield Piece("list", "\n".join(lines), element)
        yield from hidden

    def _table(self, element: Element) -> Iterator[Piece]:
        if grid.is_layout(element):
            yield from self._pieces(element)
            return
        hidden: list[Piece] = []

        def write(item: Element) -> str:
            seen, aside = self._nested(item)
            hidden.extend(aside)
            return "\n".join(seen)

        for caption in element.elements():
            if caption.tag == "caption":
                yield from self._summary(caption)
        text = grid.table(element, write)
        if text:
            yield Piece("table", text, element)
        yield from hidden

    def _nested(self, element: Element) -> tuple[list[str], list[Piece]]:
        """Write what is inside a list item, a cell or a quote: what is seen, and what is not."""
        seen: list[str] = []
        hidden: list[Piece] = []
        for piece in self._pieces(element):
            if piece.marks:
                hidden.append(piece)
            elif piece.level:
                seen.append(f"**{' '.join(piece.text.split())}**")
            else:
                seen.append(piece.text)
        return seen, hidden


def _concealed(piece: Piece) -> Piece:
    text = " ".join(piece.text.split()) if piece.level else piece.text
    return Piece(piece.kind, text, piece.element, marks=HIDDEN)


def _entries(element: Element) -> Iterator[Element]:
    """Give terms and definitions; HTML allows a `div` around each pair."""
    for child in element.elements():
        if child.tag == "div":
            yield from child.elements()
        elif child.tag in {"dt", "dd"}:
            yield child


def _start(element: Element) -> int:
    start = element.get("start")
    return int(start) if start.isdecimal() and len(start) < 7 else 1


def hung(bullet: str, texts: Sequence[str]) -> str:
    """Hang paragraphs on a bullet, the further ones indented below it."""
    pad = " " * len(bullet)
    first, *rest = texts
    return "\n".join(
        [bullet + _indented(first, pad)[len(pad) :], *(_indented(text, pad) for text in rest)]
    )


def _indented(text: str, pad: str) -> str:
    return "\n".join(f"{pad}{line}" if line else "" for line in text.split("\n"))


def code_text(element: Element) -> str:
    """Write what is in `pre` as it stands, without line numbers beside it."""
    parts: list[str] = []
    for child in element.children:
        if isinstance(child, str):
            parts.append(child)
        elif child.tag == "br":
            parts.append("\n")
        elif child.tag not in DROPPED and not child.words("class") & grid.NUMBERS:
            # One listing after another in the same frame: two languages to choose from.
            if child.tag == "code" and parts and parts[-1].strip():
                parts.append("\n")
            parts.append(code_text(child))
    return "".join(parts)


def fenced(text: str, language: str = "") -> str:
    """Fence code with more backticks than are in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _language(element: Element) -> str:
    """Read the language of code off its class, as the usual highlighters write it."""
    found = _LANGUAGE.search(element.get("class"))
    named = found[1] if found else element.get("data-lang") or element.get("data-language")
    return "" if named in _NO_LANGUAGE else named[:20]
