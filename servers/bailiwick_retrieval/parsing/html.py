"""HTML: what a page is about, without what stands around it, ids of headings kept."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bailiwick_retrieval.models.parsed import Meta, Parsed, Place
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.markup import Walker
from bailiwick_retrieval.parsing.meta import from_mapping
from bailiwick_retrieval.parsing.tree import Element, Planter
from bailiwick_retrieval.settings import ParsingSettings

_AROUND = frozenset({"nav", "footer", "aside", "dialog", "menu"})
_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "complementary", "menubar", "dialog"}
)
_ENOUGH = 200
"""Characters that a `<main>` has at least, where the body has many more."""
_TIMES = ("article:modified_time", "dcterms.modified", "dc.date.modified", "last-modified")


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read a page: `<main>`, the one `<article>`, or the body without its frame."""
    text, notes = decode(data, declared=True)
    root = planted(text, limits.most_depth)
    draft = Draft("html", name, limits)
    for note in notes:
        draft.note(note)
    meta, title, more = _meta(root)
    for note in more:
        draft.note(note)
    Walker(draft, _part).walk(content(root))
    return draft.parsed(meta, title)


def _part(_: Element, count: int) -> Place:
    return Place("part", count, count)


def planted(text: str, deepest: int) -> Element:
    """Parse HTML, whole or in parts, as HTML5 says browsers do."""
    planter = Planter("html", deepest)
    node: LexborNode | None = LexborHTMLParser(text).root
    depth = 0
    while node is not None:
        inner = _opened(planter, node)
        if inner is not None:
            node, depth = inner, depth + 1
            continue
        while node is not None and depth and node.next is None:
            node, depth = node.parent, depth - 1
            planter.end()
        node = node.next if node is not None and depth else None
    return planter.root


def _opened(planter: Planter, node: LexborNode) -> LexborNode | None:
    """Plant a node; give its first child where it has one, and is open then."""
    tag = node.tag or ""
    if tag == "-text":
        planter.text(node.text_content or "")
        return None
    if tag.startswith(("-", "!")):
        return None
    planter.start(Element(tag, {key: value or "" for key, value in node.attributes.items()}))
    if node.first_child is not None:
        return node.first_child
    planter.end()
    return None


def content(root: Element) -> Element:
    """Find what a page is about, and take out what stands around it."""
    body = next((each for each in root.walk() if each.tag == "body"), root)
    main = [each for each in body.walk() if each.tag == "main" or each.get("role") == "main"]
    articles = [each for each in body.walk() if each.tag == "article"]
    for found in (main[:1], articles if len(articles) == 1 else []):
        if found and len(found[0].text().strip()) >= min(_ENOUGH, len(body.text()) // 10):
            _strip(found[0], _AROUND - {"aside"})
            return found[0]
    whole = list(body.children)
    _strip(body, _AROUND | {"header"})
    if not body.text().strip():
        body.children = whole
    return body


def _strip(element: Element, tags: frozenset[str]) -> None:
    """Take out what stands around the content; a header with the page's title stays."""
    kept: list[Element | str] = []
    for child in element.children:
        if isinstance(child, Element):
            if _is_frame(child, tags):
                continue
            _strip(child, tags)
        kept.append(child)
    element.children = kept


def _is_frame(element: Element, tags: frozenset[str]) -> bool:
    if element.tag in {"body", "main", "article"}:
        return False
    framed = element.tag in tags or bool(element.words("role") & _ROLES)
    return framed and not any(each.tag == "h1" for each in element.walk())


def _meta(root: Element) -> tuple[Meta, str, tuple[str, ...]]:
    raw: dict[str, str] = {}
    title = ""
    for element in root.walk():
        if element.tag == "body":
            break
        if element.tag == "title":
            title = title or element.text()
        key = (element.get("name") or element.get("property")).lower()
        if element.tag == "meta" and key and key != "title" and len(raw) < 100:
            raw.setdefault("updated" if key in _TIMES else key, element.get("content"))
        if element.tag == "html" and element.get("lang"):
            raw.setdefault("language", element.get("lang"))
    meta, notes = from_mapping(raw)
    return meta, title, notes
