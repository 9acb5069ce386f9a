"""The data source proxy: what is asked under it goes on to the real Prometheus, as a stream."""

from collections.abc import AsyncIterator

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

_GOES = ("accept", "accept-encoding", "content-type")
_COMES = ("content-type", "content-encoding", "content-length")


async def forward(request: Request, upstream: httpx.AsyncClient) -> Response:
    """Ask the same of Prometheus, without the credential, and pass on what it says."""
    asked = upstream.build_request(
        request.method,
        httpx.URL(path="/" + request.path_params["path"], query=request.url.query.encode()),
        content=await request.body() or None,
        headers={name: request.headers[name] for name in _GOES if name in request.headers},
    )
    try:
        said = await upstream.send(asked, stream=True)
    except httpx.HTTPError as error:
        return JSONResponse({"message": f"Bad gateway: {type(error).__name__}"}, 502)
    return StreamingResponse(
        _chunks(said),
        said.status_code,
        {name: said.headers[name] for name in _COMES if name in said.headers},
        background=BackgroundTask(said.aclose),
    )


async def _chunks(said: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in said.aiter_raw():
            yield chunk
    finally:  # whoever asked may have gone
        await said.aclose()
