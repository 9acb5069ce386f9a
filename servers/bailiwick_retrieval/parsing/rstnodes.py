"""The tree that docutils makes, in the words of HTML."""

from collections.abc import Callable, Mapping

from docutils import nodes

from bailiwick_retrieval.parsing.tree import Element, Planter

_TAGS: Mapping[type[nodes.Node], str] = {
    nodes.paragraph: "p",
    nodes.strong: "strong",
    nodes.emphasis: "em",
    nodes.title_reference: "em",
    nodes.literal: "code",
    nodes.math: "code",
    nodes.bullet_list: "ul",
    nodes.list_item: "li",
    nodes.block_quote: "blockquote",
    nodes.attribution: "p",
    nodes.definition_list: "dl",
    nodes.field_list: "dl",
    nodes.option_list: "dl",
    nodes.docinfo: "dl",
    nodes.term: "dt",
    nodes.field_name: "dt",
    nodes.option_group: "dt",
    nodes.definition: "dd",
    nodes.field_body: "dd",
    nodes.description: "dd",
    nodes.table: "table",
    nodes.thead: "thead",
    nodes.tbody: "tbody",
    nodes.row: "tr",
    nodes.literal_block: "pre",
    nodes.doctest_block: "pre",
    nodes.math_block: "pre",
    nodes.line_block: "p",
    nodes.transition: "hr",
    nodes.rubric: "figcaption",
    nodes.caption: "figcaption",
    nodes.footnote: "p",
    nodes.citation: "p",
    nodes.container: "div",
    nodes.compound: "div",
    nodes.figure: "div",
    nodes.legend: "div",
    nodes.topic: "div",
    nodes.sidebar: "div",
}
_DROPPED = (
    nodes.comment,
    nodes.system_message,
    nodes.substitution_definition,
    nodes.pending,
    nodes.raw,
    nodes.meta,
    nodes.decoration,
    nodes.colspec,
)
# In a list of definitions these only hold a pair.
_PAIRS = (nodes.definition_list_item, nodes.field, nodes.option_list_item)
_LANGUAGES = frozenset({"code", "literal-block", "doctest", "console"})


def converted(tree: nodes.document) -> Element:
    """Write a document as a tree of elements with lines."""
    planter = Planter("body")
    for child in tree.children:
        _plant(planter, child, 1)
    return planter.root


def _plant(planter: Planter, node: nodes.Node, level: int) -> None:
    if isinstance(node, nodes.Text):
        planter.text(str(node))
    elif isinstance(node, nodes.Element) and not _is_dropped(node):
        opened = _opened(node, level)
        for element in opened:
            planter.start(element)
        _lead(planter, node)
        below = level + 1 if isinstance(node, nodes.section) else level
        for child in node.children:
            _plant(planter, child, below)
            if isinstance(child, nodes.line):
                planter.start(Element("br"))
                planter.end()
        for _ in opened:
            planter.end()


def _is_dropped(node: nodes.Element) -> bool:
    return isinstance(node, _DROPPED) or (
        isinstance(node, nodes.topic) and "contents" in node.get("classes", [])
    )


def _lead(planter: Planter, node: nodes.Element) -> None:
    """Name the kind of an admonition, which docutils writes only when it makes HTML."""
    if isinstance(node, nodes.Admonition) and not isinstance(node, nodes.admonition):
        planter.start(Element("figcaption"))
        planter.text(type(node).__name__.replace("_", " ").capitalize())
        planter.end()


def _opened(node: nodes.Element, level: int) -> list[Element]:
    """Give the element that stands for a node; none for one that only holds others."""
    if isinstance(node, (*_PAIRS, nodes.tgroup, nodes.line)):
        return []
    make = next((make for kind, make in _MAKERS if isinstance(node, kind)), None)
    made = make(node, level) if make else Element(_TAGS.get(type(node), "span"))
    made.line, made.last = _lines(node)
    return [made]


def _title(node: nodes.Element, level: int) -> Element:
    """Write a section's title as a heading; a table's or topic's as words above it."""
    parent = node.parent
    if not isinstance(parent, nodes.section):
        return Element("figcaption" if not isinstance(parent, nodes.table) else "caption")
    anchors = [str(each) for each in parent.get("ids", [])]
    usual = nodes.make_id(node.astext())
    anchor = usual if usual in anchors else next(iter(anchors), "")
    return Element(f"h{min(6, level - 1)}", {"id": anchor} if anchor else {})


def _code(node: nodes.Element, _: int) -> Element:
    classes = [str(each) for each in node.get("classes", [])]
    named = [each for each in classes if each not in _LANGUAGES]
    language = named[0] if named and "code" in classes else str(node.get("language", ""))
    return Element("pre", {"class": f"language-{language}"} if language else {})


def _reference(node: nodes.Element, _: int) -> Element:
    target = str(node.get("refuri", "")) or f"#{node.get('refid', '')}"
    return Element("a", {"href": target} if target != "#" else {})


def _image(node: nodes.Element, _: int) -> Element:
    source = str(node.get("uri", ""))
    return Element("img", {"alt": str(node.get("alt", "")), "src": source})


def _entry(node: nodes.Element, _: int) -> Element:
    row = node.parent
    head = row is not None and isinstance(row.parent, nodes.thead)
    attrs = {
        "colspan": str(int(node.get("morecols", 0)) + 1),
        "rowspan": str(int(node.get("morerows", 0)) + 1),
    }
    return Element("th" if head else "td", attrs)


def _numbered(node: nodes.Element, _: int) -> Element:
    return Element("ol", {"start": str(node.get("start", 1))})


def _quoted(_node: nodes.Element, _level: int) -> Element:
    return Element("blockquote")


def _sectioned(_node: nodes.Element, _level: int) -> Element:
    return Element("section")


_MAKERS: tuple[tuple[type[object], Callable[[nodes.Element, int], Element]], ...] = (
    (nodes.section, _sectioned),
    (nodes.title, _title),
    (nodes.literal_block, _code),
    (nodes.reference, _reference),
    (nodes.image, _image),
    (nodes.entry, _entry),
    (nodes.enumerated_list, _numbered),
    (nodes.Admonition, _quoted),
)


def _lines(node: nodes.Element) -> tuple[int, int]:
    """Give the first and last line of a node, as far as docutils knows them; 0 where not."""
    known = [
        (each.line, each.line + each.rawsource.strip("\n").count("\n"))
        for each in (node, *node.children)
        if isinstance(each, nodes.Element) and each.line
    ]
    if not known:
        return 0, 0
    return min(first for first, _ in known), max(last for _, last in known)
