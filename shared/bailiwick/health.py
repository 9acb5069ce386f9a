"""Is this process alive, does it accept calls, and how does it do: for probes, never for people."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bailiwick.approval.request import Approvals, State
from bailiwick.audit.writer import Writer
from bailiwick.errors import BailiwickError
from bailiwick.rules import Rules
from bailiwick.sharing.shared import Shared
from bailiwick.telemetry.meter import Meter

if TYPE_CHECKING:
    from bailiwick.sharing.indexer import Indexer

_MOST = 200
"""Open requests that are counted; of more, that many."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """What is looked up when somebody asks for the metrics, because nothing tells of it."""

    meter: Meter
    journal: Writer
    approvals: Approvals
    rules: Rules
    shared: Shared
    indexer: "Indexer | None" = None

    async def look(self) -> None:
        """Look everything up; what cannot be known is no number."""
        records, seconds = self.journal.pending()
        self.meter.journal.set(0 if self.journal.ready() else 1)
        self.meter.behind.set(records)
        self.meter.lag.set(seconds)
        self.meter.streams.set(self.journal.begun)
        self.meter.room.set(await anyio.to_thread.run_sync(_room, self.journal.place.parent))
        self.meter.policy.clear()
        self.meter.policy.labels(self.rules.current.bundle).set(1)
        self.meter.broken.set(1 if self.rules.broken else 0)
        self.meter.degraded.set(1 if self.degraded() else 0)
        self.meter.unindexed.set(self.indexer.behind() if self.indexer is not None else 0)
        await self._requests()

    def degraded(self) -> list[str]:
        """Say what other replicas know, and this one cannot ask or tell now."""
        index = self.indexer.why if self.indexer is not None else ""
        return [*self.shared.why(), *filter(None, [index])]

    async def _requests(self) -> None:
        now = datetime.now(UTC)
        try:
            found = await self.approvals.list(now, _MOST)
        except BailiwickError:
            self.meter.store.set(0)
            self.meter.waiting.set(nan)
            self.meter.oldest.set(nan)
            return
        ages = [(now - each.created).total_seconds() for each in found if each.state is State.OPEN]
        self.meter.store.set(1)
        self.meter.waiting.set(len(ages))
        self.meter.oldest.set(max(ages, default=0.0))


def _room(folder: Path) -> float:
    try:
        found = os.statvfs(folder)
    except OSError:
        return nan
    return float(found.f_bavail * found.f_frsize)


@dataclass(frozen=True, slots=True)
class Health:
    """Answers `/livez`, `/readyz` and `/metrics`. `stopping` says whether we are on our way out."""

    journal: Writer
    gauges: Gauges
    stopping: Callable[[], bool]

    def routes(self) -> list[Route]:
        """Return the routes; they ask for no token and take any Host, as probes have neither."""
        return [
            Route("/livez", self.live),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
        ]

    async def live(self, _: Request) -> Response:
        """Say that the event loop turns."""
        return PlainTextResponse("ok\n")

    async def ready(self, _: Request) -> Response:
        """Say whether a call would be taken; try to mend the journal first when it is broken."""
        why = self.journal.ready()
        if why:
            await self.journal.recover()
            why = self.journal.ready()
        if self.stopping():
            why = "stopping"
        self.gauges.meter.ready.set(0 if why else 1)
        status = {"ready": False, "why": why} if why else self._while_ready()
        return JSONResponse(status, status_code=503 if why else 200)

    def _while_ready(self) -> dict[str, Any]:
        """Stay ready while what replicas share is away: a Service has to go on sending reads."""
        degraded = self.gauges.degraded()
        return {"ready": True} | ({"degraded": degraded} if degraded else {})

    async def metrics(self, _: Request) -> Response:
        """Write the metrics."""
        await self.gauges.look()
        self.gauges.meter.ready.set(0 if self.stopping() or self.journal.ready() else 1)
        # Of a whole suite that is a quarter of a megabyte: calls go on meanwhile.
        text = await anyio.to_thread.run_sync(self.gauges.meter.render)
        return Response(text, media_type="text/plain; version=0.0.4")
