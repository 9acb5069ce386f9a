"""Bytes to text: what says its encoding is believed, UTF-8 is tried, the rest is Windows-1252."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings that a page may name. Python knows others that are no encodings of text.
_NAMED = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|iso-?8859-\d{1,2}|latin-?1|windows-?125\d|cp125\d|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5(?:-hkscs)?|shift[_-]?jis|euc-(?:jp|kr)|tis-620|macintosh"
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""")
REPLACED = "\ufffd"


def decode(data: bytes, *, declared: bool = False) -> tuple[str, tuple[str, ...]]:
    """Read bytes as text with line feeds as ends of lines; notes say where that was a guess.

    `declared` looks for the encoding that HTML or XML names in its first 2 kB.
    """
    text, notes = _decoded(data, _named(data) if declared else "")
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _named(data: bytes) -> str:
    found = _DECLARED.search(data[:2048])
    name = found[1].decode("ascii").lower() if found else ""
    return name if _NAMED.fullmatch(name) else ""


def _decoded(data: bytes, named: str) -> tuple[str, tuple[str, ...]]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _lossy(data, encoding)
    wide = _wide(data[:4096])
    if wide:
        return _lossy(data, wide)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _guessed(data, named)


def _guessed(data: bytes, named: str) -> tuple[str, tuple[str, ...]]:
    if named and not named.startswith("utf"):
        return _lossy(data, named)
    text = data.decode("utf-8", "replace")
    broken = text.count(REPLACED)
    beyond = sum(1 for char in text if char > "\x7f") - broken
    if beyond > 10 * broken:
        return text, (f"{broken} characters are broken UTF-8",)
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text, ("not UTF-8: read as Windows-1252",)


def _lossy(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError:
        return data.decode(encoding, "replace"), (f"some bytes are broken {encoding}",)


def _wide(head: bytes) -> str:
    """Tell UTF-16 without a mark by its zero bytes: ASCII in it has every other byte zero."""
    pairs = len(head) // 2
    if pairs < 4:
        return ""
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if odd > 0.7 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.7 * pairs and odd < 0.05 * pairs else ""
