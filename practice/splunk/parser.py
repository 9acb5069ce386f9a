"""The parser's endpoint: what a search consists of, macros put in."""

import re

import orjson
from starlette.requests import Request
from starlette.responses import Response

from practice.splunk import atom, dispatch, double, replies
from practice.splunk.jobs import Wish
from practice.splunk.spl.catalogue import COMMANDS
from practice.splunk.spl.context import Watch
from practice.splunk.spl.pipeline import Command, Pipeline
from practice.splunk.spl.values import Malformed


async def parse(request: Request) -> Response:
    """Take the search `q` apart, or say what is wrong with it."""
    form, found = double.form(request), double.of(request)
    asked = Wish(form.get("q").strip(), {})
    watch = Watch(lambda _: True)
    try:
        ready = dispatch.ready(found, double.account(request), asked, watch, found.now())
    except Malformed as wrong:
        return replies.refused(request, str(wrong))
    told = described(ready.pipeline)
    if form.mode == "json":
        return Response(orjson.dumps(told), media_type=replies.JSON)
    lines = "".join(
        f'    <key name="{name}">{atom.clean(str(value))}</key>\n'
        for name, value in told.items()
        if not isinstance(value, list)
    )
    body = f"{atom.HEAD}<response>\n  <dict>\n{lines}  </dict>\n</response>\n"
    return Response(body, media_type=replies.XML)


def described(pipeline: Pipeline) -> dict[str, object]:
    """Describe a search as the endpoint does."""
    reports = [each for each in pipeline.commands if COMMANDS[each.name].place == "report"]
    begun = pipeline.commands.index(reports[0]) if reports else len(pipeline.commands)
    streaming = _written(pipeline.commands[:begun])
    remote = re.sub(r"^search\b", "litsearch", streaming)
    return {
        "remoteSearch": remote,
        "normalizedSearch": remote,
        "remoteTimeOrdered": True,
        "eventsSearch": streaming if pipeline.commands[0].name == "search" else "",
        "eventsTimeOrdered": True,
        "eventsStreaming": True,
        "reportsSearch": _written(pipeline.commands[begun:]),
        "isStreamingSearch": not reports,
        "canSummarize": False,
        "commands": [_command(each) for each in pipeline.commands],
    }


def _written(commands: tuple[Command, ...]) -> str:
    return " | ".join(f"{each.name} {each.raw}".strip() for each in commands)


def _command(command: Command) -> dict[str, object]:
    kind = COMMANDS[command.name]
    told: dict[str, object] = {
        "command": command.name,
        "rawargs": command.raw,
        "pipeline": kind.place,
        "args": {"search": [command.raw]} if command.name == "search" else command.raw,
        "isGenerating": kind.form == "generating" or command.name == "search",
        "streamType": kind.stream,
    }
    if kind.place == "report":
        told["isStreamingOpRequired"] = False
        told["preStreamingOp"] = f"pre{command.name} {command.raw}"
    return told
