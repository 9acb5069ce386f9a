"""What stands inside a line: emphasis, code, links and images, as Markdown."""

import re
from collections.abc import Sequence

from bailiwick_retrieval.parsing.tree import Element
from bailiwick_retrieval.parsing.visibility import is_hidden

DROPPED = frozenset(
    {
        "applet",
        "audio",
        "base",
        "button",
        "canvas",
        "datalist",
        "embed",
        "head",
        "iframe",
        "link",
        "map",
        "meta",
        "meter",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "option",
        "progress",
        "script",
        "select",
        "source",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "track",
        "video",
        "wbr",
    }
)
_WRAPS = {
    "strong": "**",
    "b": "**",
    "em": "*",
    "i": "*",
    "cite": "*",
    "dfn": "*",
    "del": "~~",
    "s": "~~",
    "strike": "~~",
    "q": '"',
}
_CODE = frozenset({"code", "kbd", "samp", "tt", "var"})
_BLANKS = re.compile(r"[ \t\n\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\x00 ?")
_SCHEME = re.compile(r"\s*(?:javascript|data|vbscript|blob)\s*:", re.IGNORECASE)
_SIGNS = frozenset({"¶", "#", "§", "🔗", "⚓", "", "\uf0c1"})  # what a permalink shows
_BREAK = "\x00"


class Inline:
    """Writes runs of text; what a reader would not see is put aside in `hidden`."""

    def __init__(self) -> None:
        """Begin with nothing put aside."""
        self.hidden: list[str] = []

    def write(self, nodes: Sequence[Element | str]) -> str:
        """Write nodes as Markdown; `<br>` is a line's end, all other blanks are one."""
        text = _BLANKS.sub(" ", self._all(nodes))
        return _LINES.sub("\n", text).strip()

    def _all(self, nodes: Sequence[Element | str]) -> str:
        return "".join(
            node.replace(_BREAK, "") if isinstance(node, str) else self._one(node) for node in nodes
        )

    def _one(self, element: Element) -> str:
        if element.tag in DROPPED or is_permalink(element):
            return ""
        if is_hidden(element):
            self._put_aside(element)
            return ""
        if element.tag in {"br", "hr"}:
            return _BREAK
        if element.tag == "img":
            return _image(element)
        if element.tag == "input":
            return _box(element)
        return self._held(element)

    def _held(self, element: Element) -> str:
        tag = element.tag
        if tag in _CODE:
            return _fenced(element.text())
        inner = self._all(element.children)
        if tag == "a":
            return _link(inner, element.get("href"))
        wrap = _WRAPS.get(tag, "")
        # Emphasis ends where its text ends: blanks of it belong outside.
        bare = inner.strip()
        if not wrap or not bare or wrap in bare or _BREAK in bare:
            return f" {inner} " if element.is_block else inner
        lead, tail = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
        return f"{lead}{wrap}{bare}{wrap}{tail}"

    def _put_aside(self, element: Element) -> None:
        text = _BLANKS.sub(" ", plain(element.children)).strip()
        if text and text not in _SIGNS:
            self.hidden.append(text)


def plain(nodes: Sequence[Element | str]) -> str:
    """Write nodes without any marks, as a heading is linked to."""
    return "".join(
        node
        if isinstance(node, str)
        else ("" if node.tag in DROPPED or is_permalink(node) else _plain(node))
        for node in nodes
    )


def _plain(element: Element) -> str:
    if element.tag == "br":
        return " "
    return element.get("alt") if element.tag == "img" else plain(element.children)


def is_permalink(element: Element) -> bool:
    """Tell the sign beside a heading that links to the heading itself."""
    if element.tag != "a" or not element.get("href").rpartition("/")[2].startswith("#"):
        return False
    return element.text().strip().lower() in _SIGNS


def _fenced(text: str) -> str:
    text = _BLANKS.sub(" ", text).strip()
    if not text:
        return ""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _link(inner: str, target: str) -> str:
    bare = inner.strip()
    target = target.strip()
    if not bare or not target or _SCHEME.match(target) or target in {bare, "#"}:
        return inner
    if target.startswith("mailto:") and "@" in bare:
        return inner
    if "](" in bare or _BREAK in bare or bare.startswith("!["):
        return inner
    target = target.replace(" ", "%20").replace("\n", "").replace(")", "%29")
    return inner.replace(bare, f"[{bare}]({target})", 1)


def _image(element: Element) -> str:
    alt = _BLANKS.sub(" ", element.get("alt")).strip()
    source = element.get("src").strip()
    if not alt or alt.startswith(":"):
        return alt
    if not source or _SCHEME.match(source):
        return f"![{alt}]()"
    return f"![{alt}]({source.replace(' ', '%20')})"


def _box(element: Element) -> str:
    if element.get("type").lower() != "checkbox":
        return ""
    return "[x] " if "checked" in element.attrs else "[ ] "
