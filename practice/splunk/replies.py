"""Answers that are not rows: resources and messages, in the form that was asked for."""

from starlette.requests import Request
from starlette.responses import Response

from practice.splunk import atom, double
from practice.splunk.atom import Entry, Feed

JSON, XML = "application/json; charset=UTF-8", "text/xml; charset=UTF-8"


def kind(mode: str) -> str:
    """Name the media type of resources and messages."""
    return JSON if mode.startswith("json") else XML


def said(mode: str, status: int, level: str, text: str) -> Response:
    """Answer with one message."""
    plain = "json" if mode.startswith("json") else "xml"
    return Response(atom.messages([(level, text)], plain), status, media_type=kind(mode))


def refused(request: Request, text: str, status: int = 400, level: str = "FATAL") -> Response:
    """Answer that a request cannot be done."""
    return said(double.form(request).mode, status, level, text)


def value(request: Request, name: str, content: str, status: int = 200) -> Response:
    """Answer with one value."""
    mode = double.form(request).mode
    return Response(atom.response(name, content, mode), status, media_type=kind(mode))


def feed(request: Request, told: Feed) -> Response:
    """Answer with resources."""
    mode = double.form(request).mode
    body = atom.feed(told, double.of(request).base, mode)
    return Response(body, media_type=kind(mode))


def listed(request: Request, title: str, entries: list[Entry], **links: str) -> Response:
    """Answer with a page of resources, as `count` and `offset` ask for."""
    form = double.form(request)
    offset, count = int(form.number("offset", 0)), int(form.number("count", 30))
    count = count if count > 0 else 10_000_000
    wanted = form.get("search")
    found = [each for each in entries if wanted.strip("*").lower() in each.name.lower()]
    return feed(
        request,
        Feed(
            title=title,
            path=request.url.path,
            entries=found[offset : offset + count],
            updated=double.of(request).updated(),
            total=len(found),
            offset=offset,
            count=count,
            links=links,
        ),
    )


def one(request: Request, title: str, entries: list[Entry], name: str) -> Response:
    """Answer with the resource of a name, or that there is none."""
    found = [each for each in entries if each.name == name]
    if not found:
        return refused(request, f"Could not find object id={name}", 404, "ERROR")
    updated = double.of(request).updated()
    path = request.url.path.rpartition("/")[0]
    return feed(request, Feed(title, path, found, updated, 1))
