"""What the index can be asked. Every question reads what counts now, and asks for nothing else."""

import difflib
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from bailiwick.errors import Unavailable
from bailiwick_retrieval.engines.embedded.packing import unpacked
from bailiwick_retrieval.engines.opensearch import queries, rows, scoring
from bailiwick_retrieval.engines.opensearch.client import PAGE, Client, Json
from bailiwick_retrieval.engines.opensearch.generations import States, same
from bailiwick_retrieval.engines.opensearch.schema import Names
from bailiwick_retrieval.models.index import (
    Access,
    CollectionState,
    Document,
    Filter,
    Found,
    Hit,
    Passage,
    Vector,
    Version,
    Words,
)
from bailiwick_retrieval.models.parsed import Parsed

T = TypeVar("T")
_ALL = Filter()
_TRIES = 5
_TROUBLES = 50
_LONGEST = 100
"""Characters beyond which nothing is spelt alike."""


class Reader:
    """Asks for one caller at a time. `field` is that of the model's vectors, empty without one."""

    def __init__(self, client: Client, names: Names, states: States) -> None:
        """Keep whom to ask."""
        self.client, self.names, self.generations = client, names, states
        self.field = ""

    async def _seen(self, access: Access, only: Filter, ask: Callable[[Json], Awaitable[T]]) -> T:
        """Ask about what counts now; ask again where that changed before the answer came.

        What is replaced is deleted soon after, so an answer in between may lack both old and new.
        """
        before = await self.generations.of(access.collections)
        for _ in range(_TRIES):
            answer = await ask(queries.visible(before, access, only))
            after = await self.generations.of(access.collections)
            if same(before, after):
                return answer
            before = after
        raise Unavailable("the index changes too fast; ask again")

    async def _hits(self, index: str, body: Json) -> list[Json]:
        found = await self.client.search(index, body)
        return [each["_source"] for each in found["hits"]["hits"]]

    async def words(self, words: Words, access: Access, only: Filter, most: int) -> Found:
        """Find the best passages by words."""
        if not (words.terms or words.phrases):
            return Found(())

        async def ask(seen: Json) -> Found:
            body = queries.by_words(words, seen, scoring.candidates(most))
            return scoring.found(words, await self.client.search(self.names.passages, body), most)

        return await self._seen(access, only, ask)

    async def similar(
        self, vector: Vector, access: Access, only: Filter, most: int
    ) -> Sequence[Hit]:
        """Find the passages nearest in meaning."""
        if not self.field:
            return []

        async def ask(seen: Json) -> Sequence[Hit]:
            body = queries.by_meaning(self.field, vector, seen, most)
            found = await self.client.search(self.names.passages, body)
            # Lucene moves cosines up, for it knows no scores below zero.
            near = [(rows.flat(each), 2 * each["_score"] - 1) for each in found["hits"]["hits"]]
            hits = [Hit(row["passage"], rows.spot(row), cosine) for row, cosine in near]
            return sorted(hits, key=lambda hit: (-hit.score, hit.id))

        return await self._seen(access, only, ask)

    async def _passages(self, ids: Sequence[str], seen: Json, source: list[str]) -> list[Json]:
        found: list[Json] = []
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), PAGE):
            some: Json = {"terms": {"passage": wanted[start : start + PAGE]}}
            body: Json = {"size": PAGE, "query": queries.also(seen, some), "_source": source}
            found += await self._hits(self.names.passages, body)
        return found

    async def vectors(self, ids: Sequence[str], access: Access) -> Mapping[str, Vector]:
        """Return the vectors of passages."""
        if not (self.field and ids):
            return {}

        async def ask(seen: Json) -> Mapping[str, Vector]:
            found = await self._passages(ids, seen, ["passage", self.field])
            there = {each["passage"]: each[self.field] for each in found if self.field in each}
            return {each: there[each] for each in ids if each in there}

        return await self._seen(access, _ALL, ask)

    async def _with_documents(self, found: Sequence[Json], seen: Json) -> list[Passage]:
        ids = sorted({each["document"] for each in found})
        owners: dict[str, Document] = {}
        for start in range(0, len(ids), PAGE):
            some: Json = {"terms": {"document": ids[start : start + PAGE]}}
            body: Json = {"size": PAGE, "query": queries.also(seen, some)}
            for each in await self._hits(self.names.documents, body):
                owners[each["document"]] = rows.document(each)
        there = [each for each in found if each["document"] in owners]
        return [rows.passage(each, owners[each["document"]]) for each in there]

    async def passages(self, ids: Sequence[str], access: Access) -> Sequence[Passage]:
        """Return passages in the order asked."""
        if not ids:
            return []

        async def ask(seen: Json) -> Sequence[Passage]:
            found = await self._passages(ids, seen, rows.PASSAGE)
            by_id = {each.id: each for each in await self._with_documents(found, seen)}
            return [by_id[each] for each in ids if each in by_id]

        return await self._seen(access, _ALL, ask)

    async def documents(
        self, access: Access, only: Filter, most: int, skip: int = 0, *, order: str = "updated"
    ) -> tuple[Sequence[Document], int]:
        """List documents, and count them."""
        by: list[Json] = [{"path": "asc"}, {"collection": "asc"}]
        if order != "path":
            by.insert(0, {"updated": "desc"})

        async def ask(seen: Json) -> tuple[Sequence[Document], int]:
            body: Json = {"size": most, "from": skip, "query": seen, "sort": by}
            found = await self.client.search(
                self.names.documents, {**body, "track_total_hits": True}
            )
            listed = [rows.document(each["_source"]) for each in found["hits"]["hits"]]
            return listed, int(found["hits"]["total"]["value"])

        return await self._seen(access, only, ask)

    async def _row(self, access: Access, *tries: Sequence[Json]) -> Json | None:
        """Find the row of a document by the first of several descriptions that fits one."""

        async def ask(seen: Json) -> Json | None:
            for wanted in tries:
                newest: Json = {"size": 1, "sort": [{"from": "desc"}, {"document": "desc"}]}
                body: Json = {**newest, "query": queries.also(seen, *wanted)}
                if found := await self._hits(self.names.documents, body):
                    return found[0]
            return None

        return await self._seen(access, _ALL, ask)

    async def document(self, collection: str, path: str, access: Access) -> Document | None:
        """Find a document by its path, else by one that it had."""
        home: Json = {"term": {"collection": collection}}
        tries = [(home, {"term": {field: path}}) for field in ("path", "was")]
        found = await self._row(access, *tries)
        return rows.document(found) if found else None

    async def content(self, document: str, version: str, access: Access) -> Parsed | None:
        """Return the sections of a version; the beginning of its name is enough where it is one."""
        found = await self._row(access, [{"term": {"document": document}}])
        name = rows.blob(found, version) if found else None
        if name is None:
            return None
        kept = await self.client.there("GET", f"/{self.names.contents}/_doc/{name}")
        return await self.client.work(_parsed, kept["_source"]["blob"]) if kept else None

    async def versions(self, document: str, access: Access) -> Sequence[Version]:
        """List the versions of a document."""
        found = await self._row(access, [{"term": {"document": document}}])
        return rows.versions(found) if found else []

    async def states(self, access: Access) -> Sequence[CollectionState]:
        """Say what each collection holds for a caller; those never synced are there, too."""

        async def ask(seen: Json) -> tuple[dict[str, Json], dict[str, Json]]:
            documents = queries.counted(seen)
            passages = queries.embedded(seen, self.field)
            return (
                await self._groups(self.names.documents, documents),
                await self._groups(self.names.passages, passages),
            )

        documents, passages = await self._seen(access, _ALL, ask)
        reports = await self._reports(access)
        return [
            _state(name, documents.get(name), passages.get(name), reports.get(name, {}), access)
            for name in sorted(access.collections)
        ]

    async def _groups(self, index: str, body: Json) -> dict[str, Json]:
        found = await self.client.search(index, body)
        return {each["key"]: each for each in found["aggregations"]["collections"]["buckets"]}

    async def _reports(self, access: Access) -> dict[str, Json]:
        ids = [f"report:{name}" for name in sorted(access.collections)]
        if not ids:
            return {}
        found = await self.client.ask("POST", f"/{self.names.state}/_mget", {"ids": ids})
        there = [each["_source"] for each in found["docs"] if each.get("found")]
        return {each["name"]: each["told"] for each in there}

    async def near(self, term: str, access: Access, most: int) -> Sequence[str]:
        """Offer words of visible documents that are spelt almost like a term."""
        low = term.casefold()
        if not 0 < len(low) <= _LONGEST:
            return []

        async def ask(seen: Json) -> list[str]:
            found = await self.client.search(self.names.passages, queries.alike(low, seen))
            return [each["key"] for each in found["aggregations"]["words"]["buckets"]]

        words = [each for each in await self._seen(access, _ALL, ask) if each != low]
        return await self.client.work(difflib.get_close_matches, low, words, most, 0.75)

    async def tags(self, access: Access, most: int) -> Sequence[tuple[str, int]]:
        """List tags, the commonest first."""

        async def ask(seen: Json) -> list[tuple[str, int]]:
            found = await self.client.search(self.names.documents, queries.tags(seen, most))
            buckets = found["aggregations"]["tags"]["buckets"]
            return [(each["key"], each["doc_count"]) for each in buckets]

        return await self._seen(access, _ALL, ask)


def _parsed(blob: str) -> Parsed:
    return unpacked(b64decode(blob))


def _state(
    name: str,
    documents: Mapping[str, Any] | None,
    passages: Mapping[str, Any] | None,
    report: Mapping[str, Any],
    access: Access,
) -> CollectionState:
    whole = passages["doc_count"] if passages else 0
    embedded = passages["embedded"]["doc_count"] if passages else 0
    formats: list[Json] = documents["formats"]["buckets"] if documents else []
    troubles = [
        (each["path"], each["why"])
        for each in report.get("troubles", ())
        if access.readers & set(each["readers"])
    ]
    return CollectionState(
        name=name,
        documents=documents["doc_count"] if documents else 0,
        passages=whole,
        unembedded=whole - embedded,
        updated=documents["newest"]["value"] if documents else None,
        synced=report.get("synced"),
        attempted=report.get("attempted"),
        error=report.get("error", ""),
        problems=troubles[:_TROUBLES],
        formats={each["key"]: each["doc_count"] for each in formats},
    )
