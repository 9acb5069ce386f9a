"""Writing a generation: new rows, the ends of old ones, the one step by which it counts."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any

from bailiwick.errors import Unavailable, UpstreamError
from bailiwick_retrieval.engines.opensearch import rows
from bailiwick_retrieval.engines.opensearch.client import Action, Client, Json
from bailiwick_retrieval.engines.opensearch.generations import Generation, Lease
from bailiwick_retrieval.engines.opensearch.pending import Pending
from bailiwick_retrieval.engines.opensearch.plan import Plan, Work
from bailiwick_retrieval.engines.opensearch.queries import also
from bailiwick_retrieval.engines.opensearch.schema import Names
from bailiwick_retrieval.models.parsed import Parsed

_PATHS = 5_000
_AT_ONCE = 100
_CHARACTERS = 2_000_000
"""Documents whose passages are written together, and how much they may say."""
_PRINTS = 1_000
_TRIES = 5
_DAY = 86_400
_CHANGES_KEPT = 200
"""Generations of changes that other processes can still be told of."""
_CHANGES_TOLD = 20_000


def _portions(found: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


def _portioned(works: Iterable[Work]) -> Iterator[list[Work]]:
    """Cut what is to be written so that no portion is large, however large its documents are."""
    kept: list[Work] = []
    size = 0
    for work in works:
        if not (work.changed or work.fresh):
            continue
        size += work.new["told"]["characters"] if work.new and work.fresh else 0
        if kept and (size > _CHARACTERS or len(kept) >= _AT_ONCE):
            yield kept
            kept, size = [], 0
        kept.append(work)
    if kept:
        yield kept


@dataclass(slots=True)
class Publisher:
    """One publication. `field` is that of the model's vectors, `others` those of other models."""

    client: Client
    names: Names
    lease: Lease
    field: str
    others: frozenset[str]
    clock: Callable[[], float]

    async def clean(self) -> None:
        """Delete what syncs left that broke off, and unsay what they said of older rows."""
        before = self.lease.before
        if not self.lease.state.dirty:
            return
        await self.client.refresh(self.names.documents, self.names.passages)
        for index, key in self._kinds():
            await self._deleted(index, key, before.left_over())
            marked = self.client.every(index, before.marked(), key, source=False)
            await self._unmarked(index, [hit async for hit in marked])
        await self.lease.cleaned()

    def _kinds(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Name the indices whose rows have generations, and what tells their rows apart."""
        keys = ("document", "from"), ("passage", "from")
        return (self.names.documents, keys[0]), (self.names.passages, keys[1])

    async def _unmarked(self, index: str, hits: Iterable[Json]) -> None:
        """Unsay the end of rows, also where a vector comes at the same time."""
        left = [Action("update", index, hit["_id"], {"until": None}) for hit in hits]
        for _ in range(_TRIES):
            left = await self.client.bulk(left)
            if not left:
                return
        raise Unavailable("the index is being changed by another process; nothing was published")

    async def _deleted(self, index: str, key: Sequence[str], query: Json) -> None:
        """Delete rows."""
        found = [hit["_id"] async for hit in self.client.every(index, query, key, source=False)]
        await self.client.bulk(Action("delete", index, each) for each in found)

    async def publish(self, pending: Pending, keep_days: float) -> None:
        """Write everything, and make it count."""
        await pending.flush()
        await self.lease.renew(always=True)
        plan = Plan(
            self.lease.collection, self.clock(), self.clock() - keep_days * _DAY, self._ids("d")
        )
        await self._found(plan, pending)
        plan.apply(pending)
        passages = self._ids("")
        for works in _portioned(plan.works):
            await self.lease.renew()
            await self._documents(works)
            await self._passages(works, pending, passages)
        await self.client.refresh(self.names.documents, self.names.passages)
        await self._tell(plan.changed)
        done = await self.lease.publish()
        with suppress(UpstreamError):  # it counts already; the next sync cleans what is left
            await self._tidy(done, plan.dropped() | pending.written)

    def _ids(self, kind: str) -> Iterator[str]:
        """Give ids that nobody else gives, in order."""
        home = sha256(self.lease.collection.encode()).hexdigest()[:10]
        return (f"{kind}{self.lease.number:08x}{n:07x}{home}" for n in count())

    async def _found(self, plan: Plan, pending: Pending) -> None:
        """Read the rows of all documents that are touched, or have versions too old to keep."""
        paths = {*pending.gone, *pending.documents, *(each.path for each in pending.touched)}
        paths |= {path for move in pending.moves for path in move}
        wanted: list[Json] = [
            {"terms": {"path": some}} for some in _portions(sorted(paths), _PATHS)
        ]
        wanted.append({"range": {"oldest": {"lt": plan.expired}}})
        seen: set[str] = set()
        for each in wanted:
            query = also(self.lease.before.clause(), each)
            async for hit in self.client.every(
                self.names.documents, query, ["document"], source=True
            ):
                if hit["_id"] not in seen:
                    seen.add(hit["_id"])
                    plan.found(hit)

    async def _documents(self, works: Sequence[Work]) -> None:
        actions: list[Action] = []
        for work in works:
            if work.old is not None:
                actions.append(self._end(self.names.documents, work.old))
            if work.new is not None:
                name = f"{work.new['document']}@{self.lease.number}"
                row = {**work.new, "from": self.lease.number}
                actions.append(Action("index", self.names.documents, name, row))
        await self._done(actions)

    def _end(self, index: str, hit: Json) -> Action:
        seen = (hit["_seq_no"], hit["_primary_term"])
        return Action("update", index, hit["_id"], {"until": self.lease.number}, seen)

    async def _done(self, actions: Sequence[Action]) -> None:
        """Do it; what changed meanwhile (a vector came) is looked at again, under the lease."""
        conflicts = await self.client.bulk(actions)
        for _ in range(_TRIES):
            if not conflicts:
                return
            found: list[Action] = []
            for index in {each.index for each in conflicts}:
                ids = [each.id for each in conflicts if each.index == index]
                answer = await self.client.ask("POST", f"/{index}/_mget", {"ids": ids})
                found += [
                    self._end(index, each)
                    for each in answer["docs"]
                    if each.get("found") and each["_source"].get("until") != self.lease.number
                ]
            await self.lease.renew(always=True)
            conflicts = await self.client.bulk(found)
        raise Unavailable("the index is being changed by another process; nothing was published")

    async def _passages(self, works: Sequence[Work], pending: Pending, ids: Iterator[str]) -> None:
        moved = {work.new["document"]: work.new for work in works if work.moved and work.new}
        ended = [
            work.old["_source"]["document"]
            for work in works
            if work.old is not None and (work.new is None or work.fresh)
        ]
        actions = [
            self._end(self.names.passages, hit) async for hit in self._of(ended, source=False)
        ]
        async for hit in self._of(list(moved), source=True):
            actions += [self._end(self.names.passages, hit), self._copied(hit, moved)]
        await self._done(actions)
        await self._made([work for work in works if work.fresh], pending, ids)

    def _of(self, documents: Sequence[str], *, source: bool) -> AsyncIterator[Json]:
        wanted: Json = {"terms": {"document": list(documents)}}
        query = also(self.lease.before.clause(), wanted)
        return self.client.every(self.names.passages, query, ["passage"], source=source)

    def _copied(self, hit: Json, owners: dict[str, Json]) -> Action:
        """Say something else of a passage's document; its id, its text and its vector stay."""
        old = {k: v for k, v in hit["_source"].items() if k != "until" and k not in self.others}
        return self._row({**old, **_shared(owners[old["document"]])})

    def _row(self, source: Json) -> Action:
        name = f"{source['passage']}@{self.lease.number}"
        source["from"] = self.lease.number
        return Action("index", self.names.passages, name, source)

    async def _made(self, works: Sequence[Work], pending: Pending, ids: Iterator[str]) -> None:
        """Write the passages of new contents, with the vectors of passages that say the same."""
        contents = await pending.contents([work.fresh for work in works]) if works else {}
        if any(work.fresh not in contents for work in works):
            raise Unavailable("a staged document was deleted by another process; sync again")
        fresh = await self.client.work(_cut, works, contents, ids)
        vectors = await self._inherited({each["print"] for each in fresh})
        for each in fresh:
            if each["print"] in vectors:
                each[self.field] = vectors[each["print"]]
        await self.client.bulk(map(self._row, fresh))

    async def _inherited(self, prints: set[str]) -> dict[str, Any]:
        """Find vectors of passages that say the same: they would get the same ones."""
        found: dict[str, Any] = {}
        if not self.field:
            return found
        for some in _portions(sorted(prints), _PRINTS):
            there: list[Json] = [
                {"terms": {"print": list(some)}},
                {"exists": {"field": self.field}},
            ]
            body: Json = {
                "size": len(some),
                "query": {"bool": {"filter": there}},
                "collapse": {"field": "print"},
                "_source": ["print", self.field],
            }
            for hit in (await self.client.search(self.names.passages, body))["hits"]["hits"]:
                found[hit["_source"]["print"]] = hit["_source"][self.field]
        return found

    async def _tell(self, changed: Mapping[str, tuple[str, list[str]]]) -> None:
        """Note which documents changed, for those who watch."""
        told = [(path, what, readers) for path, (what, readers) in changed.items()]
        row: Json = {
            "kind": "changed",
            "name": self.lease.collection,
            "generation": self.lease.number,
            "told": {"changed": told[:_CHANGES_TOLD]},
        }
        name = f"changed:{self.lease.collection}:{self.lease.number}"
        await self.client.bulk([Action("index", self.names.state, name, row)])

    async def _tidy(self, done: Generation, contents: set[str]) -> None:
        """Delete rows that have ended or never counted, contents nobody needs, and old news."""
        gone: list[Json] = [done.ended(), *done.never("from")]
        ended: Json = {"bool": {"filter": [done.home()], "should": gone, "minimum_should_match": 1}}
        for index, key in self._kinds():
            await self._deleted(index, key, ended)
        await self._contents(done, contents)
        old: list[Json] = [
            {"term": {"kind": "changed"}},
            {"term": {"name": done.collection}},
            {"range": {"generation": {"lt": done.number - _CHANGES_KEPT}}},
        ]
        await self._deleted(self.names.state, ["generation"], {"bool": {"filter": old}})

    async def _contents(self, done: Generation, candidates: set[str]) -> None:
        if done.aborted:
            await self.client.refresh(self.names.contents)
            staged = also(done.home(), {"terms": {"staged": list(done.aborted)}})
            async for hit in self.client.every(self.names.contents, staged, ["name"], source=False):
                candidates.add(hit["_id"])
        for some in _portions(sorted(candidates), _PATHS):
            query = also(done.clause(), {"terms": {"blobs": list(some)}})
            needed: set[str] = set()
            found = self.client.every(self.names.documents, query, ["document"], source=["blobs"])
            async for hit in found:
                needed |= set(hit["_source"]["blobs"])
            gone = [Action("delete", self.names.contents, each) for each in set(some) - needed]
            await self.client.bulk(gone)


def _shared(owner: Json) -> Json:
    return {name: owner[name] for name in rows.SHOWN}


def _cut(works: Sequence[Work], contents: Mapping[str, Parsed], ids: Iterator[str]) -> list[Json]:
    """Cut contents into the rows of their passages."""
    fresh: list[Json] = []
    for work in works:
        shared = _shared(work.new or {})
        made = rows.passages(contents[work.fresh])
        fresh += [{**each, **shared, "passage": next(ids)} for each in made]
    return fresh
