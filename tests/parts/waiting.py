"""People who wait for changes in the archive, and what they are told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio

from bailiwick.gate import Caller
from bailiwick.policy.question import Principal
from bailiwick.subscriber import Subscriber
from bailiwick.subscription import Hub
from tests.parts.archive import Desk

ANA = Principal("main", "ana", "desk", frozenset({"readers"}))
BO = Principal("main", "bo", "desk", frozenset({"readers", "hr", "board"}))


async def quiet(done: float, total: float, text: str) -> None:
    """Report to nobody."""


@dataclass
class Reader:
    """Somebody who waits, and what they were told; `open` holds their line up."""

    hub: Hub
    waits: Subscriber
    told: list[str] = field(default_factory=list[str])
    open: anyio.Event = field(default_factory=anyio.Event)

    async def hear(self, uri: str) -> None:
        await self.open.wait()
        self.told.append(uri)

    async def subscribe(self, uri: str) -> str:
        """Return "" for a yes, else the code of the refusal."""
        return (await self.hub.subscribe(self.waits, uri)).code


async def reader(desk: Desk, who: Principal, *uris: str, **more: Any) -> Reader:
    waits = Subscriber(Caller(who, quiet), unsent, **more)
    made = Reader(desk.hub, waits)
    waits.send = made.hear
    made.open.set()
    desk.hub.join(waits)
    for uri in uris:
        assert await made.subscribe(uri) == ""
    desk.hub.start(waits)
    return made


async def unsent(uri: str) -> None:
    """Tell nobody."""


async def until(true: Callable[[], Any]) -> None:
    """Wait for something that will be."""
    with anyio.fail_after(60):
        while not true():  # noqa: ASYNC110 - nothing says when it is
            await anyio.sleep(0.001)


def events(desk: Desk, event: str) -> list[tuple[str, str]]:
    found = desk.records(event=event)
    return [(r.text("actor", "subject"), r.text("action", "uri")) for r in found]
