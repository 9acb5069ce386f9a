"""Text, code, notebooks, mail."""

import json

import pytest

from bailiwick_retrieval.parsing import Unparsed
from bailiwick_retrieval.parsing.reading import digest
from tests.servers.retrieval.parsing.samples import MAIL, notebook


def test_paragraphs_of_text() -> None:
    blocks = digest(b"One\r\ntwo.\r\n\r\n\r\nThree.\r\n", "notes/a.txt").sections[0].blocks
    assert [(each.text, str(each.place)) for each in blocks] == [
        ("One\ntwo.", "lines 1-2"),
        ("Three.", "line 5"),
    ]


@pytest.mark.parametrize(
    "data, text, note",
    [
        ("\ufeffÜber".encode(), "Über", ""),
        ("Über".encode("utf-16"), "Über", ""),
        ("Uber das".encode("utf-16-le"), "Uber das", ""),
        (b"\x93\xdcber\x94", "\u201cÜber\u201d", "Windows-1252"),
        ("日本語 ไทย العربية".encode(), "日本語 ไทย العربية", ""),
        (("ü" * 50).encode() + b"\xff", "ü" * 50 + "\ufffd", "broken UTF-8"),
    ],
)
def test_encodings(data: bytes, text: str, note: str) -> None:
    parsed = digest(data, "a.txt")
    assert parsed.sections[0].text == text
    assert note in "".join(parsed.notes)


def test_code_has_a_section_for_each_definition() -> None:
    source = (
        "import os\n\n\n# Why.\n@cached\ndef one(a: int) -> int:\n    return a\n\n\n"
        "class Two:\n    x = 1\n"
    )
    parsed = digest(source.encode(), "src/a.py")
    assert (parsed.title, [each.heading for each in parsed.sections]) == (
        "a.py",
        ["", "def one", "class Two"],
    )
    assert str(parsed.sections[1].place) == "lines 4-7"
    assert parsed.sections[2].blocks[0].text == "```py\nclass Two:\n    x = 1\n```"


def test_long_code_is_cut_at_blank_lines() -> None:
    lines = [f"x{n} = {n}" if n % 10 else "" for n in range(1, 200)]
    blocks = digest("\n".join(lines).encode(), "a.py").sections[0].blocks
    assert len(blocks) == 4
    assert all(each.place.last - each.place.first < 60 for each in blocks)


def test_manifests_are_named_by_kind() -> None:
    text = (
        "kind: Service\nmetadata:\n  name: shop\n---\n"
        "metadata:\n  labels: {}\n  name: web\nkind: Deployment\n"
    )
    parsed = digest(text.encode(), "a.yaml")
    assert [each.heading for each in parsed.sections] == ["Service shop", "Deployment web"]


def test_a_notebook() -> None:
    parsed = digest(notebook(), "a.ipynb")
    (section,) = parsed.sections
    assert [(each.text, str(each.place)) for each in section.blocks] == [
        ("Text.", "cell 1"),
        ("```python\n1 + 1\n```", "cell 2"),
        ("```text\n2\n```", "cell 2"),
    ]


def test_long_outputs_are_short() -> None:
    output = {"output_type": "stream", "text": [f"{n}\n" for n in range(1000)]}
    cell = {"cell_type": "code", "source": "x", "outputs": [output]}
    parsed = digest(json.dumps({"cells": [cell]}).encode(), "a.ipynb")
    assert len(parsed.sections[0].blocks[1].text) < 200


def test_json_that_is_no_notebook() -> None:
    with pytest.raises(Unparsed, match="no notebook"):
        digest(b"[1]", "a.ipynb")


def test_mail() -> None:
    parsed = digest(MAIL.encode(), "a.eml")
    assert (parsed.title, parsed.meta.updated) == ("Shop über", 1714550400.0)
    head, hello, cited, attached = parsed.sections[0].blocks
    assert head.text.startswith("From: Ana <ana@example.org>\nTo: bo@example.org\nDate: ")
    assert (hello.text, cited.kind) == ("Hello.", "quote")
    assert attached.text == "Attachments, not read:\n- plan.pdf"


def test_mail_of_html_and_mail_in_mail() -> None:
    text = (
        "Subject: Outer\nFrom: eve@example.org\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        "Content-Type: text/html\n\n<p>Hi <b>bo</b></p>\n--x\nContent-Type: message/rfc822\n\n"
        "Subject: Inner\n\nText.\n--x--\n"
    )
    parsed = digest(text.encode(), "a.eml")
    outer, inner = parsed.sections
    assert "Hi **bo**" in outer.text
    assert (inner.heading, inner.text) == ("Inner", "Text.")
