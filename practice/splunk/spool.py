"""Rows of a finished or running job, kept in a file that has no name: memory stays flat."""

import os
import tempfile
import threading
from array import array
from collections.abc import Iterator

import orjson

from practice.splunk.spl.values import Row

BUFFER = 262_144


class Spool:
    """Rows that are added by one thread and read by others."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as its job
        self._lock = threading.Lock()
        self._ends = array("Q", [0])
        self._waiting = bytearray()
        self._names: dict[str, None] = {}
        self._open = True

    def __len__(self) -> int:
        return len(self._ends) - 1

    @property
    def fields(self) -> list[str]:
        """Name the fields of all rows in the order in which they appeared."""
        with self._lock:
            return list(self._names)

    @property
    def size(self) -> int:
        """Count the bytes."""
        return self._ends[-1]

    def add(self, row: Row) -> None:
        """Keep a row."""
        line = orjson.dumps(row)
        with self._lock:
            self._names.update(dict.fromkeys(row))
            self._waiting += line
            self._ends.append(self._ends[-1] + len(line))
            if len(self._waiting) > BUFFER:
                self._flush()

    def _flush(self) -> None:
        if self._open:
            self._file.write(self._waiting)
            self._file.flush()
        self._waiting.clear()

    def read(self, offset: int, count: int) -> Iterator[Row]:
        """Give some rows again; those of a job that was deleted meanwhile are gone."""
        with self._lock:
            self._flush()
            last = min(len(self), offset + count)
        for place in range(offset, last):
            begin, end = self._ends[place], self._ends[place + 1]
            with self._lock:
                if not self._open:
                    return
                line = os.pread(self._file.fileno(), end - begin, begin)
            yield orjson.loads(line)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            self._open = False
            self._file.close()
