"""`list_documents`: browse a collection by folder, tag, format or age, newest first."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick.wording import age, many
from bailiwick_retrieval.asking import Upstream, asked, following, skipped, stale_days
from bailiwick_retrieval.filtering import filtered
from bailiwick_retrieval.models.index import Document
from bailiwick_retrieval.parameters import (
    AnyCollection,
    Cursor,
    Formats,
    Tags,
    Under,
    UpdatedAfter,
)
from bailiwick_retrieval.showing import standing

Most = Annotated[int, Field(description="Rows.", ge=1, le=200)]


@tool(risk=Risk.READ, seconds=10, budget=6_000)
async def list_documents(
    call: Call[Upstream],
    collection: AnyCollection = None,
    path: Under = "",
    formats: Formats = None,
    tags: Tags = None,
    updated_after: UpdatedAfter = None,
    limit: Most = 30,
    cursor: Cursor = "",
) -> Answer:
    """Browse documents by folder or filters, newest first."""
    look = asked(call, collection)
    now = call.upstream.clock()
    only = filtered(path, formats, tags, updated_after, now)
    skip = skipped(call, cursor)
    engine = await call.upstream.engine()
    found, total = await engine.documents(look.access, only, limit, skip)
    wide = len(look.names) > 1
    heads = (*(("COLLECTION",) if wide else ()), "PATH", "TITLE", "FORMAT", "UPDATED", "TAGS")

    return Answer(
        f"{many(total, 'document')}{' fit' if only else ''}",
        Table(heads, [_row(call, each, now, wide=wide) for each in found], "documents")
        if found
        else None,
        total=total,
        withheld=look.withheld,
        next=following(call, skip, total),
    )


def _row(call: Call[Upstream], found: Document, now: float, *, wide: bool) -> tuple[str, ...]:
    told = standing(found, now, stale_days(call, found))
    return (
        *((found.collection,) if wide else ()),
        found.path,
        found.title,
        found.format,
        "; ".join([f"{age(max(now - found.updated, 0))} ago", *told]),
        " ".join(found.tags),
    )
