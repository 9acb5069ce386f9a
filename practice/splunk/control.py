"""Endpoints for tests alone: what shall go wrong, and what has happened."""

from dataclasses import asdict

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from practice.splunk import double
from practice.splunk.faults import Fault


def _answer(content: object, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


async def ready(request: Request) -> Response:
    """Say that the double runs."""
    return _answer({"ready": True, "now": double.of(request).now()})


async def faults(request: Request) -> Response:
    """Give the faults that are still to come, add one, or clear them."""
    found = double.of(request).faults
    if request.method == "DELETE":
        found.clear()
    if request.method == "POST":
        try:
            found.add(Fault.model_validate_json(await request.body()))
        except ValidationError as wrong:
            return _answer({"wrong": str(wrong)}, 422)
    return _answer([fault.model_dump() for fault in found.left()])


async def jobs(request: Request) -> Response:
    """Give the jobs that are alive, running or kept."""
    found = double.of(request).jobs
    return _answer(
        [
            {
                "sid": job.sid,
                "user": job.account.name,
                "search": job.wish.search,
                "state": job.state,
                "scanned": job.scanned,
                "rows": len(job.spool),
            }
            for job in found.known()
        ]
    )


async def requests(request: Request) -> Response:
    """Give the last requests, the oldest first, or forget them."""
    found = double.of(request).faults.asked
    if request.method == "DELETE":
        found.clear()
    return _answer([asdict(each) for each in found])


async def effects(request: Request) -> Response:
    """Give what commands have changed, or forget it."""
    found = double.of(request).effects
    if request.method == "DELETE":
        found.clear()
    return _answer(found.listed())


async def pace(request: Request) -> Response:
    """Give the seconds that a million rows take, or set them for the jobs to come."""
    found = double.of(request).jobs
    if request.method == "POST":
        said: object = orjson.loads(await request.body())
        if not isinstance(said, int | float) or said < 0:
            return _answer({"wrong": "a number of seconds"}, 422)
        found.pace = float(said)
    return _answer(found.pace)


async def sessions(request: Request) -> Response:
    """End all sessions."""
    double.of(request).sessions.expire()
    return _answer({})


BOTH, ALL = ["GET", "DELETE"], ["GET", "POST", "DELETE"]
ROUTES = [
    Route("/practice/ready", ready),
    Route("/practice/faults", faults, methods=ALL),
    Route("/practice/jobs", jobs),
    Route("/practice/requests", requests, methods=BOTH),
    Route("/practice/effects", effects, methods=BOTH),
    Route("/practice/pace", pace, methods=["GET", "POST"]),
    Route("/practice/sessions", sessions, methods=["DELETE"]),
]
