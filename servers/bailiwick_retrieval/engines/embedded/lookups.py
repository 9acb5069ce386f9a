"""Reading the tables: documents, passages, versions, states; always with readers in the query."""

import difflib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from bailiwick_retrieval.engines.embedded.packing import place
from bailiwick_retrieval.engines.embedded.schema import value
from bailiwick_retrieval.engines.embedded.shelf import Counts, fits
from bailiwick_retrieval.models.index import (
    Access,
    Changed,
    CollectionState,
    Document,
    Filter,
    Passage,
    Trouble,
    Version,
)
from bailiwick_retrieval.splitting import context

_DOCUMENT = (
    "d.id, d.collection, d.path, d.title, d.format, d.version, d.updated, d.seen, d.url,"
    " d.revision, d.tags, d.facts, d.characters"
)
_PASSAGE = "p.id, p.section, p.part, p.parts, p.headings, p.anchor, p.text, p.place, p.marks"
_SEEN = (
    " d.collection IN (SELECT value FROM json_each(:collections))"
    " AND d.readers IN (SELECT value FROM json_each(:sets))"
)
_TROUBLES = 50


class Eyes:
    """A caller's access as parameters of a query, for one state of the file."""

    def __init__(self, link: sqlite3.Connection, access: Access) -> None:
        """Find the sets of readers that the caller belongs to."""
        self.access = access
        sets = [
            number
            for number, names in link.execute("SELECT id, names FROM readers")
            if access.readers & set(orjson.loads(names))
        ]
        self.named: dict[str, Any] = {
            "collections": orjson.dumps(sorted(access.collections)).decode(),
            "sets": orjson.dumps(sets).decode(),
        }

    def rows(
        self, link: sqlite3.Connection, what: str, where: str = "", **named: Any
    ) -> list[tuple[Any, ...]]:
        """Select from documents (`d`) and what is joined to them, of what may be seen."""
        query = f"{what} WHERE{_SEEN}{where}"
        return link.execute(query, {**self.named, **named}).fetchall()


def _document(row: Sequence[Any]) -> Document:
    facts: dict[str, Any] = orjson.loads(row[11])
    return Document(
        id=str(row[0]),
        collection=row[1],
        path=row[2],
        title=row[3],
        format=row[4],
        version=row[5],
        updated=row[6],
        seen=row[7],
        url=row[8],
        revision=row[9],
        tags=tuple(orjson.loads(row[10])),
        status=facts.get("status", ""),
        superseded_by=facts.get("superseded_by", ""),
        review_by=facts.get("review_by"),
        alerts=tuple(facts.get("alerts", ())),
        characters=row[12],
        notes=tuple(facts.get("notes", ())),
    )


def _passage(document: Document, row: Sequence[Any]) -> Passage:
    return Passage(
        id=f"{row[0]:010x}",
        document=document,
        section=row[1],
        part=row[2],
        parts=row[3],
        headings=tuple(orjson.loads(row[4])),
        anchor=row[5],
        text=row[6],
        place=place(row[7]),
        marks=tuple(orjson.loads(row[8])),
    )


def number(key: str, radix: int = 10) -> int:
    """Read an id; what is none stands for nothing."""
    try:
        found = int(key, radix)
    except ValueError:
        return -1
    return found if 0 <= found < 2**63 else -1


def passages(link: sqlite3.Connection, ids: Sequence[str], access: Access) -> list[Passage]:
    """Return passages in the order asked."""
    numbers = [number(each, 16) for each in ids]
    found = Eyes(link, access).rows(
        link,
        f"SELECT {_DOCUMENT}, {_PASSAGE} FROM passages p JOIN documents d ON d.id = p.document",
        " AND p.id IN (SELECT value FROM json_each(:ids))",
        ids=orjson.dumps(numbers).decode(),
    )
    by_id = {row[13]: _passage(_document(row[:13]), row[13:]) for row in found}
    return [by_id[each] for each in numbers if each in by_id]


def documents(
    link: sqlite3.Connection, access: Access, only: Filter, order: str
) -> Iterator[Document]:
    """Give all documents that a filter leaves."""
    by = "d.path, d.collection" if order == "path" else "d.updated DESC, d.path, d.collection"
    found = Eyes(link, access).rows(link, f"SELECT {_DOCUMENT} FROM documents d", f" ORDER BY {by}")
    for row in found:
        if fits(only, row[2], row[4], row[6], row[10]):
            yield _document(row)


def document(
    link: sqlite3.Connection, collection: str, path: str, access: Access
) -> Document | None:
    """Find a document by its path, else by one that it had."""
    eyes = Eyes(link, access)
    found = eyes.rows(
        link,
        f"SELECT {_DOCUMENT} FROM documents d",
        " AND d.collection = :collection AND d.path = :path",
        collection=collection,
        path=path,
    ) or eyes.rows(
        link,
        f"SELECT {_DOCUMENT} FROM paths o JOIN documents d ON d.id = o.document",
        " AND o.collection = :collection AND o.path = :path",
        collection=collection,
        path=path,
    )
    return _document(found[0]) if found else None


def content(link: sqlite3.Connection, document: str, version: str, access: Access) -> bytes | None:
    """Return a version as it was packed; the beginning of its name is enough where it is one."""
    found = Eyes(link, access).rows(
        link,
        "SELECT v.content FROM versions v JOIN documents d ON d.id = v.document",
        " AND d.id = :document AND :version <> ''"
        " AND substr(v.version, 1, length(:version)) = :version LIMIT 2",
        document=number(document),
        version=version,
    )
    return found[0][0] if len(found) == 1 else None


def versions(link: sqlite3.Connection, document: str, access: Access) -> list[Version]:
    """List the versions of a document, the current one first."""
    found = Eyes(link, access).rows(
        link,
        "SELECT v.version, v.seen, v.revision, v.until FROM versions v"
        " JOIN documents d ON d.id = v.document",
        " AND d.id = :document ORDER BY v.until IS NOT NULL, v.until DESC",
        document=number(document),
    )
    return [Version(*row) for row in found]


def states(
    link: sqlite3.Connection, counts: Mapping[str, Counts], access: Access
) -> list[CollectionState]:
    """Say what each collection holds for a caller; those never synced are there, too."""
    looks = {row[0]: row[1:] for row in link.execute("SELECT * FROM collections")}
    found: list[CollectionState] = []
    for name, count in sorted(counts.items()):
        synced, attempted, error, troubles = looks.get(name, (None, None, "", "[]"))
        found.append(
            CollectionState(
                name=name,
                documents=sum(count.formats.values()),
                passages=count.passages,
                unembedded=count.unembedded,
                updated=count.newest,
                synced=synced,
                attempted=attempted,
                error=error,
                problems=_troubles(troubles, access),
                formats=count.formats,
            )
        )
    return found


def troubles(link: sqlite3.Connection, collection: str) -> list[Trouble]:
    """Give all that the last sync could not read, whoever may know of it."""
    row = link.execute("SELECT troubles FROM collections WHERE name = ?", (collection,)).fetchone()
    found: list[dict[str, Any]] = orjson.loads(row[0]) if row else []
    return [Trouble(each["path"], each["why"], frozenset(each["readers"])) for each in found]


def _troubles(told: str, access: Access) -> list[tuple[str, str]]:
    found: list[dict[str, Any]] = orjson.loads(told)
    seen = [each for each in found if access.readers & set(each["readers"])]
    return [(each["path"], each["why"]) for each in seen[:_TROUBLES]]


def alike(link: sqlite3.Connection, term: str) -> list[str]:
    """Give words of the whole index that are spelt almost like a term; the caller filters them."""
    low = term.casefold()
    found = link.execute(
        "SELECT DISTINCT word FROM forms WHERE length(word) BETWEEN ? AND ?"
        " AND substr(word, 1, 1) = ?",
        (len(low) - 1, len(low) + 2, low[:1]),
    )
    words = [row[0] for row in found if row[0] != low]
    return difflib.get_close_matches(low, words, n=max(len(words), 1), cutoff=0.75)


def tags(link: sqlite3.Connection, access: Access, most: int) -> list[tuple[str, int]]:
    """List tags, the commonest first."""
    found = Eyes(link, access).rows(
        link,
        "SELECT t.value, count(*) FROM documents d, json_each(d.tags) t",
        " GROUP BY t.value ORDER BY count(*) DESC, t.value LIMIT :most",
        most=most,
    )
    return [(row[0], row[1]) for row in found]


_LACKING = " FROM passages p LEFT JOIN vectors v ON v.passage = p.id WHERE v.passage IS NULL"


def unembedded(link: sqlite3.Connection, after: int, most: int) -> list[tuple[str, str]]:
    """Return passages without a vector behind an id, each with the text to embed."""
    found = link.execute(
        "SELECT p.id, d.title, p.headings, p.text FROM passages p"
        " JOIN documents d ON d.id = p.document LEFT JOIN vectors v ON v.passage = p.id"
        " WHERE v.passage IS NULL AND p.id > ? ORDER BY p.id LIMIT ?",
        (after, most),
    )
    return [
        (f"{row[0]:010x}", f"{context(row[1], orjson.loads(row[2]))}\n{row[3]}") for row in found
    ]


def left(link: sqlite3.Connection) -> int:
    """Count the passages without a vector."""
    return int(link.execute(f"SELECT count(*){_LACKING}").fetchone()[0])


def names(link: sqlite3.Connection) -> list[str]:
    """Name every collection that the index knows of."""
    query = "SELECT DISTINCT collection FROM documents UNION SELECT name FROM collections"
    return [row[0] for row in link.execute(query)]


def generation(link: sqlite3.Connection) -> int:
    """Say how often something was published."""
    return int(value(link, "generation", "0"))


def changed(link: sqlite3.Connection, after: int) -> tuple[int, list[Changed]]:
    """Name the documents that changed after a generation, and the last generation."""
    rows = link.execute(
        "SELECT generation, collection, path, what, names FROM changed"
        " JOIN readers ON id = readers WHERE generation > ?",
        (after,),
    ).fetchall()
    told = [Changed(row[1], row[2], row[3], frozenset(orjson.loads(row[4]))) for row in rows]
    return max((row[0] for row in rows), default=after), told
