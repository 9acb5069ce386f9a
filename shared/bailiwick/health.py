"""Is this process alive, does it accept calls, and how does it do: for probes, never for people."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bailiwick.audit.writer import Writer
from bailiwick.telemetry import Meter


@dataclass(frozen=True, slots=True)
class Health:
    """Answers `/livez`, `/readyz` and `/metrics`. `stopping` says whether we are on our way out."""

    journal: Writer
    meter: Meter
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
        self.meter.ready.set(0 if why else 1)
        status = {"ready": not why, "why": why} if why else {"ready": True}
        return JSONResponse(status, status_code=503 if why else 200)

    async def metrics(self, _: Request) -> Response:
        """Write the metrics."""
        return Response(self.meter.render(), media_type="text/plain; version=0.0.4")
