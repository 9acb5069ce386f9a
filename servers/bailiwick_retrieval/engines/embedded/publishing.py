"""What a sync found, put into the tables: all of it in one transaction, on one connection."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from bailiwick_retrieval.engines.embedded.packing import Row, dumped, facts, packed, rows, unpacked
from bailiwick_retrieval.engines.embedded.schema import keep, next_number, value
from bailiwick_retrieval.models.index import Prepared, Touched
from bailiwick_retrieval.ranking.words import STOP, stem
from bailiwick_retrieval.splitting import EDITION

_CHANGES_KEPT = 2_000
"""Generations of changes that other processes can still be told of."""


@dataclass(slots=True)
class Publisher:
    """One publication. `now` in seconds since 1970."""

    link: sqlite3.Connection
    collection: str
    now: float
    _sets: dict[frozenset[str], int] = field(default_factory=dict[frozenset[str], int])
    _forms: set[str] = field(default_factory=set[str])
    _serial: int = 0
    _changed: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])
    """What happened to each path, and the set of readers that it concerns."""

    def put(self, document: Prepared) -> None:
        """Add a document, or replace its current version and its passages."""
        number = self._document(document)
        self._version(number, document)
        old = [
            r[0] for r in self.link.execute("SELECT id FROM passages WHERE document=?", [number])
        ]
        self._passages(number, rows(document.parsed))
        self._forget(old)

    def _note(self, path: str, what: str, readers: int) -> None:
        """Note what is told to whoever waits; a path that came into being stays new."""
        was, _ = self._changed.get(path, ("", 0))
        self._changed[path] = (was if was == "new" and what == "changed" else what, readers)

    def _document(self, document: Prepared) -> int:
        parsed = document.parsed
        told: dict[str, Any] = {
            "readers": self._readers(document.readers),
            "version": document.content[:12],
            "content": document.content,
            "fingerprint": document.fingerprint,
            "parser": EDITION,
            "own": None if document.own is None else dumped(document.own),
            "format": parsed.format,
            "title": parsed.title,
            "updated": document.updated,
            "url": document.url,
            "revision": document.revision,
            "tags": dumped(sorted({*document.tags, *parsed.meta.tags})),
            "facts": facts(parsed.meta, parsed.notes),
            "characters": sum(len(section.text) for section in parsed.sections),
        }
        there = self.link.execute(
            "SELECT id, content FROM documents WHERE collection = ? AND path = ?",
            (self.collection, document.path),
        ).fetchone()
        self._note(document.path, "changed" if there else "new", int(told["readers"]))
        if there is not None:
            if there[1] != document.content:
                told["seen"] = self.now
            names = ", ".join(f"{name} = :{name}" for name in told)
            self.link.execute(
                f"UPDATE documents SET {names} WHERE id = :id",  # noqa: S608 - names are ours
                {**told, "id": there[0]},
            )
            return int(there[0])
        told |= {"collection": self.collection, "path": document.path, "seen": self.now}
        names, marks = ", ".join(told), ", ".join(f":{name}" for name in told)
        made = self.link.execute(
            f"INSERT INTO documents({names}) VALUES ({marks})",  # noqa: S608 - names are ours
            told,
        )
        return int(made.lastrowid or 0)

    def _readers(self, names: frozenset[str]) -> int:
        """Give the number of a set of readers."""
        if names not in self._sets:
            told = dumped(sorted(names))
            self.link.execute("INSERT OR IGNORE INTO readers(names) VALUES (?)", (told,))
            row = self.link.execute("SELECT id FROM readers WHERE names = ?", (told,)).fetchone()
            self._sets[names] = int(row[0])
        return self._sets[names]

    def _version(self, number: int, document: Prepared) -> None:
        version = document.content[:12]
        self.link.execute(
            "UPDATE versions SET until = ? WHERE document = ? AND until IS NULL AND version <> ?",
            (self.now, number, version),
        )
        self.link.execute(
            "INSERT INTO versions VALUES (?, ?, ?, NULL, ?, ?) ON CONFLICT(document, version)"
            " DO UPDATE SET until = NULL, revision = excluded.revision, content = excluded.content",
            (number, version, self.now, document.revision, packed(document.parsed)),
        )

    def _passages(self, number: int, found: Iterable[Row]) -> None:
        for row in found:
            piece = row.piece
            made = self.link.execute(
                "INSERT INTO passages(document, section, part, parts, length, print, headings,"
                " anchor, text, place, marks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(number, piece.section, piece.part, piece.parts, row.length, row.print),
                    *(dumped(piece.headings), piece.anchor, piece.text),
                    *(dumped(piece.place), dumped(piece.marks)),
                ),
            )
            self.link.execute(
                "INSERT INTO words(rowid, title, body, whole) VALUES (?, ?, ?, ?)",
                (made.lastrowid, row.title, row.body, row.whole),
            )
            self._learn(row)
            self._inherit(int(made.lastrowid or 0), row.print)

    def _inherit(self, passage: int, seal: bytes) -> None:
        """Take over the vector of a passage that says the same: only what changed is embedded."""
        found = self.link.execute(
            "SELECT vector FROM vectors JOIN passages ON id = passage WHERE print = ? LIMIT 1",
            (seal,),
        ).fetchone()
        if found is not None:
            self._serial = self._serial or int(value(self.link, "serial", "0"))
            self._serial += 1
            told = (passage, self._serial, found[0])
            self.link.execute("INSERT INTO vectors VALUES (?, ?, ?)", told)

    def _learn(self, row: Row) -> None:
        """Note which forms of a word there are, so that one finds the others."""
        joined = filter(str.isalnum, row.whole.split())
        fresh = {*row.title.split(), *row.body.split(), *joined} - self._forms - STOP
        self._forms |= fresh
        self.link.executemany(
            "INSERT OR IGNORE INTO forms VALUES (?, ?)", [(stem(word), word) for word in fresh]
        )

    def touch(self, document: Touched) -> None:
        """Write what is new about a document whose content is not."""
        row = self.link.execute(
            "SELECT facts, readers FROM documents WHERE collection = ? AND path = ?",
            (self.collection, document.path),
        ).fetchone()
        if row is None:
            return
        own: list[str] = orjson.loads(row[0]).get("tags", [])
        seen = self._readers(document.readers)
        self.link.execute(
            "UPDATE documents SET fingerprint = ?, readers = ?, url = ?, revision = ?, tags = ?"
            " WHERE collection = ? AND path = ?",
            (
                *(document.fingerprint, seen, document.url, document.revision),
                *(dumped(sorted({*own, *document.tags})), self.collection, document.path),
            ),
        )
        if seen != row[1]:  # it comes into some people's lists, and leaves others'
            self._note(document.path, "new", seen)

    def move(self, old: str, new: str) -> None:
        """Give a document another path, under which its versions go on."""
        row = self._there(old)
        if row is None:
            return
        self.link.execute("UPDATE documents SET path = ? WHERE id = ?", (new, row[0]))
        self.link.execute(
            "INSERT OR REPLACE INTO paths VALUES (?, ?, ?)", (self.collection, old, row[0])
        )
        self._note(old, "gone", row[1])
        self._note(new, "new", row[1])

    def _there(self, path: str) -> tuple[int, int] | None:
        """Find a document: its number, and that of its readers."""
        return self.link.execute(
            "SELECT id, readers FROM documents WHERE collection = ? AND path = ?",
            (self.collection, path),
        ).fetchone()

    def delete(self, path: str) -> None:
        """Forget a document, its versions and all that was made of it."""
        there = self._there(path)
        if there is None:
            return
        row = there[:1]
        old = [r[0] for r in self.link.execute("SELECT id FROM passages WHERE document=?", row)]
        self._forget(old)
        self.link.execute("DELETE FROM versions WHERE document = ?", row)
        self.link.execute("DELETE FROM paths WHERE document = ?", row)
        self.link.execute("DELETE FROM documents WHERE id = ?", row)
        self._note(path, "gone", there[1])

    def _forget(self, passages: list[int]) -> None:
        each = [(number,) for number in passages]
        self.link.executemany("DELETE FROM words WHERE rowid = ?", each)
        self.link.executemany("DELETE FROM vectors WHERE passage = ?", each)
        self.link.executemany("DELETE FROM passages WHERE id = ?", each)

    def finish(self, keep_days: float) -> None:
        """Let old versions go, and count a generation so that readers take notice."""
        self.link.execute(
            "DELETE FROM versions WHERE until < ? AND document IN"
            " (SELECT id FROM documents WHERE collection = ?)",
            (self.now - keep_days * 86_400, self.collection),
        )
        generation = next_number(self.link, "generation")
        self.link.executemany(
            "INSERT INTO changed VALUES (?, ?, ?, ?, ?)",
            [(generation, self.collection, path, *told) for path, told in self._changed.items()],
        )
        self.link.execute("DELETE FROM changed WHERE generation < ?", (generation - _CHANGES_KEPT,))
        if self._serial:
            keep(self.link, "serial", str(self._serial))


def staged(link: sqlite3.Connection, collection: str, path: str, document: Prepared) -> None:
    """Keep what was parsed until it is published, so that a sync that breaks off loses little."""
    link.execute(
        "INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?)",
        (collection, path, document.content, EDITION, packed(document.parsed)),
    )


def unstaged(link: sqlite3.Connection, collection: str, document: Prepared) -> bytes | None:
    """Return what was staged of the same bytes."""
    row = link.execute(
        "SELECT document FROM staged WHERE collection = ? AND path = ? AND content = ?",
        (collection, document.path, document.content),
    ).fetchone()
    return row[0] if row else None


__all__ = ["Publisher", "staged", "unpacked", "unstaged"]
