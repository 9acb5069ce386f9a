"""CSV and TSV: the delimiter is found out, the rest is as with a sheet."""

import csv
from io import StringIO

from bailiwick_retrieval.models.parsed import Meta, Parsed
from bailiwick_retrieval.parsing.decoding import decode
from bailiwick_retrieval.parsing.draft import Draft, stem
from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.sheets import Sheet, write
from bailiwick_retrieval.settings import ParsingSettings

_DELIMITERS = ",;\t|"
_SAMPLE = 20


def parse(data: bytes, name: str, limits: ParsingSettings) -> Parsed:
    """Read rows; places are rows and cells, the first row is 1."""
    text, notes = decode(data)
    draft = Draft("csv", name, limits)
    for note in notes:
        draft.note(note)
    csv.field_size_limit(limits.most_characters)
    rows = csv.reader(StringIO(text.replace("\0", "")), delimiter=delimiter(text))
    try:
        write(draft, Sheet(""), ([cell.strip() for cell in row] for row in rows))
    except csv.Error as error:
        raise Unparsed("is broken: not CSV") from error
    return draft.parsed(Meta(title=stem(name)))


def delimiter(text: str) -> str:
    """Find the sign that stands as often in each of the first lines, outside of quotes."""
    lines = [line for line in text[:65_536].split("\n") if line.strip()][:_SAMPLE]

    def fit(sign: str) -> tuple[int, int]:
        counts = [_outside(line, sign) for line in lines]
        usual = max(counts, key=counts.count, default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(_DELIMITERS, key=fit)


def _outside(line: str, sign: str) -> int:
    return sum(part.count(sign) for part in line.split('"')[::2])
