"""From what a client asks for to a search that is ready to run."""

import re

from practice.splunk.accounts import Account
from practice.splunk.double import Double, Form
from practice.splunk.jobs import Job, Wish
from practice.splunk.spl import engine, moments, pipeline
from practice.splunk.spl.context import Context, Watch
from practice.splunk.spl.engine import Ready
from practice.splunk.spl.values import Malformed

UNREADABLE = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, re.error)
"""What reading a search may raise that no one thought of: the client hears of it as of others."""
JOB_FAULTS = {"fail_job": "fail", "hang_job": "hang"}


def wish(double: Double, form: Form, path: str, search: str = "", name: str = "") -> Wish:
    """Read what a client asks for; a search of its own or one that was saved."""
    fault = double.faults.take("POST", path, frozenset(JOB_FAULTS))
    asked = {key: ",".join(values) for key, values in form.values.items()}
    return Wish(
        search=search or form.get("search").strip(),
        asked=asked,
        max_count=int(form.number("max_count", 500_000)),
        max_time=form.number("max_time", 0),
        auto_cancel=form.number("auto_cancel", 0),
        ttl=form.number("timeout", 600),
        name=name,
        fate=JOB_FAULTS[fault.kind] if fault else "",
        id=form.get("id"),
    )


def _time(asked: str, now: float, name: str) -> float:
    if asked.startswith("rt"):
        raise Malformed("Real-time searches are not supported by the practice ground.")
    try:
        return moments.parse(asked, now)
    except Malformed as wrong:
        raise Malformed(f"Invalid {name}.") from wrong


def ready(double: Double, account: Account, asked: Wish, watch: Watch, now: float) -> Ready:
    """Make a search ready, or raise `Malformed` with what Splunk says."""
    earliest = _time(asked.asked.get("earliest_time") or "0", now, "earliest_time")
    latest = _time(asked.asked.get("latest_time") or "now", now, "latest_time")
    if earliest > latest:
        raise Malformed("Invalid earliest_time: earliest_time must be before latest_time.")
    if not asked.search:
        raise Malformed("Empty search.")
    context = double.context(account, watch, now, earliest, latest)
    try:
        return _ready(context, double, asked)
    except UNREADABLE as wrong:
        if isinstance(wrong, Malformed):
            raise
        raise Malformed(f"Unable to parse the search: {wrong}.") from wrong


def _ready(context: Context, double: Double, asked: Wish) -> Ready:
    parsed = pipeline.parse(asked.search, double.knowledge.macros)
    extra = [each for name in ("rf", "required_field_list") for each in _fields(asked, name)]
    verbose = asked.asked.get("adhoc_search_level") == "verbose"
    return engine.ready(context, parsed, extra=extra, everything=verbose)


def _fields(asked: Wish, name: str) -> list[str]:
    return [each for each in asked.asked.get(name, "").split(",") if each]


def begin(double: Double, account: Account, asked: Wish) -> Job:
    """Check a search and run it beside everything else; raise `Malformed` if it cannot be read."""
    now = double.now()
    ready(double, account, asked, Watch(lambda _: True), now)
    job = double.jobs.new(account, asked, now)
    double.jobs.begin(job, lambda job: ready(double, account, asked, job.watch, now))
    return job
