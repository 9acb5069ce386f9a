"""Who waits for changes of what. Judged like a read: when it begins, and again at each change."""

import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskGroup, TaskStatus

from bailiwick.approval.agreement import Agreement, Asking
from bailiwick.approval.request import Request, Wanted
from bailiwick.audit.record import JSON, Entry
from bailiwick.audit.trail import Trail
from bailiwick.errors import Denied, TooMany, Unrecorded
from bailiwick.gate import Gate
from bailiwick.limits import Limits
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal
from bailiwick.resource import Address, Change, Changes, Found, ResourceSpec, Tell, find
from bailiwick.shaping.redaction import redact_text
from bailiwick.shaping.render import Reply
from bailiwick.subscriber import Subscriber, Waiting

_LATER = frozenset({"too_many", "upstream_unavailable", "journal_unavailable"})
"""Failures that say nothing of what the caller may see."""


class _Unasked(Agreement):
    """Asks nobody: a subscription is no reason to disturb a person."""

    async def claim(self, policy: Policy, wanted: Wanted, call: str, asking: Asking) -> Request:
        """Refuse."""
        raise Denied("reading this needs an approval, and nobody is asked for a subscription's")


@dataclass(slots=True)
class _Last:
    """A journal that keeps one entry: looking again leaves no record, a change of mind does."""

    entry: Entry | None = None

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        self.entry = entry

    def ready(self) -> str:
        return ""


@dataclass(slots=True)
class Hub:
    """The subscriptions to one server's resources.

    `shown` says whether somebody may use a tool at all; `minded` does a work, and writes its crash
    down. `each`, `streams`, `crowd` and `most` are the most subscriptions of a session, sessions
    of a person, sessions, and subscriptions. Rounds of notifications are `pace` seconds apart,
    and `retry` seconds where something failed.
    """

    specs: Sequence[ResourceSpec]
    gate: Gate
    upstream: Any
    changes: Changes
    shown: Callable[[Principal, str], bool]
    minded: Callable[[Callable[[], Awaitable[None]], str], Coroutine[Any, Any, bool]]
    clock: Callable[[], float] = time.time
    each: int = 100
    streams: int = 64
    crowd: int = 2_048
    most: int = 10_000
    pace: float = 1.0
    retry: float = 5.0
    subscribers: set[Subscriber] = field(default_factory=set[Subscriber])
    limits: Limits = field(init=False)
    awaited: Waiting = field(default_factory=Waiting)
    _tasks: TaskGroup | None = None

    def __post_init__(self) -> None:
        """Give notifications a budget of their own, as large as that of calls."""
        self.limits = Limits(self.gate.limits.settings)
        asked = self.gate.agreement
        self.gate = replace(self.gate, agreement=_Unasked(asked.store, asked.clock))

    async def run(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Look for changes and tell of them, for as long as the server is served."""
        async with anyio.create_task_group() as self._tasks:
            task_status.started()
            await self._watch()
            await anyio.sleep_forever()

    async def _watch(self) -> None:
        """Let the application look for changes, and once more whenever that fails."""
        tell: Tell = self.tell

        async def look() -> None:
            await self.changes(self.awaited, tell)

        while True:
            if await self.minded(look, "changes"):
                return
            await anyio.sleep(self.retry)

    def tell(self, change: Change) -> None:
        """Take a change from the application."""
        if at := Address.read(change.uri):
            for subscriber in self.awaited.of(at):
                subscriber.hear(change, at)
        for subscriber in self.subscribers:
            if change.listed and subscriber.lists:
                subscriber.hear_of_list(change)

    def join(self, subscriber: Subscriber) -> None:
        """Let somebody wait, or raise TooMany."""
        who = subscriber.caller.principal.id
        same = sum(each.caller.principal.id == who for each in self.subscribers)
        if same >= self.streams:
            raise TooMany(f"you wait for changes {same} times already; end one first", seconds=60)
        if len(self.subscribers) >= self.crowd:
            raise TooMany("too many wait for changes here just now; try later", seconds=60)
        self.subscribers.add(subscriber)

    def start(self, subscriber: Subscriber) -> None:
        """Tell a session what is due, beside whatever else it does."""
        assert self._tasks is not None  # noqa: S101 - nothing is served before the house is open

        async def deliver() -> None:
            await self.deliver(subscriber)

        self._tasks.start_soon(self.minded, deliver, "notifications")

    async def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber, and write down what has ended."""
        subscriber.close()
        self.subscribers.discard(subscriber)
        with anyio.CancelScope(shield=True):
            for uri in list(subscriber.found):
                await self.unsubscribe(subscriber, uri)

    async def subscribe(self, subscriber: Subscriber, uri: str) -> Reply:
        """Judge a subscription as a read; an empty reply is a yes, and written down."""
        found = find(self.specs, uri)
        if found is None:
            return Reply("", is_error=True, code="bad_request")
        refused = (
            self._full(subscriber)
            or await self._refused(subscriber, found)
            or self._full(subscriber)  # others may have been faster
        )
        if refused or uri in subscriber.found:
            return refused or Reply("")
        subscriber.found[uri] = found
        self.awaited.add(subscriber, found.address)
        try:
            await self._note("resource.subscribed", subscriber, found)
        except Unrecorded as error:
            self._forget(subscriber, uri)
            return Reply(str(error), is_error=True, code=error.code)
        return Reply("")

    async def _refused(self, subscriber: Subscriber, found: Found) -> Reply | None:
        spec = found.spec.looking()
        reply = await self.gate.passes(spec, found.arguments, subscriber.caller, self.upstream)
        return reply if reply.code else None

    def _full(self, subscriber: Subscriber) -> Reply | None:
        if subscriber.closed.is_set():
            text = "the session has ended"
        elif len(subscriber.found) >= self.each:
            text = f"{self.each} subscriptions are the most of one session; end one first"
        elif sum(len(each.found) for each in self.subscribers) >= self.most:
            text = "there are too many subscriptions here just now; try later"
        else:
            return None
        return Reply(text, is_error=True, code="full")

    async def unsubscribe(self, subscriber: Subscriber, uri: str) -> None:
        """End one subscription; what is not there ends as well."""
        told = subscriber.told.pop(uri, 0)
        found = self._forget(subscriber, uri)
        if found is None:
            return
        try:
            await self._note("resource.unsubscribed", subscriber, found, told=told)
        except Unrecorded:
            return  # it has ended all the same

    def _forget(self, subscriber: Subscriber, uri: str) -> Found | None:
        found = subscriber.found.pop(uri, None)
        subscriber.due.pop(uri, None)
        subscriber.hidden.discard(uri)
        if found is not None:
            self.awaited.drop(subscriber, found.address)
        return found

    async def deliver(self, subscriber: Subscriber) -> None:
        """Tell what is due as fast as it is taken; end when closed, or with the token."""
        while not subscriber.closed.is_set():
            left = max(subscriber.expires - self.clock(), 0.0)
            with anyio.move_on_after(math.inf if subscriber.lasting else left):
                await subscriber.wake.wait()
            subscriber.wake = anyio.Event()
            if subscriber.expires > self.clock():
                done = await self._round(subscriber)
                with anyio.move_on_after(self.pace if done else self.retry):
                    await subscriber.closed.wait()
                if not done:
                    subscriber.wake.set()
            elif not subscriber.lasting:
                return

    async def _round(self, subscriber: Subscriber) -> bool:
        """Look at everything that is due; say whether nothing has to be looked at again."""
        later: dict[str, Change] = {}
        for uri in list(subscriber.due):
            found, change = subscriber.found.get(uri), subscriber.due.pop(uri, None)
            if found is None or change is None:
                continue
            sees = await self._sees(subscriber, found, change)
            if sees is None:
                later[uri] = change
            elif sees and uri in subscriber.found and not subscriber.closed.is_set():
                subscriber.told[uri] += 1
                await subscriber.send(uri)
        subscriber.due = {
            uri: later[uri] for uri in later if uri in subscriber.found
        } | subscriber.due
        return await self._round_of_list(subscriber) and not later

    async def _round_of_list(self, subscriber: Subscriber) -> bool:
        """Say that the list changed as soon as one change is seen, the newest first."""
        came, subscriber.came = subscriber.came, {}
        later: dict[str, Change] = {}
        for uri in reversed(came):
            sees = await self._sees_listed(subscriber, came[uri])
            if sees and not subscriber.closed.is_set():
                await subscriber.send("")
                return True
            if sees is None:
                later[uri] = came[uri]
        subscriber.came = later | subscriber.came
        return not later

    async def _sees_listed(self, subscriber: Subscriber, change: Change) -> bool | None:
        who = subscriber.caller.principal
        lists = [each.lists.tool.name for each in self.specs if each.lists]
        if not any(self.shown(who, tool) for tool in lists):
            return False
        if not change.uri:
            return True
        found = find(self.specs, change.uri)
        return found is not None and await self._look(subscriber, found, change, _Last())

    async def _sees(self, subscriber: Subscriber, found: Found, change: Change) -> bool | None:
        """Look once more; that the right was lost is written down once."""
        last, uri = _Last(), found.address.written
        sees = await self._look(subscriber, found, change, last)
        if sees:
            subscriber.hidden.discard(uri)
        elif sees is False and uri not in subscriber.hidden:
            subscriber.hidden.add(uri)
            try:
                await self._note("resource.withheld", subscriber, found, last=last.entry)
            except Unrecorded:
                subscriber.hidden.discard(uri)
        return sees

    async def _look(
        self, subscriber: Subscriber, found: Found, change: Change, last: _Last
    ) -> bool | None:
        """Judge as a read of now; None where that cannot be said yet."""
        if self.gate.trail.journal.ready():
            return None
        trail = Trail(self.gate.server, last, self.gate.key)
        quiet = replace(self.gate, trail=trail, limits=self.limits)
        spec = found.spec.looking(change.gone)
        reply = await quiet.passes(spec, found.arguments, subscriber.caller, self.upstream)
        return None if reply.code in _LATER else not reply.code

    async def _note(
        self,
        event: str,
        subscriber: Subscriber,
        found: Found,
        *,
        told: int | None = None,
        last: Entry | None = None,
    ) -> None:
        who = subscriber.caller.principal
        uri = redact_text(found.address.written, {})
        tool = found.spec.tool.name
        data: dict[str, JSON] = {
            "actor": {"issuer": who.issuer, "subject": who.subject, "client": who.client},
            "action": {"server": self.gate.server, "tool": tool, "uri": uri},
            "source": subscriber.caller.origin,
        }
        if told is not None:
            data["result"] = {"told": told}
        if last is not None:
            data |= {name: last.data[name] for name in ("policy", "result") if name in last.data}
        outcome = "success" if last is None else last.outcome
        await self.gate.trail.journal.write(Entry(event, "single", "", outcome, data))
