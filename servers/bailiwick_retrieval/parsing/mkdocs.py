"""What MkDocs adds to Markdown: admonitions and tabs, whose bodies are indented."""

import re

_OPENING = re.compile(
    r"(?P<pad> *)(?:!!!|\?\?\?\+?|===\+?!?)\s+(?P<kind>[\w -]*?)\s*(?:\"(?P<title>[^\"]*)\")?\s*"
)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_DEEPEST = 5


def flattened(lines: list[str]) -> list[str]:
    """Write `!!! note "Title"` as a bold line and its body without indent; lines keep numbers."""
    for _ in range(_DEEPEST):
        if not any(line.lstrip().startswith(("!!!", "???", "===")) for line in lines):
            break
        lines = _once(lines)
    return lines


def _once(lines: list[str]) -> list[str]:
    made: list[str] = []
    fence = ""
    body = 0
    for line in lines:
        if body and (not line.strip() or line.startswith(" " * body)):
            made.append(line[4:] if body == 4 else line[: body - 4] + line[body:])
            continue
        body = 0
        fence = _fence(line, fence)
        opening = None if fence else _OPENING.fullmatch(line)
        if opening and (opening["kind"] or opening["title"]):
            body = len(opening["pad"]) + 4
            made.append(_told(opening))
        else:
            made.append(line)
    return made


def _fence(line: str, fence: str) -> str:
    found = _FENCE.match(line)
    if not found:
        return fence
    if not fence:
        return found[1]
    closing = found[1].startswith(fence) and not line.strip().strip(fence[0])
    return "" if closing else fence


def _told(opening: re.Match[str]) -> str:
    kind = opening["kind"].split(" ")[0].capitalize()
    title = opening["title"] or ""
    said = f"{kind}: {title}" if kind and title else kind or title
    return f"{opening['pad']}**{said}**"
