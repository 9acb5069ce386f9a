"""Which format a file has: its first bytes, then its name, then what its sender called it."""

import re
from collections.abc import Mapping

from bailiwick_retrieval.parsing.failure import Unparsed

STORAGE = "application/vnd.atlassian.confluence.storage"
"""Media type that says: a page's body in Confluence's storage format."""

EXTENSIONS: Mapping[str, tuple[str, ...]] = {
    "markdown": (".md", ".markdown", ".mdown", ".mkd", ".mdx"),
    "rst": (".rst", ".rest"),
    "asciidoc": (".adoc", ".asciidoc", ".asc"),
    "html": (".html", ".htm", ".xhtml"),
    "confluence": (".storage",),
    "pdf": (".pdf",),
    "docx": (".docx", ".docm", ".dotx"),
    "pptx": (".pptx", ".pptm", ".ppsx"),
    "spreadsheet": (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    "csv": (".csv", ".tsv", ".tab"),
    "notebook": (".ipynb",),
    "email": (".eml", ".mht", ".mhtml"),
    "text": (".txt", ".text", ".log"),
    "code": (
        *(".py", ".pyi", ".go", ".java", ".kt", ".scala", ".js", ".jsx", ".ts", ".tsx", ".mjs"),
        *(".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".rs", ".rb", ".php", ".pl", ".lua", ".swift"),
        *(".sh", ".bash", ".zsh", ".ps1", ".bat", ".sql", ".r", ".jl", ".proto", ".graphql"),
        *(".tf", ".hcl", ".rego", ".cedar", ".yaml", ".yml", ".json", ".toml", ".ini", ".cfg"),
        *(".conf", ".properties", ".xml", ".xsd", ".css", ".scss", ".gradle", ".groovy", ".j2"),
    ),
}
"""The formats that are read, and the ends of names that belong to them."""

_BY_EXTENSION = {end: kind for kind, ends in EXTENSIONS.items() for end in ends}
_BY_MEDIA = {
    STORAGE: "confluence",
    "text/markdown": "markdown",
    "text/x-rst": "rst",
    "text/prs.fallenstein.rst": "rst",
    "text/asciidoc": "asciidoc",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/x-ipynb+json": "notebook",
    "message/rfc822": "email",
}
_CODE_NAMES = frozenset({"dockerfile", "containerfile", "makefile", "jenkinsfile", "justfile"})
# What is certainly no text, and what a person calls it.
_REFUSED = (
    (b"\x89PNG\r\n", "is a picture (PNG), which is not read"),
    (b"\xff\xd8\xff", "is a picture (JPEG), which is not read"),
    (b"GIF8", "is a picture (GIF), which is not read"),
    (b"II*\x00", "is a picture (TIFF), which is not read"),
    (b"MM\x00*", "is a picture (TIFF), which is not read"),
    (b"\x1f\x8b", "is compressed (gzip), which is not read"),
    (b"BZh", "is compressed (bzip2), which is not read"),
    (b"\xfd7zXZ\x00", "is compressed (xz), which is not read"),
    (b"\x28\xb5\x2f\xfd", "is compressed (zstd), which is not read"),
    (b"7z\xbc\xaf\x27\x1c", "is an archive (7z), which is not read"),
    (b"Rar!\x1a\x07", "is an archive (RAR), which is not read"),
    (b"\x7fELF", "is a program, which is not read"),
    (b"MZ\x90\x00", "is a program, which is not read"),
    (b"SQLite format 3\x00", "is a database, which is not read"),
    (b"{\\rtf", "is RTF, which is not read: save it as DOCX"),
    (b"%!PS", "is PostScript, which is not read: save it as PDF"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF_WITHIN = 1024
_HTML = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_MAIL = re.compile(
    rb"(?:(?:from|to|subject|date|message-id|received|return-path|mime-version|delivered-to)\s*:"
    rb"[^\n]*\n(?:[ \t][^\n]*\n)*){2}",
    re.IGNORECASE,
)
_MHTML = re.compile(rb"(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,8}mime-version:\s*1", re.IGNORECASE)
_CONFLUENCE = re.compile(rb"<(?:ac|ri):[a-z-]+[\s/>]")


def sniff(data: bytes, name: str, media_type: str = "") -> str:
    """Tell the format, a key of EXTENSIONS; raises Unparsed for one that is not read.

    What the bytes say goes before the name: a PDF called `notes.txt` is a PDF.
    """
    if not data.strip(b"\x00 \t\r\n"):
        raise Unparsed("is empty")
    return _binary(data) or _textual(data, _said(name, media_type))


def _said(name: str, media_type: str) -> str:
    """Read the name and the media type: Confluence's own type goes first, then the name."""
    media = _BY_MEDIA.get(media_type.partition(";")[0].strip().lower(), "")
    if media == "confluence":
        return media
    last = name.replace("\\", "/").rpartition("/")[2].lower()
    base, dot, end = last.rpartition(".")
    found = _BY_EXTENSION.get(f".{end}", "") if dot else ""
    if not found and (last in _CODE_NAMES or base in _CODE_NAMES):
        found = "code"
    return found or media


def _binary(data: bytes) -> str:
    for start, why in _REFUSED:
        if data.startswith(start):
            raise Unparsed(why)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        raise Unparsed("is a picture (WebP), which is not read")
    if b"%PDF-" in data[:_PDF_WITHIN] and not data.lstrip().startswith(b"<"):
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data)
    return _compound(data) if data.startswith(_OLE) else ""


def _zipped(data: bytes) -> str:
    """Tell office files apart by the parts' names, which a ZIP has in the clear."""
    names = (
        (b"word/document.xml", "docx"),
        (b"ppt/presentation.xml", "pptx"),
        (b"xl/workbook.", "spreadsheet"),
        (b"opendocument.spreadsheet", "spreadsheet"),
    )
    for part, kind in names:
        if part in data:
            return kind
    if b"opendocument." in data[:200]:
        raise Unparsed("is an OpenDocument file of a kind that is not read: save it as DOCX or PDF")
    raise Unparsed("is a ZIP that holds no document that is read")


def _compound(data: bytes) -> str:
    """Tell old office files apart by the names of their streams, which are UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Unparsed("is encrypted")
    if "WordDocument".encode("utf-16-le") in data:
        raise Unparsed("is an old Word file (.doc), which is not read: save it as DOCX")
    if "PowerPoint Document".encode("utf-16-le") in data:
        raise Unparsed("is an old PowerPoint file (.ppt), which is not read: save it as PPTX")
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return "spreadsheet"
    raise Unparsed("is an old office file of a kind that is not read")


def _textual(data: bytes, said: str) -> str:
    head = data[:4096]
    if _is_binary(head):
        raise Unparsed("is binary, of a kind that is not read")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _HTML.match(start) and said not in {"confluence", "email", "code"}:
        return "html"
    if said in {"pdf", "docx", "pptx", "spreadsheet", ""}:
        return _unnamed(start, said)
    if said == "html" and _CONFLUENCE.search(data):
        return "confluence"
    return said


def _unnamed(start: bytes, said: str) -> str:
    """Judge text whose name says nothing, or says that it is something binary."""
    if _MHTML.match(start) or _MAIL.match(start):
        return "email"
    if said == "spreadsheet" and (b"\t" in start or b"," in start or b";" in start):
        return "csv"
    if said:
        raise Unparsed(f"is broken: not {_CALLED[said]}")
    return "text"


_CALLED = {"pdf": "a PDF", "docx": "a DOCX", "pptx": "a PPTX", "spreadsheet": "a spreadsheet"}


def _is_binary(head: bytes) -> bool:
    """Tell bytes that no text has: zeros that are not UTF-16's, or many control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    pairs = len(head) // 2
    zeros = head.count(0)
    if zeros and pairs >= 4:
        even = head[0::2].count(0)
        wide = max(even, zeros - even) > 0.7 * pairs and min(even, zeros - even) < 0.05 * pairs
        if wide:
            return False
    controls = sum(head.count(code) for code in (*range(1, 8), *range(14, 27), *range(28, 32)))
    return zeros > max(3, len(head) // 50) or controls > max(3, len(head) // 20)
