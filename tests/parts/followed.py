"""An API whose watches a test writes line by line, cuts, refuses and expires."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import orjson
from aiohttp import web

from bailiwick.gate import Caller
from bailiwick.policy.question import Principal
from bailiwick.resource import Address
from bailiwick.subscriber import Subscriber, Waiting
from bailiwick_cluster.resources import RESOURCES, find
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from tests.parts.api import clusters, double
from tests.parts.waiting import quiet, unsent

CUT = b""
"""Cuts the connection in the middle of whatever was sent."""
END = b"\n\n"
"""Ends a watch as the API does when its time is over."""


def line(what: str, name: str, at: int, uid: str = "u1", **more: Any) -> bytes:
    """Write an event of a watch."""
    metadata = {"name": name, "uid": uid, "resourceVersion": str(at), **more}
    return orjson.dumps({"type": what, "object": {"metadata": metadata}}) + b"\n"


def mark(at: int) -> bytes:
    """Write a bookmark."""
    about = {"resourceVersion": str(at)}
    return orjson.dumps({"type": "BOOKMARK", "object": {"metadata": about}}) + b"\n"


def error(code: int) -> bytes:
    """Write an error as it comes in the middle of a watch."""
    return orjson.dumps({"type": "ERROR", "object": {"kind": "Status", "code": code}}) + b"\n"


@dataclass
class Stream:
    """One request of a watch: what was asked, and whether it is still open."""

    asked: web.Request
    chunks: list[bytes] = field(default_factory=list[bytes])
    more: anyio.Event = field(default_factory=anyio.Event)
    ended: bool = False

    def send(self, *chunks: bytes) -> None:
        """Send pieces, each on its own, until `END` or `CUT`."""
        self.chunks += chunks
        self.more.set()

    async def next(self) -> bytes:
        """Wait for the next piece."""
        while not self.chunks:
            self.more = anyio.Event()
            await self.more.wait()
        return self.chunks.pop(0)

    @property
    def since(self) -> str:
        """The version it goes on from."""
        return self.asked.query["resourceVersion"]


@dataclass
class Api:
    """Objects by the last part of their path, their versions, and the watches of them.

    `status` and `list_status` are what watches and lists are answered with, `garbage` what lists
    say instead; `denied` are the verbs that nobody may use; `script` is sent on every watch.
    `before_list` is done before each list is answered.
    """

    objects: dict[str, tuple[str, int]] = field(default_factory=dict[str, "tuple[str, int]"])
    at: int = 100
    streams: list[Stream] = field(default_factory=list[Stream])
    lists: list[web.Request] = field(default_factory=list[web.Request])
    looks: list[web.Request] = field(default_factory=list[web.Request])
    status: int = 200
    list_status: int = 200
    denied: set[str] = field(default_factory=set[str])
    script: list[bytes] = field(default_factory=list[bytes])
    garbage: bytes = b""
    before_list: Any = None

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer as an API does."""
        if request.path.endswith("reviews"):
            asked = (await request.json())["spec"]["resourceAttributes"]
            return web.json_response({"status": {"allowed": asked["verb"] not in self.denied}})
        if "watch" in request.query:
            return await self._watch(request)
        if request.path.endswith(("/deployments", "/configmaps", "/nodes")):
            return await self._list(request)
        self.looks.append(request)
        name = request.path.rpartition("/")[2]
        if name not in self.objects:
            return web.json_response({"kind": "Status", "code": 404}, status=404)
        return web.json_response({"metadata": self._about(name)})

    async def _list(self, request: web.Request) -> web.Response:
        self.lists.append(request)
        if self.before_list is not None:
            await self.before_list()
        if self.garbage:
            return web.Response(body=self.garbage)
        if self.list_status != 200:
            return web.json_response({"kind": "Status"}, status=self.list_status)
        only = request.query.get("fieldSelector", "").removeprefix("metadata.name=")
        skip, most = int(request.query.get("continue") or 0), int(request.query["limit"])
        names = [name for name in sorted(self.objects) if only in ("", name)]
        page = names[skip : skip + most]
        more = {"continue": str(skip + most)} if len(names) > skip + most else {}
        about = {"resourceVersion": str(self.at), **more}
        items = [{"metadata": self._about(name)} for name in page]
        return web.json_response({"metadata": about, "items": items})

    def _about(self, name: str) -> dict[str, str]:
        uid, at = self.objects[name]
        return {"name": name, "uid": uid, "resourceVersion": str(at)}

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        stream = Stream(request, [*self.script])
        self.streams.append(stream)
        if self.status != 200:
            return web.json_response({"kind": "Status"}, status=self.status)
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while (chunk := await stream.next()) not in (CUT, END):
                await response.write(chunk)
        finally:
            stream.ended = True
        if chunk == CUT and request.transport is not None:
            request.transport.close()
        return response


@asynccontextmanager
async def followed(folder: Path, **settings: Any) -> AsyncGenerator[tuple[Api, KubernetesClusters]]:
    """Serve such an API as cluster `eu`."""
    api = Api({"web": ("u1", 7), "db": ("u2", 8)})
    async with double(api) as up, clusters(folder, up.port, **settings) as made:
        yield api, made


def waits(
    awaited: Waiting, who: Principal, *uris: str, credential: str = "", **more: Any
) -> Subscriber:
    """Let somebody wait, as the hub does once a subscription is judged."""
    caller = Caller(who, quiet, credential=credential)
    made = Subscriber(caller, unsent, **more)
    for uri in uris:
        found = find(RESOURCES, uri)
        assert found is not None, uri
        made.found[uri] = found
        awaited.add(made, found.address)
    return made


def leaves(awaited: Waiting, subscriber: Subscriber, uri: str) -> None:
    """End a subscription, as the hub does."""
    del subscriber.found[uri]
    at = Address.read(uri)
    assert at is not None
    awaited.drop(subscriber, at)
