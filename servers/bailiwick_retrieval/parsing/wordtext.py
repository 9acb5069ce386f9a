"""The text of a Word paragraph: runs, links, breaks; what is deleted is gone, hidden is apart."""

from collections.abc import Iterator
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SIGNS = {
    f"{_W}tab": "\t",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
}
_INSIDE = frozenset(
    {f"{_W}ins", f"{_W}smartTag", f"{_W}sdt", f"{_W}sdtContent", f"{_W}fldSimple", f"{_W}moveTo"}
)
_OFF = frozenset({"0", "false", "off", "none"})
_LEAST = 4
"""Half-points; smaller letters are not read by anybody."""


def read(paragraph: Any, links: Any) -> tuple[str, str]:
    """Give what is seen and what is not; links are Markdown. `links` are the part's relations."""
    seen: list[str] = []
    unseen: list[str] = []
    for run, target in _runs(paragraph, links, ""):
        text = _text(run)
        if _is_hidden(run):
            unseen.append(text)
        elif target and text.strip() and text.strip() != target:
            seen.append(f"[{text.strip()}]({target})")
        else:
            seen.append(text)
    return "".join(seen).strip("\n"), "".join(unseen)


def _runs(element: Any, links: Any, target: str, depth: int = 0) -> Iterator[tuple[Any, str]]:
    for child in element:
        if child.tag == f"{_W}r":
            yield child, target
        elif child.tag == f"{_W}hyperlink" and depth < 10:
            yield from _runs(child, links, _target(child, links), depth + 1)
        elif child.tag in _INSIDE and depth < 10:
            yield from _runs(child, links, target, depth + 1)


def _target(link: Any, links: Any) -> str:
    relation = links.get(link.get(_RELATION) or "")
    if relation is None or not relation.is_external:
        return ""
    target = str(relation.target_ref)[:500]
    return target if target.startswith(("http://", "https://", "mailto:")) else ""


def _text(run: Any) -> str:
    parts: list[str] = []
    for child in run:
        if child.tag == f"{_W}t":
            parts.append(child.text or "")
        elif child.tag in _SIGNS:
            parts.append(_SIGNS[child.tag])
    return "".join(parts)


def _is_hidden(run: Any) -> bool:
    shape = run.find(f"{_W}rPr")
    if shape is None:
        return False
    vanish = shape.find(f"{_W}vanish")
    if vanish is not None and vanish.get(f"{_W}val", "1") not in _OFF:
        return True
    size = _value(shape, "sz")
    if size.isdecimal() and int(size) < _LEAST:
        return True
    behind = any(shape.find(f"{_W}{name}") is not None for name in ("shd", "highlight"))
    return _value(shape, "color").upper() == "FFFFFF" and not behind


def _value(shape: Any, name: str) -> str:
    found = shape.find(f"{_W}{name}")
    return "" if found is None else found.get(f"{_W}val", "")
