"""From bytes to a clean document: whatever the bytes are, it is read or Unparsed."""

import random
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailiwick_retrieval.models.parsed import Place
from bailiwick_retrieval.parsing import Unparsed
from bailiwick_retrieval.parsing.draft import Draft
from bailiwick_retrieval.parsing.reading import digest
from bailiwick_retrieval.settings import ParsingSettings
from tests.servers.retrieval.parsing.samples import all_valid, zipped

VALID = all_valid()
names = st.sampled_from(sorted(VALID))


def survive(data: bytes, name: str) -> None:
    try:
        parsed = digest(data, name)
    except Unparsed:
        return
    anchors = [each.anchor for each in parsed.sections if each.level]
    assert len(anchors) == len(set(anchors))
    assert all(block.text.strip() for each in parsed.sections for block in each.blocks)
    assert all("/" not in note.replace("</", "") for note in parsed.notes)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2_000), names)
def test_any_bytes(data: bytes, name: str) -> None:
    survive(data, name)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=2_000), names)
def test_any_text(text: str, name: str) -> None:
    survive(text.encode("utf-8", "replace"), name)


@settings(max_examples=150, deadline=None)
@given(names, st.randoms(use_true_random=False))
def test_damaged_files(name: str, chance: random.Random) -> None:
    survive(damaged(VALID[name], chance), name)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(["a.docx", "a.pptx", "a.xlsx"]), st.randoms(use_true_random=False))
def test_archives_that_are_damaged_inside(name: str, chance: random.Random) -> None:
    with zipfile.ZipFile(BytesIO(VALID[name])) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    main = [each for each in parts if "Layout" not in each and "theme" not in each]
    for part in chance.sample(main, 2):
        parts[part] = damaged(parts[part], chance)
    survive(zipped(parts), name)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut, flip, repeat or overwrite."""
    made = bytearray(data)
    at = chance.randrange(len(made))
    end = min(len(made), at + chance.randrange(400))
    match chance.randrange(4):
        case 0:
            del made[at:]
        case 1:
            for _ in range(chance.randrange(1, 8)):
                made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
        case 2:
            made[at:at] = made[at:end] * chance.randrange(1, 4)
        case _:
            made[at:end] = chance.randbytes(chance.randrange(200))
    return bytes(made)


@pytest.mark.parametrize("name", sorted(VALID))
def test_every_format_is_read(name: str) -> None:
    parsed = digest(VALID[name], f"folder/{name}")
    assert parsed.title
    assert parsed.sections
    assert not parsed.notes


def test_a_long_document_is_cut_and_says_so() -> None:
    parsed = digest(
        b"# T\n\n" + b"word word\n\n" * 500, "a.md", limits=ParsingSettings(most_characters=1_000)
    )
    assert sum(len(each.text) for each in parsed.sections) < 1_500
    assert parsed.notes == ("cut after 1000 characters",)


def test_a_large_file_is_refused() -> None:
    with pytest.raises(Unparsed, match="larger than 0.001 MB"):
        digest(b"x" * 2_000, "a.md", limits=ParsingSettings(most_mb=0.001))


def test_many_headings_are_cut() -> None:
    draft = Draft("text", "a.txt", ParsingSettings())
    for number in range(20_100):
        draft.heading(1, "a", Place("line", number, number))
    parsed = draft.parsed()
    assert len(parsed.sections) == 20_000
    assert parsed.sections[-1].anchor == "a-19999"
    assert parsed.notes == ("cut after 20000 sections",)


def test_nothing_but_notes() -> None:
    assert digest(b"<!-- x -->", "a.md").notes == ("it has no text",)
