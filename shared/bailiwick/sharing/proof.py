"""Is a row of the index what stands in a journal? The journal's own bytes say."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bailiwick.audit.chain import HEX, NAME, link
from bailiwick.audit.stream import segments
from bailiwick.sharing.index import Found

GENUINE = ""
ELSEWHERE = "its stream is in no journal that was given"


def proved(found: Sequence[Found], journals: Iterable[Path]) -> dict[tuple[str, int], str]:
    """Say by stream and number what is wrong with each row; `GENUINE` where nothing is.

    Raises OSError. That the journal itself is whole is for `verify` to say.
    """
    streams = {path.name: path for journal in journals for path in _streams(journal)}
    said = {(each.stream, each.seq): ELSEWHERE for each in found}
    for name in {each.stream for each in found} & streams.keys():
        rows = {each.seq: each for each in found if each.stream == name}
        for seq, line in _lines(streams[name], rows.keys()):
            said[name, seq] = _judged(rows.pop(seq), line)
        said |= {(name, seq): "there is no such record in the journal" for seq in rows}
    return said


def _streams(journal: Path) -> Iterable[Path]:
    return (path for path in journal.iterdir() if NAME.fullmatch(path.name))


def _lines(folder: Path, wanted: Iterable[int]) -> Iterable[tuple[int, bytes]]:
    """Yield lines by their number; a stream counts from 1 through all of its segments."""
    asked, seq = set(wanted), 0
    for path in segments(folder):
        with path.open("rb") as lines:
            for line in lines:
                seq += 1
                if seq in asked:
                    yield seq, line


def _judged(row: Found, line: bytes) -> str:
    body, _, rest = line.partition(b"\t")
    if body != row.record.body:
        return "the index has another text than the journal"
    try:
        before = bytes.fromhex(row.record.text("prev"))
    except ValueError:
        return "the record names no hash before it"
    fits = link(before, body).hex() == row.hash == rest[:HEX].decode("ascii", "replace")
    return GENUINE if fits else "the hash does not fit"
