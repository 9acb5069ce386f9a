"""The Environment API v2: problems, entities, metrics, events, objectives and classic logs."""

import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from practice.dynatrace import objectives
from practice.dynatrace.double import Refusal, of, permitted, violated
from practice.dynatrace.moments import millis, read
from practice.dynatrace.paging import asked, found, frame, page
from practice.dynatrace.points import answer, minutes
from practice.dynatrace.rows import Row
from practice.dynatrace.selector import Wrong, criteria
from practice.dynatrace.topology import Node

Json = dict[str, Any]
VERSION = "1.330.47.20261110-101500"
MOST_LOGS = 1_000


async def version(request: Request) -> Response:
    """Tell the version."""
    permitted(request)
    return JSONResponse({"version": VERSION})


# Problems


async def problems(request: Request) -> Response:
    """List problems."""
    permitted(request, "problems.read")
    double, said = of(request), asked(request)
    low, high = frame(request, said)
    selector = said.get("problemSelector", "")
    try:
        known = double.problems.listed(criteria(selector) if selector else [], low, high)
        if said.get("entitySelector"):
            chosen = {n.id for n in double.topology.chosen(criteria(said["entitySelector"]))}
            known = [each for each in known if chosen & _affected(each)]
    except Wrong as error:
        raise violated("problemSelector", str(error)) from error
    _sort(known, said.get("sort", "-startTime"))
    fields = said.get("fields", "").split(",")
    rows = [double.problems.written(each, fields) for each in known]
    most = 10 if {"evidenceDetails", "impactAnalysis"} & set(fields) else 500
    return JSONResponse(page(request, said, "problems", rows, min(50, most), most))


def _affected(problem: Json) -> set[str]:
    named = (*problem["affectedEntities"], *problem["impactedEntities"])
    return {each["entityId"]["id"] for each in named}


def _sort(known: list[Json], said: str) -> None:
    for each in reversed(said.split(",")):
        name = each.lstrip("+-")
        if name not in ("startTime", "status", "relevance"):
            raise violated("sort", f"cannot sort by {name}")
        if name != "relevance":
            known.sort(key=lambda problem: str(problem[name]), reverse=each.startswith("-"))


async def problem(request: Request) -> Response:
    """Show one problem."""
    permitted(request, "problems.read")
    double = of(request)
    one = found(request, "problem", double.problems.known)
    fields = request.query_params.get("fields", "").split(",")
    return JSONResponse(double.problems.written(one, fields))


async def comments(request: Request) -> Response:
    """List a problem's comments, the newest first."""
    permitted(request, "problems.read")
    double = of(request)
    one = found(request, "problem", double.problems.known)
    kept = list(reversed(double.problems.comments[one["problemId"]]))
    return JSONResponse(page(request, asked(request), "comments", kept, 10, 500))


async def comment(request: Request) -> Response:
    """Show one comment."""
    permitted(request, "problems.read")
    double = of(request)
    one = found(request, "problem", double.problems.known)
    known = {each["id"]: each for each in double.problems.comments[one["problemId"]]}
    return JSONResponse(found(request, "comment", known))


async def say(request: Request) -> Response:
    """Write a comment; where it is, is said in a header."""
    account = permitted(request, "problems.write")
    double = of(request)
    one = found(request, "problem", double.problems.known)
    body = await _message(request)
    made = double.problems.say(
        one["problemId"], body["message"], account.name, str(body.get("context", "")), double.now()
    )
    if double.faults.take(request.url.path, "no_location"):
        return Response(status_code=201)
    return Response(status_code=201, headers={"Location": f"{request.url.path}/{made}"})


async def close(request: Request) -> Response:
    """Close a problem with a comment."""
    account = permitted(request, "problems.write")
    double = of(request)
    one = found(request, "problem", double.problems.known)
    body = await _message(request)
    said = double.problems.close(one["problemId"], body["message"], account.name, double.now())
    return Response(status_code=204) if said is None else JSONResponse(said)


async def _message(request: Request) -> Json:
    try:
        body = orjson.loads(await request.body())
        if isinstance(body["message"], str) and body["message"]:
            return body
    except (ValueError, KeyError, TypeError):
        pass
    raise Refusal(
        400,
        "Constraints violated.",
        constraintViolations=[
            {
                "path": "message",
                "message": "must not be empty",
                "parameterLocation": "PAYLOAD_BODY",
                "location": None,
            }
        ],
    )


# Entities


async def entities(request: Request) -> Response:
    """List entities."""
    permitted(request, "entities.read")
    double, said = of(request), asked(request)
    frame(request, said, "now-3d")
    chosen = _chosen(request, said.get("entitySelector", ""))
    rows = [double.topology.written(each, said.get("fields", "").split(",")) for each in chosen]
    return JSONResponse(page(request, said, "entities", rows, 50, 4_000))


async def entity(request: Request) -> Response:
    """Show one entity with everything."""
    permitted(request, "entities.read")
    double = of(request)
    node = double.topology.nodes.get(request.path_params["entity"])
    if node is None:
        raise Refusal(404, f"Entity {request.path_params['entity']} does not exist")
    every = ("properties", "tags", "managementZones", "fromRelationships", "toRelationships")
    return JSONResponse(double.topology.written(node, every))


def _chosen(request: Request, selector: str) -> list[Node]:
    try:
        return of(request).topology.chosen(criteria(selector))
    except Wrong as error:
        raise violated("entitySelector", str(error)) from error


# Metrics


async def metrics(request: Request) -> Response:
    """List metrics."""
    permitted(request, "metrics.read")
    double, said = of(request), asked(request)
    sought = said.get("text", "").lower()
    known = [
        double.metrics.descriptor(each)
        for each in double.metrics.known.values()
        if sought in f"{each.key} {each.title}".lower()
    ]
    if "fields" in said:
        wanted = {"metricId", *(each.strip().lstrip("+") for each in said["fields"].split(","))}
        known = [{k: v for k, v in each.items() if k in wanted} for each in known]
    return JSONResponse(page(request, said, "metrics", known, 100, 500))


async def query(request: Request) -> Response:
    """Answer a metrics query."""
    permitted(request, "metrics.read")
    double, said = of(request), dict(request.query_params)
    low, high = frame(request, said)
    scope = None
    if said.get("entitySelector"):
        scope = {each.id for each in _chosen(request, said["entitySelector"])}
    try:
        every = minutes(said.get("resolution", ""), low, high, double.now())
        selector = said.get("metricSelector", "")
        return JSONResponse(answer(double.metrics, selector, every, low, high, scope))
    except Wrong as error:
        raise violated("metricSelector", str(error)) from error


# The rest


async def slos(request: Request) -> Response:
    """List objectives; evaluated ones come at most 25 a page."""
    permitted(request, "slo.read")
    said = asked(request)
    evaluated = said.get("evaluate") == "true"
    most = 25 if evaluated else 10_000
    rows = objectives.listed(evaluated=evaluated)
    return JSONResponse(page(request, said, "slo", rows, 10, most))


async def events(request: Request) -> Response:
    """List events."""
    permitted(request, "events.read")
    double, said = of(request), asked(request)
    low, high = frame(request, said)
    counted, rows = double.store.table("events", low, high) or (0, iter(()))
    known = [_event(request, row) for row in rows][:counted]
    if kinds := re.findall(r'eventType\("(\w+)"\)', said.get("eventSelector", "")):
        known = [each for each in known if each["eventType"] in kinds]
    return JSONResponse(page(request, said, "events", known, 100, 1_000))


def _event(request: Request, row: Row) -> Json:
    start = millis(read(f"{row['timestamp'][:26]}+00:00", 0))
    node = of(request).topology.nodes[row["affected_entity_ids"][0]]
    open_ = row["event.status"] != "CLOSED"
    return {
        "eventId": f"4578933396576863909_{start}",
        "startTime": start,
        "endTime": -1 if open_ else start,
        "eventType": row["event.type"],
        "title": row["event.name"],
        "entityId": node.stub,
        "properties": [{"key": "dt.event.group_label", "value": row["event.name"]}],
        "status": "OPEN" if open_ else "CLOSED",
        "entityTags": [],
        "managementZones": [{"id": "8692695975020499402", "name": node.zone}],
        "underMaintenance": False,
        "suppressAlert": False,
        "suppressProblem": False,
        "frequentEvent": False,
    }


async def export(request: Request) -> Response:
    """Export log records as Log Monitoring Classic does: pages, the newest first."""
    permitted(request, "logs.read")
    said = asked(request)
    low, high = frame(request, said)
    wanted = _terms(said.get("query", ""))
    _, rows = of(request).store.logs(low, high)
    kept = [_line(row) for row in rows if _fits(row, wanted)]
    answered = page(request, said, "results", kept, MOST_LOGS, MOST_LOGS)
    return JSONResponse({"results": answered.pop("results"), **answered})


def _terms(query: str) -> list[tuple[str, str]]:
    """Read `name="text" AND …`; plain words are looked for in the content."""
    found: list[tuple[str, str]] = []
    pattern = re.compile(r'(?:([\w.]+)\s*=\s*)?"((?:[^"\\]|\\.)*)"|(\w+)')
    for name, text, word in pattern.findall(query):
        if word.upper() != "AND":
            said = word or re.sub(r"\\(.)", r"\1", text)
            found.append((name or "content", said))
    return found


def _fits(row: Row, wanted: list[tuple[str, str]]) -> bool:
    return all(text.lower() in str(row.get(name, "")).lower() for name, text in wanted)


def _line(row: Row) -> Json:
    known = {"timestamp", "content", "status"}
    return {
        "timestamp": millis(read(f"{row['timestamp'][:26]}+00:00", 0)),
        "content": row["content"],
        "status": row["status"],
        "eventType": "K8S",
        "additionalColumns": {key: [str(row[key])] for key in row if key not in known},
    }
