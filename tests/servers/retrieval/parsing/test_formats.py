"""What a file is: its bytes first, then its name, then what its sender called it."""

import pytest

from bailiwick_retrieval.parsing import Unparsed
from bailiwick_retrieval.parsing.formats import EXTENSIONS, STORAGE, sniff
from tests.servers.retrieval.parsing.samples import HTML, MAIL, all_valid, paper, word, zipped

KINDS = {
    "a.md": "markdown",
    "a.html": "html",
    "a.rst": "rst",
    "a.adoc": "asciidoc",
    "a.storage": "confluence",
    "a.eml": "email",
    "a.ipynb": "notebook",
    "a.docx": "docx",
    "a.pptx": "pptx",
    "a.xlsx": "spreadsheet",
    "a.csv": "csv",
    "a.txt": "text",
    "a.py": "code",
    "a.pdf": "pdf",
}


def test_each_format_is_told_by_its_name() -> None:
    assert {name: sniff(data, name) for name, data in all_valid().items()} == KINDS
    assert set(KINDS.values()) == set(EXTENSIONS)


@pytest.mark.parametrize(
    "data, name, media, kind",
    [
        (paper(), "a.txt", "text/plain", "pdf"),
        (word(), "a.pdf", "", "docx"),
        (HTML.encode(), "a.md", "", "html"),
        (b"# T", "README", "", "text"),
        (b"# T", "README", "text/markdown; charset=utf-8", "markdown"),
        (b"FROM x", "Dockerfile", "", "code"),
        (b"<p>x</p>", "A page v1.2", STORAGE, "confluence"),
        (b'<p><ac:link ac:x="y"/></p>', "a.html", "text/html", "confluence"),
        (MAIL.encode(), "message", "", "email"),
        (b"# Notes\n", "docs/v1.0/notes", "", "text"),
        ("# T".encode("utf-16"), "a.md", "", "markdown"),
    ],
)
def test_bytes_go_before_the_name(data: bytes, name: str, media: str, kind: str) -> None:
    assert sniff(data, name, media) == kind


def compound(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + stream.encode("utf-16-le")


@pytest.mark.parametrize(
    "data, name, why",
    [
        (b"", "a.md", "is empty"),
        (b" \n\0", "a.md", "is empty"),
        (b"\x89PNG\r\n\x1a\n", "a.md", "picture"),
        (b"\x1f\x8b\x08", "a.md", "gzip"),
        (bytes(range(256)) * 4, "a.txt", "binary"),
        (b"plain", "a.pdf", "not a PDF"),
        (b"plain", "a.docx", "not a DOCX"),
        (zipped({"x": "y"}), "a.zip", "holds no document"),
        (compound("EncryptedPackage"), "a.docx", "is encrypted"),
        (compound("WordDocument"), "a.doc", "old Word file"),
        (compound("else"), "a.doc", "old office file"),
        (rb"{\rtf1 x}", "a.doc", "RTF"),
    ],
)
def test_what_is_not_read_says_why(data: bytes, name: str, why: str) -> None:
    with pytest.raises(Unparsed, match=why):
        sniff(data, name)


def test_a_stray_zero_is_no_binary() -> None:
    assert sniff(b"text\0 with a zero", "a.txt") == "text"
