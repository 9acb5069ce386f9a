"""The endpoints of search jobs."""

from collections import Counter
from collections.abc import Callable, Iterator

import anyio
import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from practice.splunk import answer, described, dispatch, double, replies
from practice.splunk.answer import KINDS, Page
from practice.splunk.atom import Feed, entry
from practice.splunk.double import Form
from practice.splunk.jobs import Job, Jobs
from practice.splunk.spl.arguments import chosen
from practice.splunk.spl.commands.reporting import summary
from practice.splunk.spl.values import Malformed, Row, many

MOST = 50_000
"""Rows of one answer at most, as `limits.conf` has it."""
UNKNOWN = "Unknown sid."


def _job(request: Request) -> Job | None:
    found = double.of(request)
    return found.jobs.find(request.path_params["sid"], double.account(request))


def unknown(request: Request) -> Response:
    """Answer that there is no such job."""
    return replies.refused(request, UNKNOWN, 404)


async def create(request: Request) -> Response:
    """Begin a search: give its sid, or with `oneshot` its rows."""
    found, form = double.of(request), double.form(request)
    if form.mode not in KINDS:
        return replies.refused(request, f"Invalid output_mode '{form.mode}'.")
    asked = dispatch.wish(found, form, request.url.path)
    try:
        job = dispatch.begin(found, double.account(request), asked)
    except Malformed as wrong:
        return replies.refused(request, str(wrong))
    how = form.get("exec_mode", "normal")
    if how in {"blocking", "oneshot"}:
        try:
            await to_thread.run_sync(job.finished.wait, abandon_on_cancel=True)
        except anyio.get_cancelled_exc_class():
            found.jobs.remove(job)
            raise
    return _oneshot(request, job) if how == "oneshot" else _begun(request, job)


def _begun(request: Request, job: Job) -> Response:
    made = replies.value(request, "sid", job.sid, 201)
    made.headers["Location"] = f"{request.url.path.rstrip('/')}/{job.sid}"
    return made


def _oneshot(request: Request, job: Job) -> Response:
    jobs = double.of(request).jobs
    if job.state == "FAILED":
        jobs.remove(job)
        return replies.refused(request, job.watch.messages[-1].text)
    return paged(double.form(request), job, lambda: jobs.remove(job))


async def listed(request: Request) -> Response:
    """List the jobs that one may see."""
    form = double.form(request)
    jobs = list(double.of(request).jobs.known(double.account(request)))
    prefix, count = request.url.path, int(form.number("count", 0)) or len(jobs)
    offset = int(form.number("offset", 0))
    entries = [described.entry(job, prefix, form.mode) for job in jobs[offset : offset + count]]
    updated = double.of(request).updated()
    return replies.feed(request, Feed("jobs", prefix, entries, updated, len(jobs), offset, count))


async def show(request: Request) -> Response:
    """Describe a job."""
    job, form = _job(request), double.form(request)
    if job is None:
        return unknown(request)
    prefix = request.url.path.rpartition("/")[0]
    told = described.entry(job, prefix, form.mode)
    if form.mode == "json":
        updated = double.of(request).updated()
        return replies.feed(request, Feed("", prefix, [told], updated, 1, 0, 0))
    return Response(entry(told, double.of(request).base), media_type=replies.XML)


async def remove(request: Request) -> Response:
    """End a job and forget it."""
    job = _job(request)
    if job is None:
        return unknown(request)
    double.of(request).jobs.remove(job)
    return replies.refused(request, "Search job cancelled.", 200, "INFO")


async def control(request: Request) -> Response:
    """Do to a job what `action` says."""
    job, form = _job(request), double.form(request)
    if job is None:
        return unknown(request)
    act = ACTIONS.get(form.get("action"))
    if act is None:
        return replies.refused(request, f"Invalid control action '{form.get('action')}'.")
    said = act(double.of(request).jobs, job, form)
    return replies.refused(request, said, 200, "INFO")


def _cancel(jobs: Jobs, job: Job, _form: Form) -> str:
    jobs.remove(job)
    return "Search job cancelled."


def _finalize(_jobs: Jobs, job: Job, _form: Form) -> str:
    job.finalize()
    return "Search job finalized."


def _touch(_jobs: Jobs, job: Job, form: Form) -> str:
    job.ttl = form.number("ttl", job.ttl)
    return "Search job touched."


def _save(_jobs: Jobs, job: Job, _form: Form) -> str:
    job.saved = True
    return "Search job saved."


def _noted(_jobs: Jobs, _job: Job, form: Form) -> str:
    return f"Search job {form.get('action')} noted."


ACTIONS: dict[str, Callable[[Jobs, Job, Form], str]] = {
    "cancel": _cancel,
    "finalize": _finalize,
    "touch": _touch,
    "setttl": _touch,
    "save": _save,
    **dict.fromkeys(("unsave", "pause", "unpause", "setpriority", "setworkloadpool"), _noted),
    **dict.fromkeys(("enablepreview", "disablepreview"), _noted),
}


async def results(request: Request) -> Response:
    """Give the rows of a job that is done."""
    job, form = _job(request), double.form(request)
    if job is None:
        return unknown(request)
    if job.state == "FAILED":
        return replies.refused(request, job.watch.messages[-1].text)
    return paged(form, job) if job.done else Response(status_code=204)


async def preview(request: Request) -> Response:
    """Give the rows that a job has found so far."""
    job, form = _job(request), double.form(request)
    if job is None:
        return unknown(request)
    return paged(form, job) if job.done or len(job.spool) else Response(status_code=204)


async def events(request: Request) -> Response:
    """Give the events of a job; a report keeps none, as with no status buckets."""
    job, form = _job(request), double.form(request)
    if job is None:
        return unknown(request)
    if job.ready is not None and job.ready.events:
        return paged(form, job)
    told = Page((), (), preview=not job.done)
    body = b"".join(answer.page(told, form.mode)) if form.mode in KINDS else b""
    return Response(body, media_type=KINDS.get(form.mode))


def paged(form: Form, job: Job, after: Callable[[], None] = lambda: None) -> Response:
    """Give a page of a job's rows, whole if it is small and streamed if not."""
    mode, total = form.mode, len(job.spool)
    if mode not in KINDS:
        return replies.said("xml", 400, "FATAL", f"Invalid output_mode '{mode}'.")
    offset, count = int(form.number("offset", 0)), int(form.number("count", 100))
    offset = max(0, total + offset) if offset < 0 else offset
    patterns = [*form.all("f"), *form.all("field_list")]
    rows = job.spool.read(offset, min(count or MOST, MOST))
    shown = (_only(row, patterns) for row in rows) if patterns else rows
    fields = chosen(patterns, job.spool.fields) if patterns else job.spool.fields
    told = Page(shown, fields, job.watch.messages, offset, preview=not job.done)

    def blocks() -> Iterator[bytes]:
        yield from answer.page(told, mode)
        after()

    walk = blocks()
    first, second = next(walk), next(walk, None)
    if second is None:
        return Response(first, media_type=KINDS[mode])

    def rest() -> Iterator[bytes]:
        yield first
        yield second
        yield from walk

    return StreamingResponse(rest(), media_type=KINDS[mode])


def _only(row: Row, patterns: list[str]) -> Row:
    return {name: row[name] for name in chosen(patterns, row) if name in row}


async def summarized(request: Request) -> Response:
    """Sum the fields of a job's events up."""
    job = _job(request)
    if job is None:
        return unknown(request)
    counts: dict[str, Counter[str]] = {}
    for row in job.spool.read(0, 10_000):
        for name, value in row.items():
            counts.setdefault(name, Counter()).update(many(value))
    body = {
        "earliest_time": job.wish.asked.get("earliest_time", ""),
        "latest_time": job.wish.asked.get("latest_time", ""),
        "duration": round(job.lasted, 3),
        "event_count": len(job.spool),
        "fields": {name: summary(found, 10) for name, found in counts.items()},
    }
    return Response(orjson.dumps(body), media_type=replies.JSON)
