"""Confluence's own elements in the words of HTML: macros, links, tasks, images."""

import re
from collections.abc import Callable, Mapping

from bailiwick_retrieval.parsing.tree import BLOCKS, Element

Node = Element | str
_PANELS = {
    "info": "Info",
    "note": "Note",
    "warning": "Warning",
    "tip": "Tip",
    "panel": "",
    "success": "Success",
    "error": "Error",
}
_CODE = frozenset({"code", "noformat", "code-block", "html", "mermaid-macro", "plantuml"})
_DROPPED = frozenset(
    {
        *("ac:parameter", "ac:placeholder", "ac:adf-fallback", "ac:adf-attribute", "ac:task-id"),
        *("ac:task-uuid", "ac:task-status", "ri:space", "ri:user", "ri:content-entity"),
    }
)
_BLANKS = re.compile(r"\s+")


def translated(root: Element) -> Element:
    """Write a tree anew with HTML's elements only. Headings get the ids that Confluence makes."""
    made = Element(root.tag, root.attrs, line=root.line)
    for child in root.children:
        made.children += [child] if isinstance(child, str) else _nodes(child)
    made.blocky = any(isinstance(each, Element) and each.is_block for each in made.children)
    return made


def _nodes(element: Element) -> list[Node]:
    tag = element.tag
    if tag in _DROPPED:
        return []
    make = _MAKERS.get(tag)
    if make is not None:
        return make(element)
    inner = translated(element)
    if tag.startswith(("ac:", "ri:")):
        inner.tag = "div" if inner.blocky else "span"
        inner.attrs = {}
    elif re.fullmatch(r"h[1-6]", tag) and "id" not in inner.attrs:
        anchor = _BLANKS.sub("-", inner.text().strip())
        inner.attrs = {**inner.attrs, "id": anchor} if anchor else inner.attrs
    return [inner]


def _block(tag: str, children: list[Node], attrs: Mapping[str, str] | None = None) -> Element:
    blocky = any(isinstance(each, Element) and each.is_block for each in children)
    return Element(tag, dict(attrs or {}), children, blocky=blocky or tag in BLOCKS)


def _macro(element: Element) -> list[Node]:
    name = element.get("ac:name")
    told = _parameters(element)
    title = told.get("title", "")
    body = [each for each in element.elements() if each.tag == "ac:rich-text-body"]
    inner: list[Node] = [*translated(body[0]).children] if body else []
    raw = "".join(each.text() for each in element.elements() if each.tag == "ac:plain-text-body")
    if name in _CODE or (raw and not body):
        lead = [_bold(title)] if title else []
        return [*lead, _block("pre", [raw], {"class": f"language-{told.get('language', '')}"})]
    if name in _PANELS:
        said = ": ".join(filter(None, (_PANELS[name], title)))
        return [_block("blockquote", [*([_bold(said)] if said else []), *inner])]
    if body:
        return [_block("div", [*([_bold(title)] if title else []), *inner])]
    return _small(name, told)


def _small(name: str, told: Mapping[str, str]) -> list[Node]:
    """Write a macro without a body: those that show words show them."""
    if name == "anchor":
        return [Element("a", {"id": told.get("", "")})]
    if name == "status":
        return [f" [{told.get('title', '')}] "] if told.get("title") else []
    if name == "jira":
        return [told.get("key") or told.get("jqlQuery", "")]
    return []


def _parameters(element: Element) -> dict[str, str]:
    return {
        each.get("ac:name"): each.text().strip()[:500]
        for each in element.elements()
        if each.tag == "ac:parameter"
    }


def _bold(text: str) -> Element:
    return _block("p", [_block("strong", [text])])


def _task(element: Element) -> list[Node]:
    status = "".join(each.text() for each in element.elements() if each.tag == "ac:task-status")
    box = "[x] " if status.strip() == "complete" else "[ ] "
    bodies = (each for each in element.elements() if each.tag == "ac:task-body")
    inner = [node for body in bodies for node in translated(body).children]
    return [_block("li", [box, *inner])]


def _tasks(element: Element) -> list[Node]:
    return [_block("ul", [*translated(element).children])]


def _link(element: Element) -> list[Node]:
    """Write a link to a page as a link to its title, one to a person or a file as its words."""
    page = next((each for each in element.walk() if each.tag == "ri:page"), None)
    file = next((each for each in element.walk() if each.tag == "ri:attachment"), None)
    words: list[Node] = []
    for each in element.elements():
        if each.tag in {"ac:link-body", "ac:plain-text-link-body"}:
            words += translated(each).children
    anchor = element.get("ac:anchor")
    title = page.get("ri:content-title") if page is not None else ""
    named = title or (file.get("ri:filename") if file is not None else "") or anchor
    target = f"{title}#{anchor}" if anchor else title
    if not target:
        return words or [named]
    return [_block("a", words or [named], {"href": target})]


def _image(element: Element) -> list[Node]:
    file = next((each for each in element.elements() if each.tag == "ri:attachment"), None)
    url = next((each for each in element.elements() if each.tag == "ri:url"), None)
    source = file.get("ri:filename") if file is not None else ""
    source = source or (url.get("ri:value") if url is not None else "")
    return [Element("img", {"alt": element.get("ac:alt") or source, "src": source})]


def _attachment(element: Element) -> list[Node]:
    return [element.get("ri:filename")]


def _emoji(element: Element) -> list[Node]:
    fallback = element.get("ac:emoji-fallback")
    return [fallback or f"({element.get('ac:name')})" if element.attrs else ""]


def _time(element: Element) -> list[Node]:
    return [element.get("datetime") or element.text()]


_MAKERS: Mapping[str, Callable[[Element], list[Node]]] = {
    "ac:structured-macro": _macro,
    "ac:macro": _macro,
    "ac:task-list": _tasks,
    "ac:task": _task,
    "ac:link": _link,
    "ac:image": _image,
    "ac:emoticon": _emoji,
    "ri:attachment": _attachment,
    "time": _time,
}
