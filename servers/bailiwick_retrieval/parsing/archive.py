"""Zip-based files are weighed before a library opens them: a small one can hold gigabytes."""

import zipfile
from io import BytesIO

from bailiwick_retrieval.parsing.failure import FAULTS, Unparsed
from bailiwick_retrieval.settings import ParsingSettings

MOST_ENTRIES = 20_000
MOST_RATIO = 200
"""How much smaller than what it holds a file may be, where it holds more than RATIO_FROM bytes."""
RATIO_FROM = 20_000_000
MOST_XML_MB = 40
"""Largest XML part, in megabytes: as a tree in memory it is up to twenty times as large."""
_XML = (".xml", ".rels", ".vml", ".xhtml")
_DOCTYPES = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_OVERLAP = 32
_CHUNK = 262_144


def guard(data: bytes, limits: ParsingSettings) -> list[str]:
    """Check what a ZIP says it holds, then what it does hold; give its entries' names.

    Raises Unparsed, which names the limit. No more than a chunk is in memory at once.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            _weigh(entries, len(data), limits)
            for entry in entries:
                _inflate(archive, entry)
            return [entry.filename for entry in entries]
    except Unparsed:
        raise
    except FAULTS as error:
        raise Unparsed("is broken: not a whole ZIP", detail=type(error).__name__) from error


def _weigh(entries: list[zipfile.ZipInfo], size: int, limits: ParsingSettings) -> None:
    if len(entries) > MOST_ENTRIES:
        raise Unparsed(f"holds {len(entries)} parts; {MOST_ENTRIES} are allowed")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unparsed("is encrypted")
    total = sum(entry.file_size for entry in entries)
    if total > limits.most_inflated_mb * 1_000_000:
        raise Unparsed(f"unpacks to more than {limits.most_inflated_mb:g} MB")
    if total > RATIO_FROM and total > MOST_RATIO * size:
        raise Unparsed(f"unpacks to more than {MOST_RATIO} times its size")
    largest = max((entry.file_size for entry in entries if _is_xml(entry)), default=0)
    if largest > MOST_XML_MB * 1_000_000:
        raise Unparsed(f"has an XML part of more than {MOST_XML_MB} MB")


def _is_xml(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith(_XML)


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack an entry to nowhere. What is longer than it says fails here, at its checksum."""
    tail = b""
    with archive.open(entry) as source:
        while chunk := source.read(_CHUNK):
            if _is_xml(entry):
                seen = tail + chunk
                if any(mark in seen for mark in _DOCTYPES):
                    raise Unparsed("has XML with a document type, which is not read")
                tail = chunk[-_OVERLAP:]
