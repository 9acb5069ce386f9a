"""What `verify` found, in words: the first bad record of each stream, and what that means."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from bailiwick.audit.chain import NAME
from bailiwick.audit.inspection import Bad
from bailiwick.audit.record import LARGEST
from bailiwick.audit.stream import segments
from bailiwick.audit.verify import Report
from bailiwick.cli.terminal import counted
from bailiwick.shaping.fence import inline

_MEANS = {
    "the hash does not fit": "this line, or its hash, was changed after it was written",
    "the mac does not fit": "somebody without the journal's key wrote this line",
    "it belongs elsewhere": "a line was removed, inserted, repeated or moved here",
    "not a line of this stream": "this line was damaged, or does not come from the journal",
    "not a record": "this line was damaged, or does not come from the journal",
    "it is not what HEAD or the checkpoint knows": "history was rewritten from here or before",
    "the end is cut off": "records that had reached the disk are gone",
    "HEAD is missing or damaged": "nothing tells how long this stream was",
    "HEAD or the checkpoint knows no record": "nothing tells how long this stream was",
    "the stream is gone": "the checkpoint knows a stream that was removed",
    "segment": "a whole file was removed or renamed",
    "the segment before has no trailer": "the end of the file before was cut off",
    "an empty segment": "a file was emptied",
}
_ELSE = "from here on the stream is not what was written"


def means(reason: str) -> str:
    """Say what a reason means to an auditor."""
    return next((text for start, text in _MEANS.items() if reason.startswith(start)), _ELSE)


def printed(report: Report, latest: str) -> str:
    """Write the summary, what is bad, and the warnings."""
    lines = [_summary(report, latest)]
    lines += [line for bad in report.bad for line in _bad(bad)]
    lines += [f"warning: {inline(warning, 300)}" for warning in report.warnings]
    return "\n".join(lines)


def _summary(report: Report, latest: str) -> str:
    all_of_it = (
        f"{counted(report.records, 'record')} in {counted(report.streams, 'stream')}, "
        f"last at {latest or '-'}"
    )
    if report.ok:
        return f"whole: {all_of_it}"
    return f"NOT WHOLE: {counted(len(report.bad), 'stream')} broken; {all_of_it}"


def _bad(bad: Bad) -> tuple[str, str]:
    where = f"{bad.stream} segment {bad.segment or '-'} line {bad.line} seq {bad.seq}"
    return f"bad: {inline(where)}: {inline(bad.reason)}", f"     {means(bad.reason)}"


def plain(report: Report, latest: str) -> dict[str, Any]:
    """Return the findings as JSON values."""
    return {
        "whole": report.ok,
        "records": report.records,
        "streams": report.streams,
        "segments": report.segments,
        "latest": latest,
        "bad": [asdict(bad) | {"means": means(bad.reason)} for bad in report.bad],
        "warnings": list(report.warnings),
    }


def latest(journal: Path) -> str:
    """Return the time of the newest record. Raises OSError."""
    streams = [path for path in journal.iterdir() if NAME.fullmatch(path.name)]
    return max(map(_last_time, streams), default="")


def _last_time(stream: Path) -> str:
    for path in reversed(segments(stream)):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2 * LARGEST))
            lines = file.read().splitlines(keepends=True)
        for line in reversed(lines):
            if time := _time(line):
                return time
    return ""


def _time(line: bytes) -> str:
    try:
        fields: Any = orjson.loads(line.partition(b"\t")[0])
        return str(fields["ts"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""  # torn, or damaged: verify names it
