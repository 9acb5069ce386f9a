"""The engine in OpenSearch, which many servers share."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import anyio
import numpy as np

from bailiwick.errors import Unavailable, UpstreamError
from bailiwick_retrieval.engines.opensearch import schema
from bailiwick_retrieval.engines.opensearch.client import Action, Client, Json
from bailiwick_retrieval.engines.opensearch.generations import Generation, Lease, States, any_of
from bailiwick_retrieval.engines.opensearch.pending import Pending
from bailiwick_retrieval.engines.opensearch.publishing import Publisher
from bailiwick_retrieval.engines.opensearch.queries import also
from bailiwick_retrieval.engines.opensearch.reading import Reader
from bailiwick_retrieval.models.index import Changed, Changes, Known, Report, Trouble, Vector
from bailiwick_retrieval.settings import OpenSearchSettings

_LOOK = 1.0
"""Seconds between two looks for what was published."""
_RELEASE = 5.0
_KNOWN = [
    "document",
    "path",
    "readers",
    "told.fingerprint",
    "told.content",
    "told.own",
    "told.parser",
]


class OpenSearch(Reader):
    """An index in OpenSearch. `clock` gives seconds since 1970."""

    def __init__(
        self, settings: OpenSearchSettings, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep where it is; `open` makes the indices."""
        client, names = Client(settings), schema.Names(settings.index)
        super().__init__(client, names, States(client, names))
        self._settings = settings
        self._clock = clock
        self._model = ""
        self._others = frozenset[str]()
        self._after = ""

    async def open(self, model: str, dimensions: int) -> None:
        """Make the indices; vectors of another model are dropped as those of this one come."""
        self._model, self.field = model, schema.vector_field(model)
        self._others = await schema.prepare(
            self.client, self.names, self._settings, self.field, dimensions
        )
        if model and await self._kept_model() != model:
            row: Json = {"kind": "model", "name": model}
            await self.client.change("PUT", f"/{self.names.state}/_doc/model", row)

    async def _kept_model(self) -> str:
        found = await self.client.there("GET", f"/{self.names.state}/_doc/model")
        return found["_source"]["name"] if found and found["found"] else ""

    async def known(self, collection: str) -> Mapping[str, Known]:
        """Return what is known of each path."""
        known: dict[str, Known] = {}
        for generation in await self.generations.of([collection]):
            query = generation.clause()
            async for hit in self.client.every(self.names.documents, query, ["document"], _KNOWN):
                row = hit["_source"]
                told: Json = row["told"]
                own = told["own"]
                known[row["path"]] = Known(
                    *(row["document"], row["path"], told["fingerprint"], told["content"]),
                    frozenset(row["readers"]),
                    None if own is None else tuple(own),
                    told["parser"],
                )
        return known

    @asynccontextmanager
    async def changes(self, collection: str, keep_days: float) -> AsyncGenerator[Changes]:
        """Collect changes, and publish them in one step."""
        lease = Lease(self.generations, collection, uuid4().hex, self._clock)
        await lease.take()
        pending = Pending(self.client, self.names, lease, self._clock)
        ended = False
        try:
            publisher = Publisher(
                *(self.client, self.names, lease, self.field, self._others, self._clock)
            )
            await publisher.clean()
            yield pending
            if pending:
                await publisher.publish(pending, keep_days)
                ended = True
        finally:
            if not ended:
                with anyio.CancelScope(shield=True, deadline=anyio.current_time() + _RELEASE):
                    with suppress(UpstreamError):  # it runs out by itself
                        await lease.release(touched=bool(pending))

    async def report(self, collection: str, report: Report) -> None:
        """Keep how a sync ended; the time of the last good one stays."""
        path = f"/{self.names.state}/_doc/report:{collection}"
        before = await self.client.there("GET", path)
        synced = before["_source"]["told"]["synced"] if before and before["found"] else None
        told: Json = {
            "synced": synced if report.error else report.at,
            "attempted": report.at,
            "error": report.error,
            "troubles": [
                {"path": each.path, "why": each.why, "readers": sorted(each.readers)}
                for each in report.troubles
            ],
        }
        row: Json = {"kind": "report", "name": collection, "told": told}
        await self.client.change("PUT", path, row, refresh="true")

    async def troubles(self, collection: str) -> Sequence[Trouble]:
        """Return all that the last sync could not read."""
        kept = await self.client.there("GET", f"/{self.names.state}/_doc/report:{collection}")
        found: list[Json] = kept["_source"]["told"]["troubles"] if kept and kept["found"] else []
        return [Trouble(each["path"], each["why"], frozenset(each["readers"])) for each in found]

    async def drop(self, keep: Sequence[str]) -> Sequence[str]:
        """Forget collections that are configured no more."""
        gone = [name for name in await self.generations.names() if name not in keep]
        for name in gone:
            known = await self.known(name)
            async with self.changes(name, 0) as changes:
                for path in known:
                    await changes.delete(path)
            await self._unlist(name)
        return gone

    async def _unlist(self, name: str) -> None:
        """Forget a collection's report; its numbers go on where they were, should it come back."""
        await self.client.bulk([Action("delete", self.names.state, f"report:{name}")])
        state, seen = await self.generations.row(name)
        await self.generations.write(name, state.forgotten(), seen, now=True)

    async def _all(self) -> list[Generation]:
        return await self.generations.of(await self.generations.names())

    async def _lacking(self) -> Json:
        """Match passages without a vector."""
        has: Json = {"exists": {"field": self.field}} if self.field else {"match_none": {}}
        return {"bool": {"filter": [any_of(await self._all())], "must_not": [has]}}

    async def unembedded(self, most: int) -> Sequence[tuple[str, str]]:
        """Return passages without a vector, those after the last ones first."""
        found = await self._next(most)
        if not found and self._after:
            self._after = ""
            await self.client.refresh(self.names.passages)
            found = await self._next(most)
        if found:
            self._after = found[-1][0]
        return found

    async def _next(self, most: int) -> list[tuple[str, str]]:
        body: Json = {
            "size": most,
            "query": also(await self._lacking(), {"range": {"passage": {"gt": self._after}}}),
            "_source": ["passage", "told.above", "told.text"],
            "sort": [{"passage": "asc"}],
        }
        hits = (await self.client.search(self.names.passages, body))["hits"]["hits"]
        rows: list[Json] = [each["_source"] for each in hits]
        return [(row["passage"], f"{row['told']['above']}\n{row['told']['text']}") for row in rows]

    async def embed(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors of passages that are still there, or raise Unavailable for another model."""
        if await self._kept_model() != self._model:
            raise Unavailable("the index keeps vectors of another model")
        some: Json = {"terms": {"passage": list(vectors)}}
        query = also(any_of(await self._all()), some)
        actions: list[Action] = []
        async for hit in self.client.every(self.names.passages, query, ["passage"], ["passage"]):
            vector = np.asarray(vectors[hit["_source"]["passage"]], np.float32)
            if vector.any():  # a vector of nothing but zeros has no direction
                fields: Json = {**dict.fromkeys(self._others), self.field: vector}
                actions.append(Action("update", self.names.passages, hit["_id"], fields))
        await self.client.bulk(actions)

    async def left(self) -> int:
        """Count the passages without a vector."""
        await self.client.refresh(self.names.passages)
        body: Json = {"query": await self._lacking()}
        return int((await self.client.ask("POST", f"/{self.names.passages}/_count", body))["count"])

    async def watch(self) -> AsyncIterator[Sequence[Changed]]:
        """Tell which documents changed, also by another process."""
        last = {each.collection: each.number for each in await self._all()}
        while True:
            await anyio.sleep(_LOOK)
            changed: list[Changed] = []
            for each in await self._all():
                if each.number > last.get(each.collection, 0):
                    changed += await self._changed(each, last.get(each.collection, 0))
                    last[each.collection] = each.number
            if changed:
                yield changed

    async def _changed(self, done: Generation, after: int) -> list[Changed]:
        wanted: list[Json] = [
            {"term": {"kind": "changed"}},
            {"term": {"name": done.collection}},
            {"range": {"generation": {"gt": after, "lte": done.number}}},
        ]
        query: Json = {"bool": {"filter": wanted, "must_not": done.never("generation")}}
        found = self.client.every(self.names.state, query, ["generation"], ["told.changed"])
        return [
            Changed(done.collection, path, what, frozenset(readers))
            async for hit in found
            for path, what, readers in hit["_source"]["told"]["changed"]
        ]

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()
