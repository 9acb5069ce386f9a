"""Documents as resources: `doc://{collection}/{path}`, a section as its fragment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio

from bailiwick.policy.question import Principal
from bailiwick.resource import Address, Awaited, Change, Listing, ResourceSpec, Tell, uri_of
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call
from bailiwick_retrieval import readers
from bailiwick_retrieval.asking import Upstream, asked, following, opened, skipped
from bailiwick_retrieval.models.index import Changed, Filter
from bailiwick_retrieval.tools.list_documents import list_documents
from bailiwick_retrieval.tools.read_document import read_document

SCHEME = "doc"
_PAGE = 50
LATER = 3.0
"""Seconds after the start when the first sync begins."""


async def _listed(call: Call[Upstream], cursor: str = "", **_: Any) -> Answer:
    """List documents as addresses."""
    look = asked(call, None)
    skip = skipped(call, cursor)
    engine = await call.upstream.engine()
    found, total = await engine.documents(look.access, Filter(), _PAGE, skip, order="path")
    rows = [
        (uri_of(SCHEME, each.collection, *each.path.split("/")), each.path, each.title)
        for each in found
    ]

    return Answer(
        "documents",
        Table(("uri", "name", "title"), rows, "documents", whole=1),
        next=following(call, skip, total),
    )


async def _looked(call: Call[Upstream], collection: str, document: str, **_: Any) -> None:
    """Raise where the caller may not read it, or it is not there."""
    await opened(call, asked(call, collection).access, collection, document)


_listed.__name__ = list_documents.name


def _reads(at: Address) -> Mapping[str, Any] | None:
    if not at.path:
        return None
    path = "/".join(at.path)
    return {"collection": at.place, "document": f"{path}#{at.section}" if at.section else path}


RESOURCES = (
    ResourceSpec(
        name="document",
        title="A document, or a section of it",
        template="doc://{collection}/{+path}{#section}",
        description="What read_document shows: current, fenced, as far as the caller may read it.",
        tool=read_document,
        reads=_reads,
        mime_type="text/markdown",
        lists=Listing(replace(list_documents, run=_listed), {}),
        looks=_looked,
    ),
)


def change(of: Changed) -> Change:
    """Write what happened to a document as a change of its resource."""
    uri = uri_of(SCHEME, of.collection, *of.path.split("/"))
    if of.what != "gone":
        return Change(uri, listed=of.what == "new")

    def could(principal: Principal) -> bool:
        return bool(readers.tokens(principal) & of.readers)

    return Change(uri, listed=True, gone=could)


async def served(upstream: Any, _awaited: Awaited, tell: Tell) -> None:
    """Sync, embed and tell what changed, for as long as the server is served.

    Not at once: whoever starts a server waits for its tools, not for an index to be opened.
    """
    await anyio.sleep(LATER)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upstream.work)
        async for found in upstream.changes():
            for each in found:
                tell(change(each))
