"""Exports: rows as they are found, and of a report what it says so far in between."""

import time
from collections.abc import AsyncIterator, Iterator
from itertools import islice

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from practice.splunk import answer, atom, dispatch, double, replies
from practice.splunk.answer import KINDS, Page, shown
from practice.splunk.double import Double
from practice.splunk.jobs import BAD, Job
from practice.splunk.spl.catalogue import STREAMING
from practice.splunk.spl.commands.effects import BUILDS
from practice.splunk.spl.context import Watch
from practice.splunk.spl.engine import Ready
from practice.splunk.spl.values import Malformed, Row, columns, spoken

PEEK = 20_000
"""Rows that a report has read when it first says something."""
SET = 100
"""Rows of one element `results`."""
FIRST, BLOCK = 1, 32_768
QUIET = {*BUILDS, "savedsearch", "rest"}
"""Commands that must not run twice, so that what uses them is not previewed."""


async def export(request: Request) -> Response:
    """Stream a search's rows; when the client leaves, the search ends."""
    found, form = double.of(request), double.form(request)
    if form.mode not in KINDS:
        return replies.refused(request, f"Invalid output_mode '{form.mode}'.")
    asked, now = dispatch.wish(found, form, request.url.path), found.now()
    account = double.account(request)
    try:
        dispatch.ready(found, account, asked, Watch(lambda _: True), now)
        job = found.jobs.new(account, asked, now)
    except Malformed as wrong:
        return replies.refused(request, str(wrong))
    job.pace = 0  # what is streamed is as fast as it can be
    job.state, job.began = "RUNNING", time.monotonic()
    ready = dispatch.ready(found, account, asked, job.watch, now)
    peeks = form.get("preview", "1") not in {"0", "false"}
    peek = _peek(found, job, ready, now) if peeks else iter(())
    pieces = _guarded(WAYS.get(form.mode, _plain)(job, ready, peek), form.mode)
    return StreamingResponse(_sent(found, job, _grown(pieces)), media_type=KINDS[form.mode])


async def refuse(request: Request) -> Response:
    """Answer that an export is a POST."""
    return replies.refused(request, "Method Not Allowed", 405, "ERROR")


def _guarded(pieces: Iterator[bytes], mode: str) -> Iterator[bytes]:
    """Say at the end of what was sent already why there is no more."""
    try:
        yield from pieces
    except BAD as wrong:
        said = [("FATAL", str(wrong))]
        # In XML a whole second document follows, as the recordings show of a oneshot search.
        yield b"\n" + atom.messages(said, "json" if mode.startswith("json") else "xml") + b"\n"


async def _sent(found: Double, job: Job, blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    try:
        while (
            block := await to_thread.run_sync(next, blocks, None, abandon_on_cancel=True)
        ) is not None:
            yield block
    finally:
        job.cancel()
        job.state = "DONE"
        found.jobs.remove(job)


def _grown(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Send the first row at once and ever more at a time after it."""
    block, size = bytearray(), FIRST
    for piece in pieces:
        block += piece
        if len(block) >= size:
            yield bytes(block)
            block.clear()
            size = min(BLOCK, size * 2 + 256)
    if block:
        yield bytes(block)


def _peek(found: Double, job: Job, ready: Ready, now: float) -> Iterator[Row]:
    """Run a report over the first rows alone; not where that would change something."""
    known = {each.name for each in ready.pipeline.everything()}
    if ready.events or known & QUIET or ready.pipeline.commands[0].name != "search":
        return
    if known <= {*STREAMING, "table"}:
        return
    read = 0

    def scan(rows: int) -> bool:
        nonlocal read
        read += rows
        return job.scan(0) and read < PEEK

    partly = dispatch.ready(found, job.account, job.wish, Watch(scan), now)
    rows = list(islice(partly.rows(), 1000))
    yield from rows if read >= PEEK else ()


def _json(job: Job, ready: Ready, peek: Iterator[Row]) -> Iterator[bytes]:
    first = list(peek)
    yield from _lines(iter(first), preview=True) if first else ()
    yield from _lines(job.rows(ready), preview=False)


def _lines(rows: Iterator[Row], *, preview: bool) -> Iterator[bytes]:
    flag = b'{"preview":true' if preview else b'{"preview":false'
    last = next(rows, None)
    place = 0
    while last is not None:
        following = next(rows, None)
        mark = b"" if following is not None else b',"lastrow":true'
        line = orjson.dumps(shown(last, spoken))
        yield flag + f',"offset":{place}'.encode() + mark + b',"result":' + line + b"}\n"
        last, place = following, place + 1
    if not place:
        yield flag + b',"lastrow":true}\n'


def _xml(job: Job, ready: Ready, peek: Iterator[Row]) -> Iterator[bytes]:
    yield b"<?xml version='1.0' encoding='UTF-8'?>\n"
    first = list(peek)
    if first:
        yield from answer.results(Page(first, columns(first), preview=True), spoken)
    rows, offset = job.rows(ready), 0
    while True:
        found = list(islice(rows, SET))
        if found or not offset:
            told = Page(found, columns(found), job.watch.messages, offset)
            yield from answer.results(told, spoken)
        offset += len(found)
        if len(found) < SET:
            return


def _plain(job: Job, ready: Ready, _peek: Iterator[Row]) -> Iterator[bytes]:
    # Columns must be known before the first line: they are those of the first rows.
    rows = job.rows(ready)
    first = list(islice(rows, SET))
    mode = job.wish.asked.get("output_mode", "csv")

    def all_rows() -> Iterator[Row]:
        yield from first
        yield from rows

    return answer.page(Page(all_rows(), columns(first)), mode)


WAYS = {"json": _json, "xml": _xml}
