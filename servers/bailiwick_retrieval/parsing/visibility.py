"""Whether a reader of a page would see an element: what its attributes and inline style say."""

import re

from bailiwick_retrieval.parsing.tree import Element

_STYLE = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_NOTHING = re.compile(r"0*\.?0+(?:px|em|rem|pt|%|vw|vh)?")
_FAR = re.compile(r"-\s*\d{3,}(?:\.\d+)?(?:px|em|rem|pt|%|vw|vh)?")
_TINY = re.compile(r"(?:0*\.\d+|[01](?:\.\d+)?)\s*p[xt]")
_HEX = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})[^)]*\)")
_NAMED = {"white": "#ffffff", "black": "#000000", "red": "#ff0000", "blue": "#0000ff"}
_UNSEEN = {
    "display": {"none"},
    "visibility": {"hidden", "collapse"},
    "color": {"transparent"},
    "mso-hide": {"all"},
}
_ZERO = ("font-size", "opacity", "max-height")
_MOVED = ("left", "right", "top", "bottom", "text-indent", "margin-left", "margin-top")


def is_hidden(element: Element) -> bool:
    """Judge by `hidden`, `aria-hidden`, and the inline style; style sheets are not read."""
    attrs = element.attrs
    if not attrs:
        return False
    if "hidden" in attrs and attrs["hidden"].lower() != "until-found":
        return True
    if element.get("aria-hidden").strip().lower() == "true":
        return True
    return "style" in attrs and _hides(attrs["style"])


def _hides(text: str) -> bool:
    style = {
        name: value.replace("!important", "").strip()
        for name, value in _STYLE.findall(text.lower()[:2_000])
    }
    if any(style.get(name) in values for name, values in _UNSEEN.items()):
        return True
    if any(_NOTHING.fullmatch(style.get(name, "")) for name in _ZERO):
        return True
    if _TINY.fullmatch(style.get("font-size", "")):
        return True
    return _is_elsewhere(style) or _is_one_colour(style)


def _is_elsewhere(style: dict[str, str]) -> bool:
    if any(_FAR.fullmatch(style.get(name, "")) for name in _MOVED):
        return True
    clipped = style.get("clip", "") + style.get("clip-path", "")
    return re.sub(r"[\s,]|px", "", clipped) in {"rect(0000)", "rect(1111)", "inset(50%)"}


def _is_one_colour(style: dict[str, str]) -> bool:
    """Tell text in its background's colour. White without a background is on white paper."""
    colour = _colour(style.get("color", ""))
    behind = style.get("background-color", "") or style.get("background", "")
    if not behind:
        return colour == "#ffffff"
    return bool(colour) and colour == _colour(behind)


def _colour(text: str) -> str:
    text = text.strip()
    short = _HEX.fullmatch(text)
    if short:
        return f"#{short[1] * 2}{short[2] * 2}{short[3] * 2}"
    parts = _RGB.fullmatch(text)
    if parts:
        return f"#{int(parts[1]) & 255:02x}{int(parts[2]) & 255:02x}{int(parts[3]) & 255:02x}"
    return _NAMED.get(text, text)
