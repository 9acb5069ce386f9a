"""Which generation of each collection counts, and who may write the next.

One row a collection in the state index, read as it is and not as it was when last indexed, and
written only as it was last seen. A sync takes the next number under a lease, writes rows that count
from that number on, and then makes it the one that counts: readers see all of it or nothing. The
number of a sync that broke off is noted as `aborted`, and what it left behind never counts.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import anyio

from bailiwick.errors import Moved, Unavailable
from bailiwick_retrieval.engines.opensearch.client import Client, Json
from bailiwick_retrieval.engines.opensearch.schema import Names

_LEASE = 180.0
"""Seconds after which a writer that says nothing counts as dead."""
_RENEWED = 20.0
_KEPT = 64
"""Numbers of aborted syncs that are remembered; what they left is deleted before the next sync."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What counts of a collection."""

    collection: str
    number: int = 0
    aborted: tuple[int, ...] = ()

    def ended(self) -> Json:
        """Match rows that no longer count."""
        ended: Json = {"range": {"until": {"lte": self.number}}}
        if not self.aborted:
            return ended
        return {"bool": {"filter": [ended], "must_not": [self._of_aborted("until")]}}

    def _of_aborted(self, what: str) -> Json:
        return {"terms": {what: list(self.aborted)}}

    def never(self, what: str) -> list[Json]:
        """Match what syncs wrote which broke off, as a list that may be empty."""
        return [self._of_aborted(what)] if self.aborted else []

    def left_over(self) -> Json:
        """Match rows that syncs wrote which broke off."""
        return {"bool": {"filter": [self.home(), self._of_aborted("from")]}}

    def marked(self) -> Json:
        """Match rows that such syncs wanted to end."""
        return {"bool": {"filter": [self.home(), self._of_aborted("until")]}}

    def home(self) -> Json:
        """Match all rows of the collection."""
        return {"term": {"collection": self.collection}}

    def clause(self) -> Json:
        """Match the rows that count."""
        never = [self.ended(), *self.never("from")]
        counts: list[Json] = [
            self.home(),
            {"range": {"from": {"lte": self.number}}},
        ]
        return {"bool": {"filter": counts, "must_not": never}}


@dataclass(frozen=True, slots=True)
class State:
    """The row of a collection. `counter` is the last number taken, `pending` one under way."""

    generation: int = 0
    counter: int = 0
    pending: int = 0
    aborted: tuple[int, ...] = ()
    dirty: bool = False
    dropped: bool = False
    owner: str = ""
    expires: float = 0.0

    def forgotten(self) -> "State":
        """Say that the collection is no more."""
        return replace(self, dropped=True)


def _state(told: Mapping[str, Any]) -> State:
    known: Json = {**told, "aborted": tuple(told["aborted"])}
    return State(**known)


def any_of(generations: Iterable[Generation]) -> Json:
    """Match the rows of several collections that count."""
    clauses = [each.clause() for each in generations]
    if not clauses:
        return {"match_none": {}}
    return {"bool": {"should": clauses, "minimum_should_match": 1}}


class States:
    """The rows of all collections."""

    def __init__(self, client: Client, names: Names) -> None:
        """Keep where they are."""
        self.client, self.index = client, names.state

    async def of(self, collections: Iterable[str]) -> list[Generation]:
        """Say what counts of collections, as of now; those without anything are left out."""
        ids = [f"collection:{name}" for name in sorted(collections)]
        if not ids:
            return []
        found = await self.client.ask("POST", f"/{self.index}/_mget", {"ids": ids})
        generations: list[Generation] = []
        for each in found["docs"]:
            if each.get("found"):
                state = _state(each["_source"]["told"])
                name = each["_source"]["name"]
                if state.generation:
                    generations.append(Generation(name, state.generation, state.aborted))
        return generations

    async def names(self) -> list[str]:
        """Name all collections that anything is known of."""
        wanted: Json = {"terms": {"kind": ["collection", "report"]}}
        body = {"size": 10_000, "query": wanted, "_source": ["kind", "name", "told.dropped"]}
        hits = (await self.client.search(self.index, body))["hits"]["hits"]
        kept = [each["_source"] for each in hits]
        return sorted({each["name"] for each in kept if not each.get("told", {}).get("dropped")})

    async def row(self, collection: str) -> tuple[State, tuple[int, int] | None]:
        """Read a row, with what makes a write of it conditional."""
        found = await self.client.there("GET", f"/{self.index}/_doc/{_id(collection)}")
        if not found or not found["found"]:
            return State(), None
        seen = (found["_seq_no"], found["_primary_term"])
        return _state(found["_source"]["told"]), seen

    async def write(
        self, collection: str, state: State, seen: tuple[int, int] | None, *, now: bool = False
    ) -> tuple[int, int]:
        """Write a row as it was last seen, or raise Moved."""
        body: Json = {
            "kind": "collection",
            "name": collection,
            "generation": state.generation,
            "told": asdict(state),
        }
        query: dict[str, str | int] = {"refresh": "true"} if now else {}
        if seen is None:
            query["op_type"] = "create"
        else:
            query |= {"if_seq_no": seen[0], "if_primary_term": seen[1]}
        path = f"/{self.index}/_doc/{_id(collection)}"
        done = await self.client.change("PUT", path, body, **query)
        return done["_seq_no"], done["_primary_term"]


def _id(collection: str) -> str:
    return f"collection:{collection}"


@dataclass(slots=True)
class Lease:
    """The right to write the next generation of a collection, `number`."""

    states: States
    collection: str
    owner: str
    clock: Callable[[], float]
    state: State = State()
    _seen: tuple[int, int] | None = None
    _renewed: float = 0.0
    _lock: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def number(self) -> int:
        """The generation that is written."""
        return self.state.pending

    @property
    def before(self) -> Generation:
        """What counts until this is published."""
        return Generation(self.collection, self.state.generation, self.state.aborted)

    async def take(self) -> None:
        """Take it, or raise Unavailable where another process has it."""
        state, seen = await self.states.row(self.collection)
        if state.owner and state.owner != self.owner and state.expires > self.clock():
            raise Unavailable(f"{self.collection} is being synced by another process")
        aborted = state.aborted
        if state.pending:
            aborted = (*aborted, state.pending)
        taken = replace(
            state,
            counter=state.counter + 1,
            pending=state.counter + 1,
            aborted=aborted[-_KEPT:],
            dirty=state.dirty or bool(state.pending),
            dropped=False,
            owner=self.owner,
            expires=self.clock() + _LEASE,
        )
        await self._written(taken, seen)

    async def _written(
        self, state: State, seen: tuple[int, int] | None, *, now: bool = False
    ) -> None:
        try:
            self._seen = await self.states.write(self.collection, state, seen, now=now)
        except Moved as error:
            raise Unavailable(
                f"{self.collection} is being synced by another process", detail=error.detail
            ) from error
        self.state, self._renewed = state, time.monotonic()

    async def renew(self, *, always: bool = False) -> None:
        """Say that the writer lives, now and then; raise Unavailable where it was given up."""
        async with self._lock:
            if always or time.monotonic() - self._renewed > _RENEWED:
                await self._written(replace(self.state, expires=self.clock() + _LEASE), self._seen)

    async def cleaned(self) -> None:
        """Note that nothing is left of syncs that broke off."""
        await self._written(replace(self.state, dirty=False), self._seen)

    async def publish(self) -> Generation:
        """Make the new generation the one that counts, in one step."""
        done = replace(
            self.state,
            generation=self.number,
            pending=0,
            owner="",
            expires=0.0,
        )
        await self._written(done, self._seen, now=True)
        return self.before

    async def release(self, *, touched: bool) -> None:
        """Give it back without publishing; `touched` where anything was written."""
        state = self.state
        aborted = (*state.aborted, state.pending) if touched else state.aborted
        free = replace(
            state,
            pending=0,
            aborted=aborted[-_KEPT:],
            dirty=state.dirty or touched,
            owner="",
            expires=0.0,
        )
        await self._written(free, self._seen)


def same(one: Sequence[Generation], other: Sequence[Generation]) -> bool:
    """Say whether the same counts: aborted syncs change nothing that is seen."""
    return [(each.collection, each.number) for each in one] == [
        (each.collection, each.number) for each in other
    ]
