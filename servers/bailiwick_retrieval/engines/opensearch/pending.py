"""One sync's changes until they are published: contents at once, all else when the block ends."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from bailiwick_retrieval.engines.embedded.packing import packed, unpacked
from bailiwick_retrieval.engines.opensearch import rows
from bailiwick_retrieval.engines.opensearch.client import Action, Client, Json
from bailiwick_retrieval.engines.opensearch.generations import Lease
from bailiwick_retrieval.engines.opensearch.schema import Names
from bailiwick_retrieval.models.index import Prepared, Touched
from bailiwick_retrieval.models.parsed import Parsed
from bailiwick_retrieval.splitting import EDITION

_BATCH = 32
_BATCH_CHARACTERS = 2_000_000


@dataclass(frozen=True, slots=True)
class Staged:
    """A document whose content is written: what its row says, and where its content is."""

    path: str
    row: Json
    content: str


def content_id(collection: str, path: str, content: str) -> str:
    """Name the content of the same bytes at the same path, as this edition parses them."""
    told = f"{collection}\0{path}\0{content}\0{EDITION}"
    return sha256(told.encode(errors="replace")).hexdigest()[:40]


def _unpacked(blobs: Mapping[str, str]) -> dict[str, Parsed]:
    return {name: unpacked(b64decode(blob)) for name, blob in blobs.items()}


@dataclass(slots=True)
class Pending:
    """Changes of one collection, in the order they came. `stage` is where contents wait."""

    client: Client
    names: Names
    lease: Lease
    clock: Callable[[], float]
    moves: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    gone: list[str] = field(default_factory=list[str])
    touched: list[Touched] = field(default_factory=list[Touched])
    documents: dict[str, Staged] = field(default_factory=dict[str, Staged])
    written: set[str] = field(default_factory=set[str])
    _batch: list[Prepared] = field(default_factory=list[Prepared])

    def __bool__(self) -> bool:
        """Say whether there is anything to publish."""
        return bool(self.moves or self.gone or self.touched or self.documents)

    async def staged(self, content: str, path: str) -> Parsed | None:
        """Return what a broken-off sync had parsed of the same bytes."""
        name = content_id(self.lease.collection, path, content)
        return (await self.contents([name])).get(name)

    async def contents(self, names: Sequence[str]) -> dict[str, Parsed]:
        """Read contents, also such as are not published yet."""
        await self.lease.renew()
        path = f"/{self.names.contents}/_mget"
        found = await self.client.ask("POST", path, {"ids": list(names)})
        there = {
            each["_id"]: each["_source"]["blob"] for each in found["docs"] if each.get("found")
        }
        return await self.client.work(_unpacked, there)

    async def put(self, document: Prepared) -> None:
        """Stage a document; in memory only what its source says of it is kept."""
        self._batch.append(document)
        name = content_id(self.lease.collection, document.path, document.content)
        self.documents[document.path] = Staged(document.path, rows.described(document), name)
        waiting = sum(len(s.text) for each in self._batch for s in each.parsed.sections)
        if len(self._batch) >= _BATCH or waiting > _BATCH_CHARACTERS:
            await self.flush()

    async def flush(self) -> None:
        """Write the contents that wait."""
        batch, self._batch = self._batch, []
        actions = await self.client.work(self._contents, batch)
        self.written |= {action.id for action in actions}
        await self.lease.renew()
        await self.client.bulk(actions)

    def _contents(self, batch: Sequence[Prepared]) -> list[Action]:
        actions: list[Action] = []
        for document in batch:
            name = content_id(self.lease.collection, document.path, document.content)
            source = {
                "collection": self.lease.collection,
                "name": name,
                "staged": self.lease.number,
                "blob": b64encode(packed(document.parsed)).decode(),
            }
            actions.append(Action("index", self.names.contents, name, source))
        return actions

    async def touch(self, document: Touched) -> None:
        """Keep a document's content, with what is new about it."""
        self.touched.append(document)
        await self.lease.renew()

    async def move(self, old: str, new: str) -> None:
        """Give a document another path."""
        self.moves.append((old, new))

    async def delete(self, path: str) -> None:
        """Forget a document and all its versions."""
        self.gone.append(path)
