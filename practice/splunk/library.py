"""The endpoints of what searches refer to by name: saved searches, macros and lookups."""

import re
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from practice.splunk import atom, dispatch, double, replies
from practice.splunk.atom import Entry
from practice.splunk.described import entry as job_entry
from practice.splunk.knowledge import MACROS, SEARCHES, Saved
from practice.splunk.properties import SEARCH
from practice.splunk.spl.values import Malformed

WAYS = (
    *("move", "acknowledge", "disable", "dispatch", "embed", "history", "notify", "reschedule"),
    *("scheduled_times", "suppress"),
)


def _saved(request: Request, name: str, saved: Saved) -> Entry:
    path = f"/servicesNS/{saved.owner}/search/saved/searches/{quote(name, safe='')}"
    content: dict[str, object] = {
        **SEARCH,
        **{f"action.{key}": value for key, value in saved.actions.items()},
        "cron_schedule": saved.cron,
        "description": saved.description,
        "disabled": False,
        "dispatch.earliest_time": saved.earliest,
        "dispatch.latest_time": saved.latest,
        "is_scheduled": bool(saved.cron),
        "qualifiedSearch": saved.search,
        "search": saved.search,
    }
    return Entry(
        name=name,
        path=path,
        content=content,
        updated=double.of(request).updated(),
        author=saved.owner,
        links={
            "list": path,
            "_reload": f"{path}/_reload",
            "edit": path,
            "remove": path,
            **{way: f"{path}/{way}" for way in WAYS},
        },
        access=atom.access(saved.owner, "search", ["*"], [saved.owner, "lead"]),
    )


async def searches(request: Request) -> Response:
    """List the saved searches, or show one."""
    entries = [_saved(request, name, saved) for name, saved in SEARCHES.items()]
    name = double.named(request)
    if name is not None:
        return replies.one(request, "savedsearch", entries, name)
    return replies.listed(request, "savedsearch", entries, create="/_new", _reload="/_reload")


async def run(request: Request) -> Response:
    """Begin a saved search, over its own time unless `dispatch.…` says otherwise."""
    name, found, form = double.named(request) or "", double.of(request), double.form(request)
    saved = SEARCHES.get(name)
    if saved is None:
        return replies.refused(request, f"Could not find object id={name}", 404, "ERROR")
    values = {key.removeprefix("dispatch."): value for key, value in form.values.items()}
    values.setdefault("earliest_time", [saved.earliest])
    values.setdefault("latest_time", [saved.latest])
    told = double.Form(values)
    asked = dispatch.wish(found, told, request.url.path, saved.search, name)
    try:
        job = dispatch.begin(found, double.account(request), asked)
    except Malformed as wrong:
        return replies.refused(request, str(wrong))
    made = replies.value(request, "sid", job.sid, 201)
    made.headers["Location"] = f"/services/search/jobs/{job.sid}"
    return made


async def history(request: Request) -> Response:
    """List the jobs of a saved search."""
    name, found = double.named(request) or "", double.of(request)
    mode = double.form(request).mode
    jobs = [job for job in found.jobs.known(double.account(request)) if job.wish.name == name]
    path = "/services/search/jobs"
    entries = [replace(job_entry(job, path, mode), name=job.sid) for job in jobs]
    return replies.listed(request, name, entries)


async def macros(request: Request) -> Response:
    """List the macros, or show one."""
    base = re.sub(r"(macros).*", r"\1", request.url.path)
    entries = [
        Entry(
            name=name,
            path=f"/servicesNS/nobody/search{base[base.index('/', 1) :]}/{quote(name, safe='')}",
            content={
                "args": ",".join(macro.arguments),
                "definition": macro.definition,
                "disabled": False,
                "eai:appName": "search",
                "eai:userName": "nobody",
                "errormsg": "",
                "iseval": "0",
                "validation": "",
            },
            updated=double.of(request).updated(),
            author="nobody",
            access=atom.access("nobody", "search", ["*"], ["lead"]),
        )
        for name, macro in MACROS.items()
    ]
    name = double.named(request)
    title = "conf-macros" if "conf-macros" in base else "macros"
    if name is not None:
        return replies.one(request, title, entries, name)
    return replies.listed(request, title, entries)


async def lookups(request: Request) -> Response:
    """List the files of lookups."""
    found = double.of(request)
    path = "/servicesNS/nobody/search/data/lookup-table-files"
    entries = [
        Entry(
            name=name,
            path=f"{path}/{quote(name, safe='')}",
            content={"disabled": False, "eai:appName": "search", "eai:userName": "nobody"},
            updated=found.updated(),
            author="nobody",
            access=atom.access("nobody", "search", ["*"], ["lead"]),
        )
        for name in found.knowledge.lookups
        if name.endswith(".csv")
    ]
    return replies.listed(request, "lookup-table-files", entries)
