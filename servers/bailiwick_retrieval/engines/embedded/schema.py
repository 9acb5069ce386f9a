"""The file of the embedded index: its tables, and connections to it.

SQLite in WAL mode: readers see one state of the file, and a writer does not make them wait.
"""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bailiwick.errors import Unavailable, Unreadable

VERSION = 1
"""Of the tables. A file of another version is set aside and filled anew."""
_WAIT_MS = 10_000
_TABLES = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS readers(id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS documents(
    id INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, path TEXT NOT NULL,
    readers INTEGER NOT NULL REFERENCES readers(id), version TEXT NOT NULL, content TEXT NOT NULL,
    fingerprint TEXT NOT NULL, parser TEXT NOT NULL, own TEXT, format TEXT NOT NULL,
    title TEXT NOT NULL, updated REAL NOT NULL, seen REAL NOT NULL, url TEXT NOT NULL,
    revision TEXT NOT NULL, tags TEXT NOT NULL, facts TEXT NOT NULL, characters INTEGER NOT NULL,
    UNIQUE(collection, path));
CREATE TABLE IF NOT EXISTS paths(
    collection TEXT NOT NULL, path TEXT NOT NULL, document INTEGER NOT NULL,
    PRIMARY KEY(collection, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions(
    document INTEGER NOT NULL, version TEXT NOT NULL, seen REAL NOT NULL, until REAL,
    revision TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY(document, version));
CREATE TABLE IF NOT EXISTS passages(
    id INTEGER PRIMARY KEY AUTOINCREMENT, document INTEGER NOT NULL, section INTEGER NOT NULL,
    part INTEGER NOT NULL, parts INTEGER NOT NULL, length REAL NOT NULL, print BLOB NOT NULL,
    headings TEXT NOT NULL, anchor TEXT NOT NULL, text TEXT NOT NULL, place TEXT NOT NULL,
    marks TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_of ON passages(document, section, part);
CREATE INDEX IF NOT EXISTS passages_alike ON passages(print);
CREATE TABLE IF NOT EXISTS vectors(
    passage INTEGER PRIMARY KEY, serial INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS vectors_since ON vectors(serial);
CREATE TABLE IF NOT EXISTS forms(stem TEXT NOT NULL, word TEXT NOT NULL,
    PRIMARY KEY(stem, word)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS collections(
    name TEXT PRIMARY KEY, synced REAL, attempted REAL, error TEXT NOT NULL,
    troubles TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS staged(
    collection TEXT NOT NULL, path TEXT NOT NULL, content TEXT NOT NULL, parser TEXT NOT NULL,
    document BLOB NOT NULL, PRIMARY KEY(collection, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changed(
    generation INTEGER NOT NULL, collection TEXT NOT NULL, path TEXT NOT NULL, what TEXT NOT NULL,
    readers INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS changed_since ON changed(generation);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, body, whole,
    tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'");
"""
_OCCURRENCES = "CREATE VIRTUAL TABLE temp.occurrences USING fts5vocab(main, words, instance)"


@dataclass(slots=True)
class Connections:
    """Connections to one file, each used by one thread at a time and by many in turn."""

    path: Path
    _idle: list[sqlite3.Connection] = field(default_factory=list[sqlite3.Connection])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def prepare(self) -> None:
        """Make the file and its tables; set a file aside that is of another version or no index."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            if self._made():
                return
        except Unreadable:
            pass
        self.close()  # a connection would keep to the old file under its new name
        self._closed = False
        aside = self.path.with_suffix(".aside.db")
        self.path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self._made()

    def _made(self) -> bool:
        """Make what is missing; say whether the file is an index of this version."""
        try:  # before SQLite does: it gives the files beside this one the same permissions
            self.path.touch(0o600)
        except OSError as error:
            raise Unavailable("the index file cannot be made", detail=repr(error)) from error
        with self.writing() as link:
            found = link.execute("PRAGMA user_version").fetchone()[0]
            others = link.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if found != VERSION and (found or others):
                return False
            for statement in _TABLES.split(";\n"):
                link.execute(statement)
            link.execute(f"PRAGMA user_version = {VERSION}")
        self.path.chmod(0o600)
        return True

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Give a connection that sees one state of the file until the block ends."""
        with self._taken() as link:
            link.execute("BEGIN")
            try:
                yield link
            finally:
                if link.in_transaction:
                    link.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Give a connection whose changes are kept when the block ends without an error."""
        with self._taken() as link:
            link.execute("BEGIN IMMEDIATE")
            try:
                yield link
                link.execute("COMMIT")
            finally:
                if link.in_transaction:
                    link.execute("ROLLBACK")

    @contextmanager
    def _taken(self) -> Generator[sqlite3.Connection]:
        with self._lock:
            link = self._idle.pop() if self._idle else None
        try:
            link = link or self._opened()
            yield link
        except sqlite3.Error as error:
            raise _ours(error) from error
        finally:
            if link is not None:
                self._returned(link)

    def _opened(self) -> sqlite3.Connection:
        link = sqlite3.connect(
            self.path, timeout=_WAIT_MS / 1000, isolation_level=None, check_same_thread=False
        )
        link.execute("PRAGMA journal_mode = WAL")
        link.execute("PRAGMA synchronous = NORMAL")
        link.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
        link.execute("PRAGMA cache_size = -8000")
        return link

    def _returned(self, link: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(link)
                return
        link.close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it is returned."""
        with self._lock:
            self._closed, idle = True, self._idle
            self._idle = []
        for link in idle:
            link.close()


def occurrences(link: sqlite3.Connection) -> None:
    """Make the view of each single word on a connection that does not have it yet."""
    there = "SELECT 1 FROM temp.sqlite_master WHERE name = 'occurrences'"
    if link.execute(there).fetchone() is None:
        link.execute(_OCCURRENCES)


def value(link: sqlite3.Connection, key: str, default: str = "") -> str:
    """Read one fact about the index."""
    row = link.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else default


def keep(link: sqlite3.Connection, key: str, told: str) -> None:
    """Write one fact about the index."""
    link.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, told))


def next_number(link: sqlite3.Connection, key: str) -> int:
    """Count one further, and return where the count is."""
    number = int(value(link, key, "0")) + 1
    keep(link, key, str(number))
    return number


def _ours(error: sqlite3.Error) -> Unavailable | Unreadable:
    """Translate what SQLite says; its own words are for operators."""
    said = str(error)
    if "full" in said:
        return Unavailable("the disk of the index is full; nothing was changed", detail=said)
    if "locked" in said or "busy" in said:
        return Unavailable("the index is being written by another process", detail=said)
    if "malformed" in said or "not a database" in said:
        return Unreadable("the index file is damaged; move it away and sync again", detail=said)
    return Unavailable("the index cannot be used", detail=said)
