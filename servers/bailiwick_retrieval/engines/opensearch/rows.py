"""Documents and passages as rows of OpenSearch, and back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from bailiwick_retrieval.engines.embedded.packing import Row, facts, place, rows
from bailiwick_retrieval.engines.opensearch.client import Json
from bailiwick_retrieval.models.index import Document, Passage, Prepared, Version
from bailiwick_retrieval.models.parsed import Parsed
from bailiwick_retrieval.ranking.words import STOP, stem
from bailiwick_retrieval.splitting import EDITION, context

SHOWN = ("collection", "document", "path", "format", "tags", "readers", "updated")
"""What passages share with their document, so that they can be filtered by it."""
PASSAGE = ["passage", "document", "section", "part", "told"]
"""Fields of a passage that an answer needs."""


def document(source: Mapping[str, Any]) -> Document:
    """Read the row of a document."""
    told: Json = source["told"]
    known: Json = told["facts"]
    return Document(
        id=source["document"],
        collection=source["collection"],
        path=source["path"],
        title=told["title"],
        format=source["format"],
        version=told["version"],
        updated=source["updated"],
        seen=told["seen"],
        url=told["url"],
        revision=told["revision"],
        tags=tuple(source["tags"]),
        status=known.get("status", ""),
        superseded_by=known.get("superseded_by", ""),
        review_by=known.get("review_by"),
        alerts=tuple(known.get("alerts", ())),
        characters=told["characters"],
        notes=tuple(known.get("notes", ())),
    )


def flat(hit: Mapping[str, Any]) -> Json:
    """Read the fields of a hit that came apart from its source; an empty text may be left out."""
    fields: Mapping[str, list[Any]] = hit["fields"]
    return {
        "title": "",
        "body": "",
        "whole": "",
        **{name: each[0] for name, each in fields.items()},
    }


def spot(source: Mapping[str, Any]) -> str:
    """Name the section of a passage."""
    return f"{source['document']}:{source['section']}"


def passage(source: Mapping[str, Any], owner: Document) -> Passage:
    """Read the row of a passage."""
    told: Json = source["told"]
    return Passage(
        id=source["passage"],
        document=owner,
        section=source["section"],
        part=source["part"],
        parts=told["parts"],
        headings=tuple(told["headings"]),
        anchor=told["anchor"],
        text=told["text"],
        place=place(orjson.dumps(told["place"]).decode()),
        marks=tuple(told["marks"]),
    )


def described(document: Prepared) -> Json:
    """Write what a document's row says, apart from its generation, its versions and its age."""
    parsed = document.parsed
    known: Json = orjson.loads(facts(parsed.meta, parsed.notes))
    return {
        "path": document.path,
        "format": parsed.format,
        "tags": sorted({*document.tags, *parsed.meta.tags}),
        "readers": sorted(document.readers),
        "updated": document.updated,
        "told": {
            "title": parsed.title,
            "version": document.content[:12],
            "content": document.content,
            "fingerprint": document.fingerprint,
            "parser": EDITION,
            "own": None if document.own is None else list(document.own),
            "url": document.url,
            "revision": document.revision,
            "facts": known,
            "characters": sum(len(section.text) for section in parsed.sections),
        },
    }


def passages(parsed: Parsed) -> Iterator[Json]:
    """Write the rows of a document's passages, without what they share with it."""
    for row in rows(parsed):
        yield _passage(row, context(parsed.title, row.piece.headings))


def _passage(row: Row, above: str) -> Json:
    piece = row.piece
    title, body = row.title.split(), row.body.split()
    said = [word for word in (*title, *title, *body) if word not in STOP]
    joined = filter(str.isalnum, row.whole.split())
    return {
        "section": piece.section,
        "part": piece.part,
        "print": row.print.hex(),
        "length": row.length,
        "title": row.title,
        "body": row.body,
        "whole": row.whole,
        "stems": " ".join(map(stem, said)),
        "vocabulary": sorted({*title, *body, *joined} - STOP),
        "told": {
            "parts": piece.parts,
            "headings": piece.headings,
            "anchor": piece.anchor,
            "text": piece.text,
            "place": asdict(piece.place),
            "marks": piece.marks,
            "above": above,
        },
    }


def versions(source: Mapping[str, Any]) -> list[Version]:
    """Read the versions of a document's row, the current one first."""
    told = [
        Version(each["version"], each["seen"], each["revision"], each["until"])
        for each in source["told"]["versions"]
    ]
    return sorted(told, key=lambda each: (each.until is not None, -(each.until or 0)))


def blob(source: Mapping[str, Any], version: str) -> str | None:
    """Name the content of the one version that begins like this."""
    kept: Sequence[Json] = source["told"]["versions"]
    found = [each["blob"] for each in kept if version and each["version"].startswith(version)]
    return found[0] if len(found) == 1 else None
